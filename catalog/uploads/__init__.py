"""Work that staff start and do not wait for: files to import, and repositories to read on Hugging Face.

Each is a row of ``Upload``. ``queue`` takes them and is what the admin calls; ``runner`` is a process that works on what waits,
each in a child process with limits; ``work`` is what the child does; ``outcome`` is how the result is kept as JSON.
"""
