"""Checks of the site's certificates."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from catalog.operations.doctor.check_result import CheckResult, Outcome, ok, warning, wrong

CERTIFICATE_SOON, CERTIFICATE_NOW = timedelta(days=21), timedelta(days=3)
"""Time before the end of a certificate. Caddy and certbot renew 30 days ahead."""
TIMEOUT = 5.0
"""Seconds to connect, and for each answer."""


def certificates(hosts: list[str]) -> Iterator[CheckResult]:
    """How long the certificates of these addresses (``host:port``) are valid."""
    for host in hosts:
        name, _, port = host.partition(":")
        try:
            with (
                socket.create_connection((name, int(port or 443)), timeout=TIMEOUT) as plain,
                ssl.create_default_context().wrap_socket(plain, server_hostname=name) as secure,
            ):
                ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str((secure.getpeercert() or {})["notAfter"])), UTC)
        except ssl.SSLCertVerificationError as error:
            yield wrong(
                f"The certificate of {host} is not valid: {error.verify_message}.", "Renew it, and have the proxy load it."
            )
        except (OSError, ValueError) as error:
            yield warning(
                f"The certificate of {host} cannot be read: {error}.", "Run doctor on a machine that can reach it."
            )
        else:
            left = ends - datetime.now(UTC)
            if left < CERTIFICATE_SOON:
                level = Outcome.WRONG if left < CERTIFICATE_NOW else Outcome.WARNING
                yield CheckResult(
                    "",
                    level,
                    f"The certificate of {host} expires in {left.days} days.",
                    "Renew it, and have the proxy load it.",
                )
            else:
                yield ok(f"The certificate of {host} is valid for {left.days} days.")


def https_hosts() -> list[str]:
    """The addresses of the site in its settings."""
    origins = [urlsplit(origin) for origin in settings.CSRF_TRUSTED_ORIGINS]
    return sorted({origin.netloc for origin in origins if origin.scheme == "https" and "*" not in origin.netloc})
