"""Running all checks. ``manage.py doctor`` does it."""

from collections.abc import Callable, Iterator

from django.db import Error, connection

from catalog.operations.doctor import database, lists, machine
from catalog.operations.doctor.certificates import certificates, https_hosts
from catalog.operations.doctor.finding import Finding, Level, ok, wrong
from catalog_site.embedded.server import NotRunning

Check = Callable[[], Iterator[Finding]]

ASKS_DATABASE: dict[str, Check] = {
    "database": database.server,
    "extensions": database.extensions,
    "migrations": database.migrations,
    "protections": database.protections,
    "locks": database.locks,
    "clock": database.clock,
    "listing": lists.listing,
    "readers": lists.readers,
}
ASKS_NOBODY: dict[str, Check] = {
    "settings": machine.configuration,
    "disk": machine.disk,
    "copies": machine.copies,
    "backups": machine.backups,
}


def examine(hosts: list[str] | None = None) -> list[Finding]:
    """Run all checks. A check without a finding found no problem."""
    found: list[Finding] = []
    is_away = False
    for name, check in {**ASKS_NOBODY, **ASKS_DATABASE}.items():
        if is_away:
            found.append(Finding(name, Level.WARNING, "Not known: the database cannot be reached.", "See database."))
            continue
        try:
            said = list(check()) or [ok("Nothing is wrong.")]
        except (Error, NotRunning) as error:
            connection.close()
            says = " ".join(str(error).split())
            if name in ASKS_DATABASE and name != "database":
                said = [Finding(name, Level.WARNING, f"Not known: {says}", "See database and migrations.")]
            else:
                is_away = True
                said = [
                    wrong(
                        f"The database cannot be reached: {says}",
                        "Start it, or correct DATABASE_URL. The site sends its copies meanwhile.",
                    )
                ]
        found += [finding._replace(check=name) for finding in said]
    names = https_hosts() if hosts is None else hosts
    found += [finding._replace(check="certificates") for finding in certificates(names)]
    return found


def is_wrong(found: list[Finding]) -> bool:
    """Whether somebody must act now."""
    return any(finding.level is Level.WRONG for finding in found)
