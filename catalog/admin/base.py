"""The base of the screens that write to the catalog: reviewed saving, and database errors shown at the right field.

The rules themselves are in ``catalog.models``; the review page is ``catalog.admin.reviews.page``.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pghistory
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db import DataError, IntegrityError, connection, models, transaction
from django.forms import ModelForm
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

from catalog.admin.bad_input import ValidatesInitialData
from catalog.admin.fields import RowChoiceField, StoredRowField
from catalog.admin.reviews.page import save_with_review
from catalog.history import version
from catalog.listing import snapshot
from catalog.models import ScheduledSwitch
from catalog.models.violations import Violation, violation

NOTHING_SAVED = "Nothing has been saved yet. Change what you like, and save again."
NOTHING_CHANGED = "Nothing has been changed."
SAVED_SINCE = (
    "Somebody has saved this since you opened it: open the page in another window to see their change. What you typed is still "
    "here; if you save again, it replaces theirs."
)

ONLY_SAVE = {"show_save_and_add_another": False, "show_save_and_continue": False}
"""Template context for a form that must always lead to its next page."""


class Refused(IntegrityError):
    """The rules that the database would refuse the row by at commit, found before that."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(" ".join(one.sentence for one in violations))
        self.violations = violations


class CatalogForm(ModelForm):  # type: ignore[type-arg]
    """A form that shows what the database refused, and that can be shown again with everything that was typed."""

    refused: Sequence[Violation] = ()
    shown_at_rows: frozenset[str] = frozenset()
    """The fields whose violations the tables below the form show."""
    is_only_shown = False

    def is_valid(self) -> bool:
        """Whether the form can be saved; if not, Django shows it again."""
        return super().is_valid() and not self.is_only_shown

    def clean(self) -> dict[str, Any] | None:
        """Show each refusal at its field, or above the form if the form has no such field."""
        cleaned = super().clean()
        for one in self.refused:
            if one.field not in self.shown_at_rows:
                self.add_error(self.place(one), one.sentence)
        return cleaned

    def place(self, refused: Violation) -> str | None:
        """The field at which a refusal is shown; if it concerns several, one that was changed. None: above the form."""
        fields = [name for name in refused.fields if name in self.fields]
        return next((name for name in fields if name in self.changed_data), next(iter(fields), None))


class RowForm(ModelForm):  # type: ignore[type-arg]
    """A row of an inline table. A screen reader does not read the table's head as labels, so each input gets its own, with its
    help."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = str(field.label or name)
            if field.help_text:
                field.widget.attrs["title"] = str(field.help_text)

    def _post_clean(self) -> None:
        # An unchanged row already satisfies the rules, and checking each one in the database would slow down a long table.
        if self.instance.pk is None or self.has_changed():
            super()._post_clean()  # type: ignore[misc]


class RowFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The rows of an inline table."""

    @cached_property
    def empty_form(self) -> Any:
        """The form of a new row. Django would build it again at each access, which is seven times per page."""
        return super().empty_form

    def add_fields(self, form: Any, index: int | None) -> None:
        """Django's fields, without a query for the key of each stored row."""
        super().add_fields(form, index)
        key = form.instance._meta.pk.name
        if form.instance.pk is not None and key in form.fields:
            form.fields[key] = StoredRowField(form.instance, widget=form.fields[key].widget)


