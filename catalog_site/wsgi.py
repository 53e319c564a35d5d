"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
site = get_wsgi_application()

from catalog.api.front import Front  # noqa: E402 - it needs Django to be set up

application = Front(site)
