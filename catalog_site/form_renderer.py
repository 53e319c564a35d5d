"""Renders the most common parts of forms in Python instead of templates.

Django renders each field with two or more templates, and the theme adds another: 850 for a model's form, which was half of the
time of the page. The HTML is the same, except for white space between tags.
"""

from collections.abc import Callable
from html import escape
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.formats import localize
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

AFFIXES = ("prefix", "prefix_icon", "suffix", "suffix_icon")
"""What the theme can add to a text field."""


class FormRenderer(DjangoTemplates):
    """Django's renderer, without the templates that ``WRITERS`` replaces."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        """The HTML of a widget, a label or a list of errors."""
        write = WRITERS.get(template_name)
        html = write(context) if write else None
        return super().render(template_name, context, request) if html is None else mark_safe(html)  # noqa: S308


def _text(value: Any) -> str:
    """A value as a template writes it: escaped, unless it is marked as safe."""
    return value if isinstance(value, SafeString) else escape(str(value))


def _label(value: Any) -> str:
    """A label as text, with numbers in the format of the settings."""
    return conditional_escape(localize(value))


def _attributes(attributes: dict[str, Any]) -> str:
    return "".join(
        f" {_text(name)}" if value is True else f' {_text(name)}="{_text(value)}"'
        for name, value in attributes.items()
        if value is not False
    )


def _named(attribute: str, name: Any) -> str:
    """An attribute, or nothing if it would be empty."""
    return f' {attribute}="{_text(name)}"' if name else ""


def _input(context: dict[str, Any]) -> str:
    widget = context["widget"]
    value = "" if widget["value"] is None else f' value="{_text(widget["value"])}"'
    return f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"{value}{_attributes(widget["attrs"])}>'


def _themed_input(context: dict[str, Any]) -> str | None:
    if any(context["widget"].get(name) for name in AFFIXES):
        return None
    return f'<div class="max-w-2xl relative w-full">{_input(context)}</div>'


def _options(widget: dict[str, Any], template_name: str) -> list[dict[str, Any]] | None:
    """A widget's options; None if some are in a named group or have a different template."""
    options = []
    for group, some, _ in widget["optgroups"]:
        if group or any(option["template_name"] != template_name for option in some):
            return None
        options += some
    return options


def _themed_select(context: dict[str, Any]) -> str | None:
    widget = context["widget"]
    options = _options(widget, "django/forms/widgets/select_option.html")
    if options is None:
        return None
    inner = "".join(
        f'<option value="{_text(option["value"])}"{_attributes(option["attrs"])}>{_label(option["label"])}</option>'
        for option in options
    )
    return (
        f'<div class="grow relative max-w-2xl"><select name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>{inner}</select>'
        '<span class="material-symbols-outlined absolute group-[.primary]:text-white pointer-events-none mr-[12px] right-0 '
        "text-base-400 top-0 top-1/2 hover:text-base-700 dark:text-base-500 dark:hover:text-base-200 "
        '-translate-y-1/2">expand_more</span></div>'
    )


def _themed_choices(context: dict[str, Any]) -> str | None:
    widget = context["widget"]
    options = _options(widget, "unfold/widgets/radio_option.html")
    if options is None or "radio_style" in context or not all(option.get("wrap_label") for option in options):
        return None
    inner = "".join(
        f'<div><label{_named("for", option["attrs"].get("id"))} class="flex flex-row items-center gap-2">'
        f'{_input({"widget": option})}<span class="truncate">{_label(option["label"])}</span></label></div>'
        for option in options
    )
    return f'<div{_named("id", widget["attrs"].get("id"))} class="flex gap-2 flex-col">{inner}</div>'


def _label_tag(context: dict[str, Any]) -> str:
    label, tag = _label(context["label"]), context["tag"]
    return f"<{tag}{_attributes(context['attrs'])}>{label}</{tag}>" if context["use_tag"] else label


def _errors(context: dict[str, Any]) -> str:
    errors = context["errors"]
    if not errors:
        return ""
    items = "".join(f"<li>{_label(error)}</li>" for error in errors)
    name = errors.field_id and f"{errors.field_id}_error"
    return f'<ul class="{_text(context["error_class"])}"{_named("id", name)}>{items}</ul>'


WRITERS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    **{
        f"django/forms/widgets/{name}.html": _input
        for name in ("input", "text", "number", "hidden", "checkbox", "date", "datetime")
    },
    "unfold/widgets/text.html": _themed_input,
    "unfold/widgets/select.html": _themed_select,
    "unfold/widgets/radio.html": _themed_choices,
    "django/forms/label.html": _label_tag,
    "django/forms/errors/list/default.html": _errors,
    "django/forms/errors/list/ul.html": _errors,
}
"""The function that replaces each template. It returns None if the template must be used."""
