"""The PostgreSQL that the project includes, for a machine that has none.

Without ``DATABASE_URL``, this package is Django's database engine: Django's PostgreSQL backend, which makes sure that the server
under ``DATA_DIR/postgres`` is up before it connects (``server.ensure_running``). A keeper process (``keeper``) owns that server and
stops it when the last process that uses it has ended.
"""
