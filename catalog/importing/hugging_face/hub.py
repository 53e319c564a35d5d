"""Asking the hub for one repository's files."""

from urllib.parse import urlsplit

from django.conf import settings

from catalog.fetching import Answer, Fetcher, FetchError, NotAllowed, TooLarge
from catalog.importing.source import SourceError
from catalog.importing.values import printable

LARGEST = 4 * 1024 * 1024
"""Bytes that one answer may have; the list of a repository's files is the longest part of them."""

SILENCE = 10
"""Seconds that the hub may be silent."""

PATIENCE = 30
"""Seconds that a whole repository may take."""

GATED = "{} is gated: its files are only for those who accept its terms with an account there, and none is used here."


class Withheld(SourceError):
    """The hub answers, but this is not there, not for everybody, or not in a shape that can be read."""


def host() -> str:
    """The hub's name, for sentences."""
    return urlsplit(settings.HUGGING_FACE_URL).netloc


class Hub:
    """Asks the configured hub, and nobody else, about one repository, within a time for all of it."""

    def __init__(self, repository: str) -> None:
        self.repository = repository
        self.fetcher = Fetcher(largest=LARGEST, seconds=PATIENCE, silence=SILENCE, same_origin=True)

    def get(self, path: str) -> bytes:
        """The bytes at a path. Raises ``SourceError``; ``Withheld`` where it is this path alone that cannot be had."""
        name = path.rpartition("/")[2] if "/resolve/" in path else f"What {host()} says of {self.repository}"
        try:
            answer = self.fetcher.get(settings.HUGGING_FACE_URL + path)
        except TooLarge as error:
            raise Withheld(f"{name} is larger than {LARGEST // 1024 // 1024} MiB.") from error
        except NotAllowed as error:
            raise Withheld(str(error)) from error
        except FetchError as error:
            raise SourceError(
                f"{printable(str(error))} Fill in the form by hand, or have HUGGING_FACE_URL looked at."
            ) from error
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, name)
        return answer.content

    def _refusal(self, answer: Answer, name: str) -> SourceError:
        reason, message = answer.headers.get("X-Error-Code"), answer.headers.get("X-Error-Message")
        if reason == "GatedRepo":
            return Withheld(GATED.format(self.repository))
        if message == "Access to this resource is disabled.":
            return Withheld(f"{host()} has closed the access to {self.repository}.")
        if reason == "EntryNotFound":
            return Withheld(f"{name} is not there.")
        if answer.status in {401, 403, 404}:
            # The hub answers 401 also for what does not exist, so as not to tell what is private.
            return Withheld(
                f"There is no public repository {self.repository} on {host()}: it does not exist, or is private."
            )
        if answer.status == 429:
            return SourceError(f"{host()} has been asked too often from here (429); try again in some minutes.")
        if answer.status >= 500:
            return SourceError(f"{host()} has a fault of its own ({answer.status}); try again later.")
        return SourceError(f"{host()} refuses to answer ({answer.status}).")