class CatalogAdmin(ValidatesInitialData, ModelAdmin):
    """The base of all screens that write to the catalog.

    Django's own form validation reports check constraints. This class handles errors that only saving can find (triggers, which
    check a model with all its prices, and two people saving at once): it rolls back the save and shows the form again with
    everything that was typed and the database's message.
    """

    form = CatalogForm
    empty_value_display = "—"
    warn_unsaved_form = True
    # The theme asks at every field, and looking up a missing variable is slow in a template.
    conditional_fields: dict[str, str] = {}
    change_form_before_template = "admin/version.html"
    delete_confirmation_template = "admin/delete.html"
    delete_selected_confirmation_template = "admin/delete.html"
    reviewed_actions: frozenset[str] = frozenset()
    """The actions of the list that show their own review, or write nothing."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save, and check the deferred rules now, while the form can still be shown again."""
        super().save_related(request, form, formsets, change)
        if found := self.refusals(form.instance):
            raise Refused(found)
        connection.check_constraints()

    def refusals(self, saved: Any) -> list[Violation]:
        """What the database will refuse about the saved row, by field, if that can be found out before the commit."""
        return []

    def get_form(self, request: HttpRequest, obj: models.Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form class, with the error that the database has just raised."""
        form = super().get_form(request, obj, change, **kwargs)
        form.refused = getattr(request, "refused", ())
        form.is_only_shown = "_back" in request.POST
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A field that can be shown again with any value that was sent."""
        return super().formfield_for_foreignkey(db_field, request, **{"form_class": RowChoiceField, **kwargs})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save what has been reviewed. If the database refuses it, everything is rolled back and the form shows the message."""
        parent = super().changeform_view

        def form() -> HttpResponse:
            with pghistory.context(source="form"):
                answer: HttpResponse = parent(request, object_id, form_url, extra_context)
            return answer

        if request.method != "POST":
            ScheduledSwitch.objects.apply_due()
            with snapshot():
                return form()
        if "_back" in request.POST:
            messages.info(request, NOTHING_SAVED)
            return form()
        title = f"Review: {self.opts.verbose_name} {request.POST.get('model_id') or request.POST.get('code', '')}".strip()
        try:
            return save_with_review(
                request, lambda: self.save_current(request, object_id, form), title=title, done=lambda _: self.saved(request)
            )
        except (IntegrityError, DataError) as error:
            found = error.violations if isinstance(error, Refused) else [violation(error)]
            request.refused = found  # type: ignore[attr-defined]
            return form()

    def saved(self, request: HttpRequest) -> None:
        """Called after a form has been saved, when its review can no longer roll it back."""

    def save_current(self, request: HttpRequest, object_id: str | None, form: Callable[[], HttpResponse]) -> HttpResponse:
        """Save the form, unless somebody else has saved the same row since it was opened."""
        stored = self.get_object(request, unquote(object_id)) if object_id else None
        return form() if stored is None else self.save_stored(request, stored, form)

    def save_stored(self, request: HttpRequest, stored: Any, form: Callable[[], HttpResponse]) -> HttpResponse:
        """Save the form over the row as it is stored now."""
        if request.POST.get("_version", "") not in ("", current := version(stored)):
            return self.conflict(request, stored, current, form)
        return form()

    def conflict(
        self, request: HttpRequest, stored: models.Model, current: str, form: Callable[[], HttpResponse]
    ) -> HttpResponse:
        """Show the form again, as it was typed, with the message that somebody else has saved the row."""
        request.refused = [Violation("saved_since", SAVED_SINCE, None)]  # type: ignore[attr-defined]
        request.version_shown = current  # type: ignore[attr-defined]
        return form()

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add the version of the row that the form was opened with."""
        stored = kwargs.get("obj") or (args[3] if len(args) > 3 else None)
        if stored is not None:
            shown = getattr(request, "version_shown", None) or request.POST.get("_version")
            context["version"] = shown or version(stored)
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list and its actions."""
        ScheduledSwitch.objects.apply_due()
        parent = super().changelist_view
        # Django uses one of several values of "action"; any of them is reviewed.
        has_own_form = self.reviewed_actions.issuperset(request.POST.getlist("action"))
        if "_back" in request.POST:
            messages.info(request, NOTHING_SAVED if has_own_form else NOTHING_CHANGED)
            if not has_own_form:
                return HttpResponseRedirect(request.get_full_path())
        if request.method == "POST" and not has_own_form:
            title = f"Review: {self.opts.verbose_name_plural}"
            return save_with_review(
                request,
                lambda: self._with_refusal_as_message(request, parent, *args, **kwargs),
                title=title,
                back="Cancel",
            )
        return self._with_refusal_as_message(request, parent, *args, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """The related rows that are deleted too, without those that only join two tables, because they have no names."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        own = str(self.opts.verbose_name_plural)
        others = {name: number for name, number in counts.items() if name != own and not name.endswith("relationships")}
        return deleted, others, lacking, protected

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that deletes one row."""
        parent = super().delete_view
        if request.method != "POST":
            return self._with_refusal_as_message(request, parent, object_id, *args, **kwargs)
        if "_back" in request.POST:
            messages.info(request, NOTHING_CHANGED)
            kept = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
            return HttpResponseRedirect(f"{kept}{'?' * bool(request.GET)}{request.GET.urlencode()}")
        title = f"Review: delete {self.get_object(request, unquote(object_id)) or self.opts.verbose_name}"
        return save_with_review(
            request,
            lambda: self._with_refusal_as_message(request, parent, object_id, *args, **kwargs),
            title=title,
            back="Cancel",
        )

    def _with_refusal_as_message(self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                answer: HttpResponse = view(request, *args, **kwargs)
        except (IntegrityError, DataError) as error:
            messages.error(request, violation(error).sentence)
            answer = HttpResponseRedirect(request.get_full_path())
        return answer


class ReadOnly(ValidatesInitialData, ModelAdmin):
    """A read-only screen of rows that programs write, for everybody who may view the models."""

    empty_value_display = "—"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the models."""
        return bool(request.user.has_perm("catalog.view_aimodel"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Likewise."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
