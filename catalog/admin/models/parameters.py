"""The descriptions of a model's request parameters, in its form."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from unfold.admin import TabularInline

from catalog.admin.base import RowForm, RowFormSet
from catalog.models import ParameterDescriptor


class JSONInput(forms.JSONField):
    """JSON that PostgreSQL can store: no NaN or infinite number, no NUL, no half of a surrogate pair, limited nesting."""

    default_error_messages = {
        "unstorable": "This cannot be stored. JSON has no NaN and no Infinity, numbers end at 1e308, and a text has no NUL and no "
        "broken character."
    }

    def to_python(self, value: Any) -> Any:
        """What the text says."""
        try:
            read = super().to_python(value)
            written = json.dumps(read, ensure_ascii=False, allow_nan=False)
            written.encode()  # fails at half of a surrogate pair
            if "\\u0000" in written.replace("\\\\", ""):
                raise ValueError
        except (ValueError, RecursionError) as error:
            raise ValidationError(self.error_messages["unstorable"], code="unstorable") from error
        return read

    def bound_data(self, data: Any, initial: Any) -> Any:
        """As it was typed if it is not valid JSON."""
        try:
            self.to_python(data)
        except ValidationError:
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)


class ParameterForm(RowForm):
    """One parameter."""

    class Meta:
        model = ParameterDescriptor
        fields = "__all__"
        field_classes = {"default": JSONInput, "values": JSONInput}


class ParameterDescriptorInline(TabularInline):
    """The descriptions of a model's request parameters."""

    model = ParameterDescriptor
    form = ParameterForm
    formset = RowFormSet
    fields = ["name", "type", "minimum", "maximum", "default", "values", "unit", "is_passthrough"]
    extra = 0
    hide_title = True
    tab = True
    verbose_name_plural = "Parameter descriptions"
