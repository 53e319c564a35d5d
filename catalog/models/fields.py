"""Columns that are stricter than Django's own."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact, In, LessThanOrEqual

from catalog import decimals

PERCENT_PLACES = {"discount_to_user": -2}
"""The columns that hold a share, for which people also type a percentage: by how many places that is shifted."""


class ExactDecimalField(models.DecimalField):  # type: ignore[type-arg]
    """A ``numeric`` without a declared scale.

    PostgreSQL silently rounds to a declared scale, so ``numeric(36, 24)`` would accept a 25th decimal and lose it. Here a check
    constraint refuses extra digits; ``max_digits`` and ``decimal_places`` are for forms.
    """

    def db_type(self, connection: Any) -> str:
        """Plain ``numeric``: arbitrary precision."""
        return "numeric"

    def to_python(self, value: Any) -> Any:
        """The value as ``Decimal``. A float is refused: it has already lost digits."""
        if isinstance(value, float):
            raise ValidationError("A price must be written as a decimal, not as a binary floating-point number.")
        return super().to_python(value)

    def formfield(self, **kwargs: Any) -> Any:
        """A text box: a browser's number box rounds and writes exponents."""
        from django import forms

        return super().formfield(**{"widget": forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs})

    def value_to_string(self, obj: models.Model) -> str:
        """For serializers: plain digits."""
        value = self.value_from_object(obj)
        return "" if value is None else decimals.wire(Decimal(value))


def vocabulary(choices: type[models.TextChoices], help_text: str, **kwargs: Any) -> Any:
    """An array of values from a closed vocabulary, empty by default."""
    return ArrayField(
        models.CharField(max_length=40, choices=choices.choices), default=list, blank=True, help_text=help_text, **kwargs
    )


class Scale(Func):
    """Digits after the point, trailing zeros not counted."""

    template = "scale(trim_scale(%(expressions)s))"
    output_field = models.IntegerField()


def decimals_at_most(field: str, places: int) -> Q:
    """The condition that a decimal has no more than this many places."""
    return Q(LessThanOrEqual(Scale(F(field)), Value(places)))


def values_are_in(field: str, vocabulary: type[models.TextChoices]) -> Q:
    """The condition that an array is a plain list of a vocabulary's words.

    Containment alone ignores nesting: ``{{text},{image}}`` would pass, and cannot be written in the API.
    """
    dimensions = Func(F(field), function="array_ndims", output_field=models.IntegerField())
    return Q(**{f"{field}__contained_by": vocabulary.values}) & Q(Exact(dimensions, Value(1)))


def json_items_are(field: str, *types: str) -> Q:
    """The condition that a JSON value has one of these JSON types, or is a plain list of such values.

    The path is strict, because a lax one looks into nested lists; on a value that is not a list it then fails silently and gives
    NULL.
    """
    others = " && ".join(f'@.type() != "{type_}"' for type_ in types)
    found = Func(
        F(field),
        template=f"coalesce(jsonb_path_exists(%(expressions)s, 'strict $[*] ? ({others})', '{{}}', true), false)",
        output_field=models.BooleanField(),
    )
    kind = Func(F(field), function="jsonb_typeof", output_field=models.TextField())
    return Q(Exact(found, Value(False))) & (Q(**{f"{field}__isnull": True}) | Q(In(kind, [*types, "array"])))
