"""Answers in memory, which are sent again without Django while the publication that they were made from is current.

Whole lists are stored separately, so that other answers cannot displace them. There are few of them, because their keys have only
what changes the answer: the list, the content coding, TLS, and whether the client already has the list.
"""

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import parse_etags

from catalog.formats import CHOSEN_BY_QUERY, app, catalog, models_api, models_dev, wandb
from catalog.publication import Identity
from catalog.publication.encodings import chosen
from catalog.sending import SentList, needs_key
from catalog_site.serving.request import Request

MOST_KEPT = 512
"""Answers that are no whole lists."""
MOST_BYTES = 64 * 1024 * 1024
"""Bytes of all of them."""
LONGEST_QUESTION = 2000
"""Characters of a request that an answer is kept for."""

WHOLE_LISTS = {
    ("/v1/models", ""): catalog.FORMAT.name,
    **{("/v1/models", f"format={name}"): name for name in CHOSEN_BY_QUERY},
    ("/api.json", ""): models_dev.FORMAT.name,
    (wandb.FORMAT.path, ""): wandb.FORMAT.name,
    (models_api.FORMAT.path, "output_modalities=all"): models_api.FORMAT.name,
}
"""The format of each request for a whole list, by its path and query."""

CHANGING = frozenset({"if-modified-since", "if-match", "if-unmodified-since"})
"""Whoever sends one of these is answered by Django, for each may change the answer."""

LONGEST_CACHED = 200
"""Characters of a header whose meaning is remembered. Clients that mean what they say send less."""
LONGEST_HOST = 261
"""Characters of a host's name (RFC 1035) and its port."""
LONGEST_TAGS = 1000
"""Characters of ``If-None-Match`` that are compared; whoever sends more is sent the list."""

short_coding = lru_cache(1024)(chosen)


class Answer(NamedTuple):
    """One answer. ``made_of``: the publication that it was made from; None if it is not stored. The other fields are what Django
    has noted about the request: the kind of page, the whole list that was sent, the user, and why the request was refused."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    made_of: Identity | None = None
    kind: str = ""
    sent: SentList | None = None
    who: str = ""
    reason: str = ""

    def header(self, name: bytes) -> bytes:
        """The value of the first header of that name, in lower case; empty where there is none."""
        return next((value for key, value in self.headers if key.lower() == name), b"")


@dataclass
class WholeList:
    """The two answers for one list in one coding: to clients that do not have it, and to those that do. ``tag`` is its entity
    tag."""

    tag: str
    full: Answer | None = None
    not_modified: Answer | None = None


class AnswerCache:
    """The stored answers of one process. Used only by its event loop."""

    def __init__(self) -> None:
        self.lists: dict[tuple[str, str, bool], WholeList] = {}
        self.others: OrderedDict[tuple[str, ...], Answer] = OrderedDict()
        self.bytes = 0

    def find(self, request: Request) -> Answer | None:
        """The stored answer to a request. The caller checks whether the publication that it was made from is still current."""
        if (name := whole_list(request)) is not None:
            whole = self.lists.get(list_key(name, request))
            return None if whole is None else conditional_answer(whole, request.headers.get("if-none-match"))
        question = cache_key(request)
        answer = None if question is None else self.others.get(question)
        if question is not None and answer is not None:
            self.others.move_to_end(question)
        return answer

    def keep(self, request: Request, answer: Answer) -> None:
        """Store Django's answer, if it can be sent again."""
        if answer.made_of is None or request.method != "GET" or answer.header(b"set-cookie"):
            return
        if answer.header(b"vary").lower() not in (b"", b"accept-encoding", b"accept, accept-encoding"):
            return
        tag = answer.header(b"etag").decode("latin-1")
        # only 304 answers to exactly this tag: an unlimited number of other lists of tags would match too.
        had_it = answer.status == 304 and request.headers.get("if-none-match") == tag
        if answer.status != 200 and not had_it:
            return
        answer = answer._replace(who="")  # this answer is sent to other clients, too
        if (name := whole_list(request)) is not None:
            whole = self.lists.setdefault(list_key(name, request), WholeList(tag))
            whole.tag = tag
            if had_it:
                whole.not_modified = answer
            else:
                whole.full = answer
        elif (question := cache_key(request)) is not None:
            self._keep(question, answer)

    def _keep(self, question: tuple[str, ...], answer: Answer) -> None:
        if (old := self.others.pop(question, None)) is not None:
            self.bytes -= len(old.body)
        self.others[question] = answer
        self.bytes += len(answer.body)
        while len(self.others) > MOST_KEPT or self.bytes > MOST_BYTES:
            self.bytes -= len(self.others.popitem(last=False)[1].body)


