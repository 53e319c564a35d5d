"""The inverse of ``formats``: what somebody else wrote, as changes to the catalog.

``source`` fetches bytes and parses them, ``registry`` finds the reader; ``readers`` (one file a format) and ``tables`` (CSV and XLSX) make
``drafts`` of them; ``applying`` compares these with the catalog and writes the difference, and ``plan`` says what that is.
``hugging_face`` reads what a repository states, for a form. ``limits`` are those of the process that does the work.
"""
