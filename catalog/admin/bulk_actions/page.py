"""The page of a bulk action: opened from the list of models, filled in, reviewed, and applied in one transaction."""

from collections.abc import Callable
from typing import Any

import pghistory
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog.admin.bulk_actions.operations import Operation
from catalog.admin.bulk_actions.saving import save_many
from catalog.models import AIModel


def action(operation: Operation) -> Callable[[Any, HttpRequest, QuerySet[AIModel]], HttpResponse]:
    """The operation as an action of the list of models."""

    def act(model_admin: Any, request: HttpRequest, chosen: QuerySet[AIModel]) -> HttpResponse:
        return _act(model_admin, request, chosen, operation)

    act.__name__ = operation.name
    act.short_description = operation.label  # type: ignore[attr-defined]
    act.allowed_permissions = [operation.permission]  # type: ignore[attr-defined]
    return act


def _act(model_admin: Any, request: HttpRequest, chosen: QuerySet[AIModel], operation: Operation) -> HttpResponse:
    if not getattr(model_admin, f"has_{operation.permission}_permission")(request):
        raise PermissionDenied
    ids = dict(chosen.order_by("model_id").values_list("pk", "model_id"))
    keys, label = list(ids), operation.label.rstrip("…")
    form = operation.form(request.POST if "_described" in request.POST else None)
    if "_described" in request.POST and "_back" not in request.POST and form.is_valid():
        data = form.cleaned_data

        def perform() -> HttpResponse:
            with pghistory.context(source="bulk", operation=label):
                operation.perform(keys, data)
            return HttpResponseRedirect(_next_page(operation, data, request))

        subject = repr((operation.name, keys, data))
        lacking = operation.lacking(ids, data)
        answer = save_many(request, perform, form, label=label, title=f"Review: {label}", subject=subject, lacking=lacking)
        if answer is not None:
            return answer
    context = {
        **model_admin.admin_site.each_context(request),
        "title": label,
        "help_screen": "bulk_actions",
        "operation": operation,
        "form": form,
        "ids": list(ids.values()),
        # The list's filters are in the address: "all of them" is sent as such, however many they are.
        "keys": keys[:1] if request.POST.get("select_across") == "1" else keys,
    }
    return TemplateResponse(request, "admin/bulk_actions/form.html", context)


def _next_page(operation: Operation, data: dict[str, Any], request: HttpRequest) -> str:
    if operation.permission == "add":
        made = AIModel.objects.get(model_id=data["model_id"])
        return reverse("admin:catalog_aimodel_change", args=[made.pk])
    return request.get_full_path()