def whole_list(request: Request) -> str | None:
    """The format whose whole list is requested; None for any other request, and if the answer can be something else than the list.
    Computed once for each request."""
    if request.whole_list == "":
        request.whole_list = _whole_list(request)
    return request.whole_list


def _whole_list(request: Request) -> str | None:
    name = WHOLE_LISTS.get((request.path, request.query))
    if (
        name is None
        or name in settings.FORMATS_BEHIND_KEY
        or request.method not in ("GET", "HEAD")
        or not host_is_allowed(request.headers.get("host", ""))
    ):
        return None
    if not CHANGING.isdisjoint(request.headers):
        return None
    return None if settings.SECURE_SSL_REDIRECT and not request.is_secure else name


def list_with_key(request: Request) -> str | None:
    """The format of the whole list that is requested with a key, if the list needs one. Django checks the key each time."""
    return list_behind_key(request) if "authorization" in request.headers else None


def list_behind_key(request: Request) -> str | None:
    """The format of the whole list that is requested, with a key or without, if the list needs one."""
    if request.method not in ("GET", "HEAD"):
        return None
    name = app.FORMAT.name if request.path == app.FORMAT.path else WHOLE_LISTS.get((request.path, request.query))
    return name if name is not None and needs_key(name) else None


def coding(accepted: str) -> str:
    """The content coding in which a client gets a list; empty for none."""
    return (short_coding(accepted) if len(accepted) <= LONGEST_CACHED else chosen(accepted)) or ""


def list_key(name: str, request: Request) -> tuple[str, str, bool]:
    """The key under which the answer to a request for a whole list is stored. All addresses of a format give the same answer."""
    return name, coding(request.headers.get("accept-encoding", "")), request.is_secure


def conditional_answer(whole: WholeList, tags: str | None) -> Answer | None:
    """The list, or 304 to a client that has it, by Django's comparison (RFC 9110, 13.1.2)."""
    if not tags:
        return whole.full
    if tags != whole.tag:
        wanted = parse_etags(tags) if len(tags) <= LONGEST_TAGS else []
        if wanted != ["*"] and whole.tag not in {tag.removeprefix("W/") for tag in wanted}:
            return whole.full
    return whole.not_modified


def host_is_allowed(host: str) -> bool:
    """Django's own rule, without a request. No host has a longer name."""
    return len(host) <= LONGEST_HOST and _host_is_allowed(host)


@lru_cache(1024)
def _host_is_allowed(host: str) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def cache_key(request: Request) -> tuple[str, ...] | None:
    """The key of a request: everything that its answer depends on. None if the answer also depends on something else."""
    get = request.headers.get
    if request.method != "GET" or not (CHANGING | {"content-type", "authorization"}).isdisjoint(request.headers):
        return None
    if "markdown" in get("accept", "").lower():
        return None  # a page of the site is sent as Markdown to clients that prefer it; nothing else depends on Accept
    question = (
        request.path,
        request.query,
        get("host", ""),
        request.scope["scheme"],
        get("x-forwarded-proto", ""),
        get("accept-encoding", ""),
        get("if-none-match", ""),
    )
    return question if sum(map(len, question)) <= LONGEST_QUESTION else None
