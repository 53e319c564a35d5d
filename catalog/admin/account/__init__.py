"""How staff log in and stay logged in: second factors (django-allauth), confirming who one is, sessions and their limits.

``adapters`` is what allauth asks of this project; ``pages`` are its views in the admin's look, at the addresses of ``urls``.
Limits on guessing are in ``catalog_site.logins``.
"""
