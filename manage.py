#!/usr/bin/env python
"""Django's command line for the catalog."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from catalog_site import counting

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # what a terminal cannot show must not end a command
    if sys.argv[1:2] == ["serve"]:
        counting.share()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"The settings are wrong: {error}")
