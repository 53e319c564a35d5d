"""What was read of a repository."""

from typing import Any

from catalog.importing.hugging_face.stated import Repository


def values(read: Repository) -> dict[str, Any]:
    return {one.field: one.value for one in read.stated}


def where(read: Repository) -> dict[str, str]:
    return {one.field: one.where for one in read.stated}


def missing(read: Repository) -> dict[str, str]:
    return {one.field: one.why for one in read.missing}
