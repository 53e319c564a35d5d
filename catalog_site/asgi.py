"""The ASGI application that granian serves."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
django = get_wsgi_application()

from catalog_site.query_limits import limit_this_process  # noqa: E402 - they need Django to be set up
from catalog_site.serving.application import Application  # noqa: E402

SWITCH_INTERVAL = 0.0002
"""Seconds after which a computing thread yields to the event loop, which needs the interpreter several times for each answer.
Measured with 0.005 (Python's default), 0.001 and 0.0002: the throughput is the same."""

limit_this_process()
sys.setswitchinterval(SWITCH_INTERVAL)
application = Application(django)
application.connections.watch()
