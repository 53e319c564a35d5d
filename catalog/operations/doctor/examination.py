"""Running all checks. ``manage.py doctor`` does it."""

from collections.abc import Callable, Iterator

from django.db import Error, connection

from catalog.operations.doctor import database, lists, machine
from catalog.operations.doctor.certificates import certificates, https_hosts
from catalog.operations.doctor.check_result import CheckResult, Outcome, ok, wrong
from catalog_site.embedded.server import NotRunning

Check = Callable[[], Iterator[CheckResult]]

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


def examine(hosts: list[str] | None = None) -> list[CheckResult]:
    """Run all checks, and return their results. A check that yields none found no problem."""
    results: list[CheckResult] = []
    is_database_down = False
    for name, check in {**ASKS_NOBODY, **ASKS_DATABASE}.items():
        if is_database_down:
            results.append(CheckResult(name, Outcome.WARNING, "Not known: the database cannot be reached.", "See database."))
            continue
        try:
            of_check = list(check()) or [ok("Nothing is wrong.")]
        except (Error, NotRunning) as error:
            connection.close()
            says = " ".join(str(error).split())
            if name in ASKS_DATABASE and name != "database":
                of_check = [CheckResult(name, Outcome.WARNING, f"Not known: {says}", "See database and migrations.")]
            else:
                is_database_down = True
                of_check = [
                    wrong(
                        f"The database cannot be reached: {says}",
                        "Start it, or correct DATABASE_URL. The site sends its copies meanwhile.",
                    )
                ]
        results += [result._replace(check=name) for result in of_check]
    names = https_hosts() if hosts is None else hosts
    results += [result._replace(check="certificates") for result in certificates(names)]
    return results


def is_wrong(results: list[CheckResult]) -> bool:
    """Whether a check found something that must be corrected now."""
    return any(result.level is Outcome.WRONG for result in results)
