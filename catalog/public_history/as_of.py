"""The public catalog at another time."""

from collections.abc import Iterable
from datetime import datetime

from catalog.history import tables_as_of
from catalog.listing import Selection, listing
from catalog.public_history.publicity import Publicity
from catalog.publication import Publication, render


def publication_at(format_name: str, publication: Publication, publicity: Publicity, at: datetime) -> Publication:
    """A format's list as it was, or as it is scheduled to be, with the models that may be mentioned.

    It reads the tables as every list does: for the past, the tables as they were then; for the future, the current tables, with
    the prices and switches that apply by then.
    """
    since, until = publication.since, publication.valid_until
    if since is not None and since <= at and (until is None or at < until):
        return publication  # nothing changed between then and now
    if at > publication.at:
        return render(format_name, listing(Selection.PUBLIC, at=at))
    keys: Iterable[int] = sorted(key for key, model in publicity.by_key.items() if model.was_public(at))
    with tables_as_of(at, keys):
        return render(format_name, listing(Selection.PUBLIC, at=at))
