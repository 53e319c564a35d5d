"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
site = get_wsgi_application()

from catalog.api.front import Front  # noqa: E402 - it needs Django to be set up
from catalog_site.query_limits import limit_this_process  # noqa: E402 - as well

limit_this_process()
application = Front(site)
