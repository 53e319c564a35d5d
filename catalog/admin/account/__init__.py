"""How staff log in and stay logged in: second factors (django-allauth), confirmed logins, sessions and their limits.

``adapters`` configures allauth for this project; ``pages`` are its views in the admin's look, at the addresses of ``urls``.
Limits on guessing are in ``catalog_site.logins``.
"""
