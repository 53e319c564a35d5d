"""Tools for running a site: backups, restoring, and ``doctor``."""
