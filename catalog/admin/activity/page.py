"""The pages with all changes, with one change and a button to undo it, and with the deleted models."""

from typing import Any

import pghistory
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.admin import ModelAdmin

from catalog.admin.activity.exporting import exported
from catalog.admin.activity.rows import KIND_LABELS, change_texts
from catalog.admin.fields import UTCDateTimeField
from catalog.admin.labels import BY_SQL as BY_SQL_LABEL
from catalog.admin.labels import NOTHING, SOURCES, DifferenceText, difference_text, time_text
from catalog.admin.paging import pager
from catalog.admin.prices.visibility import may_see_prices, visible_differences
from catalog.admin.reviews.messages import discard_messages
from catalog.admin.reviews.page import may_change, save_with_review
from catalog.history import CannotRestore, ChangeKey, Difference, ModelUndo, Wanted, find, summarized, to_undo, undo
from catalog.history.changes import BY_SQL
from catalog.history.deleted import deleted_models
from catalog.models.violations import violation

PAGE_SIZE = 50

MODELS_SHOWN = 100
"""How many models of a change are shown as tables; the others are named."""

KEPT_SHOWN = 100
"""How many values that undoing would leave are shown."""

NOTES = ("field", "notes")

WAYS = {name: label[:1].upper() + label[1:] for name, label in SOURCES.items()} | {BY_SQL: BY_SQL_LABEL}
"""How a change can have been made, in the filter."""


class ActivityForm(forms.Form):
    """The filters of the list of changes."""

    person = forms.CharField(label="Person", required=False, max_length=150)
    model = forms.CharField(label="Model id", required=False, max_length=200)
    kind = forms.ChoiceField(label="What", required=False, choices=[("", "Everything"), *KIND_LABELS.items()])
    way = forms.ChoiceField(label="Source", required=False, choices=[("", "All"), *WAYS.items()])
    since = UTCDateTimeField(label="From (UTC)", required=False)
    until = UTCDateTimeField(label="Until (UTC)", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "mc-input"


class SearchForm(forms.Form):
    """A part of an id or a name."""

    q = forms.CharField(
        label="Id or name", required=False, max_length=200, widget=forms.TextInput(attrs={"class": "mc-input"})
    )


class ActivityMixin(ModelAdmin):
    """The pages about all changes. Users who may view models may see them; undoing needs the permissions for what it changes."""

    def get_urls(self) -> Any:
        """With the list, the page of a change, and the deleted models."""
        view = self.admin_site.admin_view
        return [
            path("activity/", view(self.activity_view), name="catalog_aimodel_activity"),
            path("activity/<str:change>/", view(self.change_page), name="catalog_aimodel_change_page"),
            path("deleted/", view(self.deleted_view), name="catalog_aimodel_deleted"),
            *super().get_urls(),
        ]

    def activity_view(self, request: HttpRequest) -> HttpResponse:
        """All changes, newest first, filtered; also as CSV or JSON."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ActivityForm(request.GET)
        wanted = Wanted(**form.cleaned_data) if form.is_valid() else Wanted()
        rows = find(wanted)
        if form.is_valid() and (answer := exported(request, rows)) is not None:
            return answer
        page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
        context = {
            "form": form,
            "is_filtered": any(form.cleaned_data.values()) if form.is_valid() else True,
            "page": page,
            "pager": pager(request, page),
            "changes": change_texts(summarized(page)),
        }
        return self._activity_page(request, "activity", "Activity", **context)

    def change_page(self, request: HttpRequest, change: str) -> HttpResponse:
        """What one change did, and undoing it with a review."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        key = ChangeKey(change)
        try:
            summary = summarized(find(Wanted(key=key))[:1])
        except ValueError:
            summary = []
        if not summary:
            raise Http404
        may_undo = self.has_change_permission(request) and may_see_prices(request)
        if request.method == "POST" and "_back" not in request.POST:
            if not may_undo:
                raise PermissionDenied
            return self._undo(request, key, time_text(summary[0].at))
        (text,) = change_texts(summary)
        found = to_undo(key)
        for_publishers = may_undo and not may_change(request, _keys_beyond_notes(found))
        kept = [row for one in found for row in _kept(request, one)]
        context = {
            "change": text,
            "models": [_shown(request, one) for one in found[:MODELS_SHOWN]],
            "more": [one.model_id for one in found[MODELS_SHOWN:]],
            "total": len(found),
            "shared": summary[0].shared,
            "kept": kept[:KEPT_SHOWN],
            "kept_total": len(kept),
            "to_undo": sum(bool(one.wanted) for one in found),
            "may_undo": may_undo,
            "for_publishers": for_publishers,
        }
        return self._activity_page(request, "change", f"Change of {text.moment}", **context)

    def _undo(self, request: HttpRequest, key: ChangeKey, moment: str) -> HttpResponse:
        answer = HttpResponseRedirect(reverse("admin:catalog_aimodel_change_page", args=[key.text]))

        def perform() -> HttpResponse:
            with pghistory.context(source="undo", operation=moment):
                undo(to_undo(key))
            return answer

        def done(changed: int) -> None:
            if changed:
                messages.success(request, f"Undid the change of {moment} in {changed:,} model{'s' * (changed != 1)}.")
            else:
                messages.info(request, "There is nothing to undo.")

        try:
            return save_with_review(
                request,
                perform,
                title=f"Review: undo the change of {moment}",
                always=True,
                done=done,
                rehearsed_as=f"undo {key.text}",
                back="Back to the change",
            )
        except (CannotRestore, IntegrityError) as error:
            discard_messages(request)
            if isinstance(error, ProtectedError):
                sentence = "Another model names one of these models as its replacement."
            else:
                sentence = violation(error).sentence if isinstance(error, IntegrityError) else str(error)
            messages.error(request, f"Nothing was undone. {sentence}")
            return answer

    def deleted_view(self, request: HttpRequest) -> HttpResponse:
        """The models that were deleted, the latest first, with links to their history."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = SearchForm(request.GET)
        text = form.cleaned_data["q"] if form.is_valid() else ""
        page = Paginator(deleted_models(text), PAGE_SIZE).get_page(request.GET.get("page"))
        return self._activity_page(
            request, "deleted", "Deleted models", form=form, text=text, page=page, pager=pager(request, page)
        )

    def _activity_page(self, request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        return TemplateResponse(request, f"admin/activity/{name}.html", context)


def _shown(request: HttpRequest, one: ModelUndo) -> tuple[str, str, list[DifferenceText]]:
    """A model's id, the address of its history, and what the change did to it."""
    address = reverse("admin:catalog_aimodel_history", args=[one.key])
    return one.model_id, address, [difference_text(each) for each in visible_differences(request, one.made)]


def _keys_beyond_notes(found: list[ModelUndo]) -> list[int]:
    """The models of which undoing changes more than the notes. It decides what the page offers; the review is exact."""
    return [one.key for one in found if any(each.path != NOTES for each in one.wanted)]


def _kept(request: HttpRequest, one: ModelUndo) -> list[tuple[str, str, str, str, str, str]]:
    """Each value that undoing leaves: the model, its label, before the change, after it, now, and why."""
    rows = []
    for kept in one.kept:
        before, now = Difference(kept.path, kept.before, kept.made), Difference(kept.path, kept.made, kept.now)
        if visible_differences(request, [before]):
            first, second = difference_text(before), difference_text(now)
            rows.append((one.model_id, first.label, first.old, first.new or NOTHING, second.new, kept.why))
    return rows
