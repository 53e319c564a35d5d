"""Work that staff start and do not wait for: files to import, and repositories to read on Hugging Face.

Each is a row of ``Upload``. The admin calls ``queue``, which accepts them; ``runner`` is a process that works on the queue, each
upload in a child process with limits; ``processing`` is the child's work; ``outcome`` stores the result as JSON.
"""
