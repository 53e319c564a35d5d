#!/usr/bin/env python
"""Django's command line for the catalog."""

import gc
import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from catalog_site import metrics_directory

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # what a terminal cannot show must not end a command
    if sys.argv[1:2] == ["serve"]:
        metrics_directory.create()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "catalog_site.settings")
    gc.disable()  # while modules are loaded: they stay until the end, and looking for garbage among them takes 10 % of the start
    try:
        django.setup()
        gc.freeze()  # also in the workers, which are forks of this process
        gc.enable()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"The settings are wrong: {error}")
