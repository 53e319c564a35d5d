"""A new model from a Hugging Face repository: what it states, prefilled into the ordinary form, and nothing saved."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog.importing import hugging_face
from catalog.importing.hugging_face import Repository
from catalog.importing.reading import SourceError
from catalog.models import AIModel

PARAMETER = "hugging_face"
"""The add page's parameter that names a reading."""

KEPT_FOR = 24 * 60 * 60
"""Seconds for which a reading can be reloaded."""


class RepositoryForm(forms.Form):
    """The box for the repository's id. Valid once the hub has answered; ``read`` is then what it said."""

    read: Repository

    repository = forms.CharField(
        label="Repository on Hugging Face",
        max_length=300,
        widget=UnfoldAdminTextInputWidget(
            attrs={
                "autofocus": True,
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
                "placeholder": "Qwen/Qwen3.5-9B",
            }
        ),
        help_text="Its id, owner/name, or the address of its page. Its public metadata is read; nothing is saved.",
    )

    def clean_repository(self) -> str:
        """Ask the hub; what went wrong is said at the box."""
        repository: str = self.cleaned_data["repository"]
        try:
            self.read = hugging_face.read(repository)
        except SourceError as error:
            raise ValidationError(str(error)) from error
        return repository


class HuggingFaceMixin(ModelAdmin):
    """The page with the box, and the add form prefilled from what was read.

    A reading is kept in a session row of its own, under a random key that the add page's address bears: windows do not
    share anything, a reload finds it again, and it expires as sessions do.
    """

    add_form_template = "admin/catalog/hugging_face_add_form.html"

    @action(description="From Hugging Face", url_path="from-hugging-face", permissions=["add"], icon="download")  # type: ignore[untyped-decorator]
    def hugging_face(self, request: HttpRequest) -> HttpResponse:
        """Ask for the repository, read it, and go on to the form."""
        form = RepositoryForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            parameters = urlencode({PARAMETER: _keep(form.read)})
            return HttpResponseRedirect(f"{reverse('admin:catalog_aimodel_add')}?{parameters}")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "New model from Hugging Face",
            "form": form,
        }
        return TemplateResponse(request, "admin/catalog/hugging_face.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The ordinary form; with a reading, what it states is filled in and shown above."""
        kept = _kept(request)
        if PARAMETER in request.GET and kept is None and request.method == "GET" and self.has_add_permission(request):
            messages.warning(request, "What was read from Hugging Face is not kept any more; read it again.")
            return HttpResponseRedirect(reverse("admin:catalog_aimodel_hugging_face"))
        if kept is not None:
            extra_context = {**(extra_context or {}), "hugging_face": _shown(kept)}
        answer: HttpResponse = super().add_view(request, form_url, extra_context)
        return answer

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The values that the repository states."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        if (kept := _kept(request)) is not None:
            initial |= {field: _value(field, value) for field, value, _ in kept["stated"]}
        return initial


def _keep(read: Repository) -> str:
    """Keep a reading for a day, as JSON; return its key."""
    store = SessionStore()
    store[PARAMETER] = {
        "repository": read.repository,
        "revision": read.revision,
        "stated": [
            (one.field, one.value.isoformat() if isinstance(one.value, datetime) else one.value, one.where)
            for one in read.stated
        ],
        "missing": [(one.field, one.why) for one in read.missing],
        "remarks": read.remarks,
    }
    store.set_expiry(KEPT_FOR)
    store.create()
    SessionStore.clear_expired()  # nothing else does: without it, readings would pile up
    assert store.session_key is not None
    return store.session_key


def _kept(request: HttpRequest) -> Any:
    """The reading that the address names, None where there is none, or none any more."""
    key = request.GET.get(PARAMETER, "")
    if not re.fullmatch("[a-z0-9]{32}", key):
        return None
    return SessionStore(key).get(PARAMETER)


def _value(field: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if field == "released_at" else value


def _shown(kept: Any) -> dict[str, Any]:
    """A reading as the panel shows it, with the catalog's models that may be the same."""
    twins = AIModel.objects.filter(hugging_face_id__iexact=kept["repository"]).values_list("model_id", flat=True)
    return {
        "repository": kept["repository"],
        "revision": kept["revision"],
        "stated": [(_label(field), _text(_value(field, value)), where) for field, value, where in kept["stated"]],
        "missing": [(_label(field), why) for field, why in kept["missing"]],
        "remarks": kept["remarks"],
        "twins": list(twins[:5]),
    }


def _label(field: str) -> str:
    name = str(AIModel._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
    return name[:1].upper() + name[1:]


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return ", ".join(value) if isinstance(value, list) else str(value)
