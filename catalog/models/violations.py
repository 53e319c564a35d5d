"""The database's refusals, as messages for staff."""

from dataclasses import dataclass

from django.apps import apps
from django.db import DatabaseError, DataError, models

from catalog.models.rules import Rule


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken: its name, its message, and its field (None if it concerns the whole row)."""

    rule: str
    sentence: str
    field: str | None

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields that may have broken the rule, ``field`` first."""
        more = OVER_SEVERAL.get(self.rule, ())
        return tuple(dict.fromkeys((self.field, *more))) if self.field else more


OVER_SEVERAL = {"model_names_are_unique": ("model_id", "has_free_variant", "openrouter_slug")}
"""The fields of a trigger's rule over several of them, besides the one that it names."""


def violation(error: DatabaseError) -> Violation:
    """Read a violation from the error that the database raised.

    Triggers bring their sentence and field themselves; a constraint's are found by its name.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    for constraint in _constraints():
        if constraint.name == name:
            return Violation(name, str(constraint.get_violation_error_message()), _field(constraint))
    message = getattr(diagnosis, "message_primary", None) or str(error)
    if getattr(diagnosis, "sqlstate", "") == "23505":
        message = "This already exists, and there can be only one. Check the current version."
    elif isinstance(error, DataError):
        message = f"The database cannot store one of these values: {message}."
    return Violation(name, message, getattr(diagnosis, "column_name", None))


def _constraints() -> list[models.BaseConstraint]:
    return [one for model in apps.get_app_config("catalog").get_models() for one in model._meta.constraints]


def _field(constraint: models.BaseConstraint) -> str | None:
    return constraint.field if isinstance(constraint, Rule) else None
