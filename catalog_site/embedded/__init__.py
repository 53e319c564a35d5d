"""The PostgreSQL that comes with the project, for a machine that has none.

With ``DATABASE_URL`` unset, this package is Django's database engine: PostgreSQL's own backend, which before it connects
makes sure that the server under ``DATA_DIR/postgres`` is up (``server.ensure_running``). A keeper process
(``keeper``) owns that server and stops it when the last process that uses it has ended.
"""
