"""The inverse of ``formats``: turns documents in other formats into changes to the catalog.

``source`` fetches bytes and parses them, ``registry`` finds the reader; ``readers`` (one file per format) and ``tables`` (CSV and
XLSX) turn them into ``drafts``; ``applying`` compares these with the catalog and writes the difference, which is a ``plan``.
``hugging_face`` reads a repository's facts for a form. ``limits`` limits the process that does the work.
"""
