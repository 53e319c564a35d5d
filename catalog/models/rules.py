"""Database rules with messages for staff: a check constraint that knows the form field of its message."""

from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db import DatabaseError, models, router, transaction
from django.db.models import BooleanField, CheckConstraint, Q
from django.db.models.functions import Coalesce
from django.db.models.sql import Query


class Rule(CheckConstraint):
    """A ``CheckConstraint`` whose violation is shown at ``field``.

    Django shows a check constraint's message above the form; staff expect it beside the field.
    """

    # To reword or move a message needs a migration of the state only; the database does not change.
    non_db_attrs = (*CheckConstraint.non_db_attrs, "field")

    def __init__(self, *, field: str, **kwargs: Any) -> None:
        self.field = field
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """The arguments that a migration stores."""
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field}

    def validate(
        self, model: type[models.Model], instance: models.Model, exclude: Any = None, using: str = "default"
    ) -> None:
        """Raise the message as an error of the field."""
        try:
            super().validate(model, instance, exclude, using)
        except ValidationError as error:
            try:
                model._meta.get_field(self.field)
            except FieldDoesNotExist:
                raise error from None
            raise ValidationError({self.field: error.messages}) from None


class RuledModel(models.Model):
    """A table with rules. A row asks the database about all of them in one question; Django asks one for each."""

    class Meta:
        abstract = True

    _held: Collection[str] = ()
    """The names of the rules that are known to hold, while the others are validated."""

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Raise what Django raises, for the constraints that do not hold."""
        self._held = _rules_held(self, exclude)
        try:
            super().validate_constraints(exclude)
        finally:
            del self._held

    def get_constraints(self) -> list[tuple[type[models.Model], Sequence[models.BaseConstraint]]]:
        """The constraints that are left to validate."""
        left = super().get_constraints()
        return [(model, [one for one in constraints if one.name not in self._held]) for model, constraints in left]


def _rules_held(row: models.Model, exclude: Collection[str] | None) -> set[str]:
    """The names of the rules that hold for the values of a row, without those that concern a field of ``exclude``. None where the
    database cannot answer for one of them: which one is found by asking for each."""
    query = Query(None)  # as Django's Q.check builds it, for one condition
    for name, value in row._get_field_expression_map(row._meta, exclude).items():  # type: ignore[attr-defined]
        query.add_annotation(value, name, select=False)
    rules: list[Rule] = []
    for rule in row._meta.constraints:
        if isinstance(rule, Rule):
            try:
                query.add_annotation(Coalesce(Q(rule.condition), True, output_field=BooleanField()), f"rule_{len(rules)}")
            except FieldError:
                continue  # it concerns an excluded field
            rules.append(rule)
    if not rules:
        return set()
    using = router.db_for_write(type(row), instance=row)
    try:
        with transaction.atomic(using=using):
            (answers,) = query.get_compiler(using=using).results_iter()
    except DatabaseError:
        return set()
    return {rule.name for rule, holds in zip(rules, answers, strict=True) if holds}
