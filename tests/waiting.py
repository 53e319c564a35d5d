"""Waiting for what happens by itself, in another thread or process."""

import threading
import time
from collections.abc import Callable

from django.db import connection, connections


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether something comes true within a minute."""
    deadline = time.monotonic() + 60
    while not (is_true := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_true


def at_the_same_time(work: Callable[[], object]) -> None:
    """Do it on a connection of its own, which waits a second for a lock at most."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '1s'")
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
