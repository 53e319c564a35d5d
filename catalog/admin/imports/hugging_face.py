"""A new model from a Hugging Face repository: its facts are filled into the usual form, and nothing is saved.

A process of the upload queue asks the hub, never a process that serves requests; a page shows its progress.
"""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog.admin.fields import is_key
from catalog.admin.imports.uploads import progress_of
from catalog.importing.hugging_face.stated import repository_id
from catalog.importing.source import SourceError
from catalog.models import UNDER_WAY, AIModel, Upload, UploadState
from catalog.models.upload import REPOSITORY
from catalog.uploads import queue

PARAMETER = "hugging_face"
"""The add page's parameter that names a reading."""


class RepositoryForm(forms.Form):
    """The box for the repository's id."""

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
        help_text="The repository's id, owner/name, or the address of its page. Reads its public metadata and saves nothing.",
    )

    def clean_repository(self) -> str:
        """The id, from an id or an address."""
        try:
            return repository_id(self.cleaned_data["repository"])
        except SourceError as error:
            raise ValidationError(str(error)) from error


class HuggingFaceMixin(ModelAdmin):
    """The page with the box, a page that waits for the hub, and the add form filled in with the repository's facts."""

    add_form_template = "admin/imports/hugging_face_add_form.html"

    def get_urls(self) -> list[URLPattern]:
        """The page of a reading, and its progress."""
        wrap = self.admin_site.admin_view
        own = [
            path("from-hugging-face/<int:pk>/", wrap(self.reading_page), name="catalog_aimodel_reading"),
            path(
                "from-hugging-face/<int:pk>/progress/", wrap(self.reading_progress), name="catalog_aimodel_reading_progress"
            ),
        ]
        return [*own, *super().get_urls()]

    @action(description="From Hugging Face", url_path="from-hugging-face", permissions=["add"], icon="download")  # type: ignore[untyped-decorator]
    def hugging_face(self, request: HttpRequest) -> HttpResponse:
        """Queue the repository for reading, and redirect to the page that waits for it."""
        form = RepositoryForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                reading = queue.add_file(
                    [], uploaded_by=cast(User, request.user), name=form.cleaned_data["repository"], format=REPOSITORY
                )
                return HttpResponseRedirect(reverse("admin:catalog_aimodel_reading", args=[reading.pk]))
            except queue.TooMuch as refusal:
                form.add_error("repository", str(refusal))
        return self.show_box(request, form)

    def show_box(self, request: HttpRequest, form: RepositoryForm, **more: Any) -> HttpResponse:
        """The page with the box."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "New model from Hugging Face",
            "form": form,
            **more,
        }
        return TemplateResponse(request, "admin/imports/hugging_face.html", context)

    def reading_of(self, request: HttpRequest, pk: int) -> Upload:
        """One of the user's readings."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        queue.resume()
        return get_object_or_404(_readings(request), pk=pk)

    def reading_progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The progress of a reading."""
        return progress_of(self.reading_of(request, pk))

    def reading_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The progress; then the form, or the box again with the error."""
        reading = self.reading_of(request, pk)
        if reading.state == UploadState.READ:
            return HttpResponseRedirect(f"{reverse('admin:catalog_aimodel_add')}?{urlencode({PARAMETER: reading.pk})}")
        form = RepositoryForm({"repository": reading.name})
        if reading.state not in UNDER_WAY:
            form.full_clean()
            form.add_error("repository", _why(reading))
        return self.show_box(request, form, reading=reading, is_at_work=reading.state in UNDER_WAY)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The usual form; with a reading, its facts are filled in and shown above."""
        kept = _kept(request)
        if PARAMETER in request.GET and kept is None and request.method == "GET" and self.has_add_permission(request):
            messages.warning(request, "The data from Hugging Face has been removed; fetch it again.")
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


def _readings(request: HttpRequest) -> QuerySet[Upload]:
    return Upload.objects.filter(uploaded_by=cast(User, request.user), format=REPOSITORY)


def _why(reading: Upload) -> str:
    problems = [remark[2] for page in reading.pages.all() for remark in page.content["problems"]]
    return str(reading.outcome.get("why") or " ".join(problems))


def _kept(request: HttpRequest) -> Any:
    """The user's reading that the address names; None if it does not exist or was removed."""
    key = request.GET.get(PARAMETER, "")
    if not (is_key(key) and request.user.is_authenticated):
        return None
    return _readings(request).filter(pk=int(key), state=UploadState.READ).values_list("outcome", flat=True).first()


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
    if value is True:
        return "yes"
    return ", ".join(value) if isinstance(value, list) else str(value)
