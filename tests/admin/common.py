"""What a browser sends to the forms of the admin, and what their pages say."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.forms import CheckboxInput
from django.test import Client

from catalog.models import AIModel

ADD = "/admin/catalog/aimodel/add/"
LIST = "/admin/catalog/aimodel/"


def staff(client: Client, group: str) -> Client:
    user = User.objects.create_user(group.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


def change(model: AIModel) -> str:
    return f"{LIST}{model.pk}/change/"


def form_data(client: Client, url: str) -> dict[str, Any]:
    """What a browser would send if the form were saved as it is shown."""
    page = client.get(url)
    assert page.status_code == 200
    return data_of(page)


def data_of(page: Any) -> dict[str, Any]:
    """What a browser would send if the form on the page were saved as it is shown."""
    data: dict[str, Any] = {}
    forms = [page.context["adminform"].form]
    for formset in page.context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.forms]
    for form in forms:
        for bound in form:
            if bound.field.disabled:
                continue
            value = bound.value()
            widget = bound.field.widget
            if value is None or (value is False and isinstance(widget, CheckboxInput)):
                continue
            if hasattr(widget, "decompress"):
                for part, text in enumerate(widget.decompress(value)):
                    data[f"{bound.html_name}_{part}"] = "" if text is None else str(text)
            elif isinstance(value, list | tuple):
                data[bound.html_name] = [getattr(one, "pk", one) for one in value]
            else:
                formatted = widget.format_value(value) if hasattr(widget, "format_value") else value
                data[bound.html_name] = "on" if value is True else formatted if isinstance(formatted, str) else value
    return data


def price_row(data: dict[str, Any], **row: Any) -> None:
    """Fill in one more row of the price list."""
    number = int(data["prices-TOTAL_FORMS"])
    data["prices-TOTAL_FORMS"] = str(number + 1)
    for name, value in {"unit": "token", "service_tier": "default", **row}.items():
        data[f"prices-{number}-{name}"] = value


def new_model(client: Client, **overrides: Any) -> dict[str, Any]:
    data = form_data(client, ADD)
    data |= {
        "model_id": "acme/new:free",
        "name": "Acme New",
        "released_at": "2026-01-02 03:04:05",
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "quantization": "fp8",
        "context_length": "8192",
        "max_output_length": "4096",
    }
    data |= overrides
    return data


def agree(client: Client, url: str, data: dict[str, Any]) -> Any:
    """Save, and agree to what the review says, if it asks."""
    answer = client.post(url, data)
    if answer.status_code == 200 and "review" in (answer.context or {}):
        review = answer.context["review"]
        answer = client.post(url, {**data, "_agreed": review.digest, "_typed": review.to_type})
    return answer


def errors(page: Any) -> str:
    """Every sentence that the page shows as an error."""
    assert page.status_code == 200
    found = [*page.context["adminform"].form.errors.values()]
    for formset in page.context["inline_admin_formsets"]:
        found += [formset.formset.non_form_errors(), *(e for f in formset.formset.forms for e in f.errors.values())]
    return " ".join(" ".join(map(str, one)) for one in found)
