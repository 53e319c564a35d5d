"""Databases that fail, and what is published meanwhile."""

from django.db import connection

from catalog.publication import publisher

FEED = "/v1/models?format=openrouter"


class Outage:
    """A database that does not answer the publisher while ``is_on``."""

    def __init__(self) -> None:
        self.is_on = False
        self.questions = 0


def name() -> str:
    served = publisher.current("openrouter")
    assert served.stale is None
    return served.publication.made_of.listing.entries[0].model.name


def write_round_the_triggers(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET session_replication_role = origin")
