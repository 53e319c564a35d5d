"""Asking the hub for one repository's files."""

from urllib.parse import urlsplit

from django.conf import settings

from catalog.fetching import Answer, Fetcher, FetchError, NotAllowed, TooLarge
from catalog.importing.source import SourceError
from catalog.importing.values import printable

LARGEST = 4 * 1024 * 1024
"""The most bytes of one answer; most of them are the list of a repository's files."""

READ_TIMEOUT = 10
"""Seconds to wait for the next bytes."""

TOTAL_TIMEOUT = 30
"""Seconds for a whole repository."""

GATED = "{} is gated: its files are only for users who accept its terms with an account there, and this site has no account."


class Withheld(SourceError):
    """The hub answers, but the file is missing, restricted, or not readable."""


def host() -> str:
    """The hub's host name, for sentences."""
    return urlsplit(settings.HUGGING_FACE_URL).netloc


class Hub:
    """Asks only the configured hub about one repository, with one time limit for all requests."""

    def __init__(self, repository: str) -> None:
        self.repository = repository
        self.fetcher = Fetcher(largest=LARGEST, seconds=TOTAL_TIMEOUT, silence=READ_TIMEOUT, same_origin=True)

    def get(self, path: str) -> bytes:
        """The bytes at a path. Raises ``SourceError``; ``Withheld`` if only this path cannot be read."""
        name = path.rpartition("/")[2] if "/resolve/" in path else f"What {host()} says of {self.repository}"
        try:
            answer = self.fetcher.get(settings.HUGGING_FACE_URL + path)
        except TooLarge as error:
            raise Withheld(f"{name} is larger than {LARGEST // 1024 // 1024} MiB.") from error
        except NotAllowed as error:
            raise Withheld(str(error)) from error
        except FetchError as error:
            raise SourceError(
                f"{printable(str(error))} Fill in the form by hand, or ask your operator to check HUGGING_FACE_URL."
            ) from error
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, name)
        return answer.content

    def _refusal(self, answer: Answer, name: str) -> SourceError:
        reason, message = answer.headers.get("X-Error-Code"), answer.headers.get("X-Error-Message")
        if reason == "GatedRepo":
            return Withheld(GATED.format(self.repository))
        if message == "Access to this resource is disabled.":
            return Withheld(f"{host()} has disabled access to {self.repository}.")
        if reason == "EntryNotFound":
            return Withheld(f"{name} does not exist.")
        if answer.status in {401, 403, 404}:
            # The hub also answers 401 for missing repositories, so that it does not reveal private ones.
            return Withheld(
                f"There is no public repository {self.repository} on {host()}: it does not exist, or is private."
            )
        if answer.status == 429:
            return SourceError(f"{host()} has received too many requests from this site (429); try again in a few minutes.")
        if answer.status >= 500:
            return SourceError(f"{host()} failed with an error ({answer.status}); try again later.")
        return SourceError(f"{host()} refuses to answer ({answer.status}).")
