"""The descriptions of a model's request parameters."""

import pghistory
from django.db import models
from django.db.models import F, Q

from catalog.models.ai_model import AIModel
from catalog.models.fields import ExactDecimalField, decimals_at_most, json_items_are
from catalog.models.rules import Rule, RuledModel
from catalog.models.triggers import BumpRevision, RefuseTruncation
from catalog.models.vocabularies import LimitUnit, ParameterType


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)
class ParameterDescriptor(RuledModel):
    """The description of one request parameter of one model: type, bounds, default.

    It has the grammar of Model Document V2's descriptors. A parameter without a row has no description.
    """

    ai_model = models.ForeignKey(
        AIModel, on_delete=models.CASCADE, related_name="parameter_descriptors", verbose_name="model"
    )
    name = models.CharField(max_length=80, help_text="The request's key, such as temperature.")
    type = models.CharField(max_length=10, choices=ParameterType.choices)
    minimum = ExactDecimalField(max_digits=30, decimal_places=10, null=True, blank=True)
    maximum = ExactDecimalField(max_digits=30, decimal_places=10, null=True, blank=True)
    default = models.JSONField(null=True, blank=True, help_text='As JSON: 0.7, true, "auto".')
    values = models.JSONField(
        default=list, blank=True, help_text="The allowed values, as a JSON list. Only for “one of a list”."
    )
    unit = models.CharField(max_length=10, choices=LimitUnit.choices, blank=True)
    is_passthrough = models.BooleanField(
        "passed through",
        default=False,
        db_default=False,
        help_text="Your own parameter, outside the common API: OpenRouter forwards it unchanged from provider.options.",
    )

    class Meta:
        ordering = ["ai_model", "name"]
        constraints = [
            models.UniqueConstraint(
                name="descriptor_one_per_parameter",
                fields=["ai_model", "name"],
                violation_error_message="There is already a row for this parameter.",
            ),
            Rule(
                name="descriptor_name_is_a_key",
                field="name",
                condition=Q(name__regex=r"^[A-Za-z_][A-Za-z0-9_.-]*$"),
                violation_error_message="A parameter's name has only letters, digits, underscores, dots and hyphens.",
            ),
            Rule(
                name="descriptor_type_is_known",
                field="type",
                condition=Q(type__in=ParameterType.values),
                violation_error_message="The type is not in the list.",
            ),
            Rule(
                name="descriptor_bounds_belong_to_numbers",
                field="minimum",
                condition=Q(type__in=[ParameterType.RANGE, ParameterType.INTEGER])
                | Q(minimum__isnull=True, maximum__isnull=True, unit=""),
                violation_error_message="Only numbers have a minimum, a maximum or a unit.",
            ),
            Rule(
                name="descriptor_whole_numbers_have_whole_bounds",
                field="minimum",
                condition=~Q(type=ParameterType.INTEGER)
                | (
                    (Q(minimum__isnull=True) | decimals_at_most("minimum", 0))
                    & (Q(maximum__isnull=True) | decimals_at_most("maximum", 0))
                ),
                violation_error_message="The bounds of a whole number must be whole numbers.",
            ),
            Rule(
                name="descriptor_bounds_are_in_order",
                field="maximum",
                condition=Q(maximum__gte=F("minimum")),
                violation_error_message="The maximum cannot be less than the minimum.",
            ),
            Rule(
                name="descriptor_bounds_are_finite",
                field="minimum",
                condition=(Q(minimum__isnull=True) | Q(minimum__gt=-(10**20), minimum__lt=10**20))
                & (Q(maximum__isnull=True) | Q(maximum__gt=-(10**20), maximum__lt=10**20)),
                violation_error_message="A bound has at most 20 digits.",
            ),
            Rule(
                name="descriptor_unit_is_known",
                field="unit",
                condition=Q(unit__in=["", *LimitUnit.values]),
                violation_error_message="The unit is not in the list.",
            ),
            Rule(
                name="descriptor_values_belong_to_enums",
                field="values",
                condition=Q(type=ParameterType.ENUM, values__0__isnull=False) | (~Q(type=ParameterType.ENUM) & Q(values=[])),
                violation_error_message="“One of a list” needs a list of values; other types must not have one.",
            ),
            Rule(
                name="descriptor_values_are_texts_or_numbers",
                field="values",
                condition=json_items_are("values", "string", "number"),
                violation_error_message="The values must be texts or numbers.",
            ),
            Rule(
                name="descriptor_default_is_plain",
                field="default",
                condition=json_items_are("default", "string", "number", "boolean"),
                violation_error_message="A default must be a text, a number, true or false, or a list of these.",
            ),
        ]
        triggers = [BumpRevision(), RefuseTruncation()]

    def __str__(self) -> str:
        return self.name
