"""``manage.py doctor``: checks of this site, and what to do about each problem. They change nothing.

``machine`` checks the settings and this machine, ``database`` PostgreSQL, ``lists`` what is published and who fetches it, ``certificates``
the site's certificates. ``examination`` runs them all; each check yields its results (``check_result``).
"""
