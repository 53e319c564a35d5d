"""Django's PostgreSQL backend on the embedded server."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base, client

from catalog_site.embedded.access import SUPERUSER, account_of
from catalog_site.embedded.server import cluster, ensure_running


class DatabaseClient(client.DatabaseClient):
    """``manage.py dbshell`` on the embedded server."""

    def runshell(self, parameters: Iterable[str]) -> None:
        """Start the server, then the machine's ``psql``."""
        wrapper = self.connection
        wrapper.settings_dict.update(HOST=ensure_running(wrapper.settings_dict["DATA_DIR"]), USER=SUPERUSER)
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    """Starts the server under ``settings_dict["DATA_DIR"]`` before it connects.

    At every new connection, not only once: a server that was killed is started again, with its socket.
    """

    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        """Django's parameters, with the embedded server's socket directory as the host."""
        data_dir: Path = self.settings_dict["DATA_DIR"]
        self.settings_dict.update(HOST=ensure_running(data_dir), USER=SUPERUSER)
        params: dict[str, Any] = super().get_connection_params()
        # Do not connect to a socket that somebody else has put in the server's place.
        return {**params, "requirepeer": account_of(cluster(data_dir))}
