"""A repository's facts about a model, the missing ones, and ids of repositories."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from catalog.importing.source import SourceError
from catalog.importing.values import printable
from catalog.models.conditions import REPOSITORY


@dataclass(frozen=True, slots=True)
class Stated:
    """A value for one of our fields, and where it was read: the file and the key."""

    field: str
    value: str | int | datetime | tuple[str, ...]
    where: str


@dataclass(frozen=True, slots=True)
class Missing:
    """One of our fields for which there is no value, and why."""

    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Repository:
    """The facts of a repository at one revision, in the order of our form, and remarks for staff."""

    repository: str
    revision: str
    stated: tuple[Stated, ...]
    missing: tuple[Missing, ...]
    remarks: tuple[str, ...]


def repository_id(text: str) -> str:
    """The id in an id or in the address of a page. Raises ``SourceError``."""
    asked = text.strip().removeprefix(f"{settings.HUGGING_FACE_URL}/").rstrip("/")
    if not is_repository_id(asked):
        raise SourceError(f"“{printable(asked)}” is not the id of a repository. An id looks like Qwen/Qwen3.5-9B.")
    return asked


def is_repository_id(value: Any) -> bool:
    """The hub's rule (``validate_repo_id``), which includes our rule for the column."""
    return (
        isinstance(value, str)
        and len(value) <= 200
        and re.fullmatch(REPOSITORY.strip("^$"), value) is not None
        and ".." not in value
        and "--" not in value
    )
