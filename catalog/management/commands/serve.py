"""``manage.py serve [--prepare]``: the site on granian."""

import ctypes
import os
import resource
import secrets
import signal
import socket
import threading
import time
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError, connection
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from catalog.uploads import queue
from catalog_site.embedded.server import NotRunning
from catalog_site.parsing import secret

BACKLOG = 4096
"""Connections that the kernel holds until a worker accepts them."""
OTHER_FILES = 200
"""Files that a worker has open besides its clients' connections."""
BUFFER = 32 * 1024
"""Bytes that a connection may hold in memory: the head of a request, which is refused beyond them, or what its client has not
taken."""
LOGGING = {"loggers": {"_granian": {"handlers": [], "propagate": True}}}
"""Sends granian's messages about its workers to the log, not to standard output as text."""
LOOPBACK = "127.0.0.1"
ANSWER_SECONDS = 5
"""Seconds in which a complete request is answered when the site stops."""


class Command(BaseCommand):
    """Serve the site; with ``--prepare``, first set up a fresh machine."""

    help = "Serves the site. --prepare first migrates, loads the sample into an empty catalog and makes the user admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and whether to prepare."""
        parser.add_argument("--host", default=LOOPBACK, help="The address to listen on.")
        parser.add_argument("--prepare", action="store_true", help="Migrate, load the sample, make the user admin.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare if asked, and serve until told to stop."""
        host = options["host"]
        # Browsers use passkeys only with a host name, not with an IP address.
        address = f"http://{'localhost' if host == LOOPBACK else host}:{settings.PORT}"
        password = _take_admin_password()
        _refuse_taken_port(host)
        login = ""
        if options["prepare"]:
            call_command("migrate", interactive=False, verbosity=0)
            call_command("load_sample", if_empty=True)
            login = self._ensure_admin(password)
        # This process keeps the embedded server running while workers start and stop.
        try:
            connection.ensure_connection()
            with suppress(ProgrammingError):  # not migrated yet
                queue.resume()  # uploads that waited when the site was stopped
        except (OperationalError, NotRunning) as error:
            # The last good copies are on disk, and the database may come back.
            self.stderr.write(f"The database cannot be reached: {error}")
        connection.close()
        self.stdout.write(
            f"\n  Admin            {address}/admin/{login}\n"
            f"  Catalog          {address}/v1/models\n"
            f"  OpenRouter feed  {address}/v1/models?format=openrouter\n"
            f"  API document     {address}/docs/api/\n\n  Ctrl-C stops it.\n\n"
        )
        self.stdout.flush()
        os.register_at_fork(after_in_child=_end_with_the_server)
        Granian(
            "catalog_site.asgi:application",
            address=host,
            port=settings.PORT,
            interface=Interfaces.ASGI,
            workers=settings.WEB_WORKERS,
            http=HTTPModes.http1,  # while a server finds out the version by itself, it sets a silent client no time limit
            http1_settings=HTTP1Settings(header_read_timeout=settings.HEADER_TIMEOUT * 1000, max_buffer_size=BUFFER),
            backlog=BACKLOG,
            backpressure=_connections(),
            respawn_failed_workers=True,
            workers_kill_timeout=stop_timeout(),
            websockets=False,
            log_level="warning",  # type: ignore[arg-type]
            log_dictconfig=LOGGING,
        ).serve()

    def _ensure_admin(self, password: str) -> str:
        users = get_user_model().objects
        user = users.filter(username="admin").first()
        if password:
            try:
                validate_password(password, user or get_user_model()(username="admin"))
            except ValidationError as error:
                raise CommandError(f"ADMIN_PASSWORD is refused: {' '.join(error.messages)}") from None
        if user is None:
            shown = password or secrets.token_urlsafe(12)
            users.create_superuser("admin", password=shown)
            return "   user admin, password " + ("from ADMIN_PASSWORD" if password else shown)
        if password and user.check_password(password):
            return "   user admin, password from ADMIN_PASSWORD"
        if password:
            user.set_password(password)
            user.save()
            return "   user admin, password now from ADMIN_PASSWORD"
        return "   user admin, password as before (set ADMIN_PASSWORD to change it)"


def _take_admin_password() -> str:
    """``ADMIN_PASSWORD``, which processes started from here do not see."""
    try:
        return secret("ADMIN_PASSWORD")
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from None
    finally:
        _wipe("ADMIN_PASSWORD")
        os.environ.pop("ADMIN_PASSWORD", None)


def _wipe(name: str) -> None:
    """Overwrite a variable in this process's initial environment, which ``/proc/self/environ`` shows: the workers are forks of this
    process and would still have it."""
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    if address := libc.getenv(name.encode()):
        ctypes.memset(address, 0, len(ctypes.string_at(address)))


def _connections() -> int:
    """How many clients a worker may have: ``MAX_CONNECTIONS``, or as many as the system's limit of open files allows."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.MAX_CONNECTIONS + OTHER_FILES
    allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return max(1, allowed - OTHER_FILES)


def stop_timeout() -> int:
    """Seconds that a worker has to finish what it has begun: as long as a body may take, or a statement of the database, and a bit
    for the answer. Service managers must wait longer before they kill the server."""
    return max(settings.CLIENT_TIMEOUT, settings.DATABASE_STATEMENT_TIMEOUT) + ANSWER_SECONDS


def _end_with_the_server() -> None:
    """Let a worker end when the process that started it is killed: otherwise it would keep the port and the database."""
    server = os.getppid()

    def watch() -> None:
        while os.getppid() == server:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _refuse_taken_port(host: str) -> None:
    """Granian shares its port with other listeners, so a second server would not be noticed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, settings.PORT))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{settings.PORT} ({error.strerror}). Set PORT to another port."
            ) from error
