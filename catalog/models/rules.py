"""Database rules that staff can read: a check constraint that knows which form field its sentence belongs to."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import CheckConstraint


class Rule(CheckConstraint):
    """A ``CheckConstraint`` whose violation is shown at ``field``.

    Django shows a check constraint's sentence above the form; staff look for it beside the box they filled in.
    """

    # Rewording or moving a sentence is a migration of the state alone; the database is not touched.
    non_db_attrs = (*CheckConstraint.non_db_attrs, "field")

    def __init__(self, *, field: str, **kwargs: Any) -> None:
        self.field = field
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """What a migration writes down."""
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field}

    def validate(
        self, model: type[models.Model], instance: models.Model, exclude: Any = None, using: str = "default"
    ) -> None:
        """Raise the sentence as an error of the field."""
        try:
            super().validate(model, instance, exclude, using)
        except ValidationError as error:
            try:
                model._meta.get_field(self.field)
            except FieldDoesNotExist:
                raise error from None
            raise ValidationError({self.field: error.messages}) from None
