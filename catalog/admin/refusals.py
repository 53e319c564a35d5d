"""Database rules in the admin: every refusal is a sentence at the right field, never a server error."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, connection, models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from catalog.models.refusals import Refusal, refusal


class CatalogForm(ModelForm):  # type: ignore[type-arg]
    """A form that can be told what the database refused when it was saved."""

    refused: Refusal | None = None

    def clean(self) -> dict[str, Any] | None:
        """Show the refusal where the field is, or above the form where the form has no such field."""
        cleaned = super().clean()
        if self.refused is not None:
            field = self.refused.field if self.refused.field in self.fields else None
            self.add_error(field, self.refused.sentence)
        return cleaned


class CatalogAdmin(ModelAdmin):
    """The base of all screens that write to the catalog.

    Check constraints are shown by Django's own form validation. What only saving can tell (triggers, which judge a model
    with all its prices, and races between two people) is caught here: the save is undone, and the form comes back with
    everything that was typed and the database's sentence.
    """

    form = CatalogForm
    warn_unsaved_form = True

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save, and let the deferred rules speak now, while the form can still be shown again."""
        super().save_related(request, form, formsets, change)
        connection.check_constraints()

    def get_form(self, request: HttpRequest, obj: models.Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form class, with what the database refused a moment ago."""
        form = super().get_form(request, obj, change, **kwargs)
        form.refused = getattr(request, "refused", None)
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save; on a refusal, which has undone everything, show the form again with its sentence."""
        try:
            answer: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            if hasattr(request, "refused"):
                raise
            request.refused = refusal(error)  # type: ignore[attr-defined]
            answer = super().changeform_view(request, *args, **kwargs)
        return answer

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list and its actions. A filter with a NUL, which no text in PostgreSQL holds, finds nothing to show."""
        if any("\0" in value for values in request.GET.lists() for value in values[1]):
            return HttpResponseRedirect(request.path)
        return self._refused_with_message(request, super().changelist_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that deletes one."""
        return self._refused_with_message(request, super().delete_view, *args, **kwargs)

    def _refused_with_message(self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = view(request, *args, **kwargs)
        except IntegrityError as error:
            messages.error(request, refusal(error).sentence)
            answer = HttpResponseRedirect(request.get_full_path())
        return answer
