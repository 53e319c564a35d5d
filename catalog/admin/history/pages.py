"""The pages about a model's history: its changes, two versions compared, what OpenRouter saw, and restoring a version."""

from datetime import datetime
from typing import Any, NamedTuple

import pghistory
from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action

from catalog.admin.fields import UTCDateTimeField, is_key
from catalog.admin.history.chart import charts
from catalog.admin.history.feed import FEEDS, entry_shown, feed_addresses, feed_at, feed_json, model_in_feed_at, remark_on
from catalog.admin.history.restoring import to_restore
from catalog.admin.labels import ChangedBy, DifferenceText, changed_by_texts, difference_text, time_text
from catalog.admin.paging import pager
from catalog.admin.prices.visibility import may_see_prices, visible_differences
from catalog.admin.reviews.messages import discard_messages
from catalog.admin.reviews.page import may_change, save_with_review
from catalog.history import SCHEDULED_PARTS, CannotRestore, Difference, ModelHistory, Step, apply, create_many, differences
from catalog.history.deleted import deleted_model
from catalog.models import AIModel
from catalog.models.violations import violation
from catalog.publication.rendering import render

STEPS_PER_PAGE = 25

ENTRIES_PER_PAGE = 100


class TimeForm(forms.Form):
    """One time."""

    at = UTCDateTimeField(label="Time (UTC)")


class TwoTimesForm(forms.Form):
    """Two times, in either order."""

    old = UTCDateTimeField(label="From (UTC)")
    new = UTCDateTimeField(label="To (UTC)")


class StepShown(NamedTuple):
    """A step as the page shows it. ``key`` is its exact time."""

    key: str
    moment: str
    changed_by: ChangedBy
    differences: list[DifferenceText]
    is_now: bool
    address: str
    """The page of the whole change; empty where something scheduled took effect."""


class HistoryMixin(ModelAdmin):
    """The history pages. Users who may view a model may see its history; restoring needs the permissions to change it."""

    def get_urls(self) -> Any:
        """With the pages of one model's history."""
        pages = {"compare": self.compare_view, "seen": self.seen_view, "restore": self.restore_view}
        return [
            *(
                path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"catalog_aimodel_{name}")
                for name, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def has_prices_permission(self, request: HttpRequest) -> bool:
        """Whether they may see models with their prices, as the feeds show them."""
        return self.has_view_permission(request) and may_see_prices(request)

    def may_restore(self, request: HttpRequest, model: AIModel) -> bool:
        """Whether to offer restoring a version."""
        may = self.has_prices_permission(request) and self.has_change_permission(request, model)
        return may and may_change(request, [model.pk])

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Every step of a model with its prices and datacenters, newest first, and its prices over time."""
        model = self._get_viewable(request, object_id)
        if model is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        steps = ModelHistory(model.pk).steps()[::-1]
        page = Paginator(steps, STEPS_PER_PAGE).get_page(request.GET.get("page"))
        return self._page(
            request,
            "history",
            f"History: {model.model_id}",
            model=model,
            page=page,
            pager=pager(request, page),
            steps=_steps_shown(request, list(page), newest=steps[0] if steps else None),
            charts=charts(model.pk, timezone.now()) if page.number == 1 and may_see_prices(request) else [],
            seen_form=TimeForm(),
            two_form=TwoTimesForm(),
            may_restore=self.may_restore(request, model),
        )

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What differs between two times of a model."""
        model = self._get_viewable(request, object_id)
        if model is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form, found, remarks = TwoTimesForm(request.GET or None), list[DifferenceText](), list[str]()
        old = new = None
        if form.is_valid():
            old, new = form.cleaned_data["old"], form.cleaned_data["new"]
            past, now = ModelHistory(model.pk), timezone.now()
            sides = [past.state(old), past.state(new)]
            found = [
                difference_text(one) for one in visible_differences(request, _without_applied(differences(*sides), new))
            ]
            for moment, state in zip((old, new), sides, strict=True):
                if not state:
                    remarks.append(f"At {time_text(moment)} the model did not exist.")
                elif moment > now:
                    remarks.append(f"{time_text(moment)} is in the future: that side shows what is scheduled now.")
        return self._page(
            request,
            "compare",
            f"Compare versions of {model.model_id}",
            model=model,
            form=form,
            differences=found,
            remarks=remarks,
            old=old and time_text(old),
            new=new and time_text(new),
        )

    def seen_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What OpenRouter got for a model at a time."""
        model = self._get_viewable(request, object_id)
        if model is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_prices_permission(request):
            raise PermissionDenied
        form, documents, at, was_there = TimeForm(request.GET or None), list[tuple[str, str]](), None, False
        if form.is_valid():
            at = form.cleaned_data["at"]
            was_there = bool(ModelHistory(model.pk).state(at))
            content = model_in_feed_at(model, at)
            documents = [(feed.title, feed_json(feed, content)) for feed in FEEDS if content.entries]
        return self._page(
            request,
            "seen",
            f"What OpenRouter saw of {model.model_id}",
            model=model,
            form=form,
            at=at and time_text(at),
            key=at and at.isoformat(),
            remark=at and remark_on(at),
            documents=documents,
            was_there=was_there,
            may_restore=at is not None and was_there and at <= timezone.now() and self.may_restore(request, model),
        )

    @action(description="OpenRouter feed", url_path="listing", permissions=["prices"], icon="history")  # type: ignore[untyped-decorator]
    def listing_at(self, request: HttpRequest) -> HttpResponse:
        """The whole OpenRouter feed: as it is, unless a moment is given; also as the document itself."""
        given = request.GET if "at" in request.GET else {"at": timezone.now().isoformat()}
        form, at, content, name = TimeForm(given), None, None, request.GET.get("format")
        known = [feed.name for feed in FEEDS]
        if name is not None and name not in known:
            messages.error(request, f"There is no feed {name!r}; choose {' or '.join(known)}.")
            name = None
        if form.is_valid():
            at = form.cleaned_data["at"]
            content = feed_at(at)
            if name is not None:
                return HttpResponse(
                    render(name, content).body,
                    content_type="application/json",
                    headers={"Content-Disposition": f'attachment; filename="{name}-{at:%Y%m%dT%H%M%SZ}.json"'},
                )
        entries = content.entries if content else ()
        page = Paginator(entries, ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
        return self._page(
            request,
            "feed",
            "OpenRouter feed",
            form=form,
            at=at and time_text(at),
            key=at and at.isoformat(),
            remark=at and remark_on(at),
            page=page,
            pager=pager(request, page, **({"at": at.isoformat()} if at else {})),
            entries=[entry_shown(entry) for entry in page],
            feeds=FEEDS,
            feed_addresses=feed_addresses(request),
        )

    def restore_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A preview of restoring a version; and restoring it, with a review."""
        model = self._get_viewable(request, object_id)
        if model is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not (self.has_prices_permission(request) and self.has_change_permission(request, model)):
            raise PermissionDenied
        history = HttpResponseRedirect(reverse("admin:catalog_aimodel_history", args=[quote(model.pk)]))
        given = request.POST if request.method == "POST" else request.GET
        form = TimeForm(given)
        if "_back" in given or "at" not in given:
            return history
        if not form.is_valid():
            messages.error(request, " ".join(map(str, form.errors["at"])))
            return history
        at = form.cleaned_data["at"]
        try:
            if request.method == "POST":
                return save_with_review(
                    request,
                    lambda: self._restore(request, model.pk, at, history),
                    title=f"Review: restore {model.model_id} as of {time_text(at)}",
                    always=True,
                    back="Back to the history",
                )
            wanted, kept = to_restore(model.pk, at)
        except (CannotRestore, IntegrityError) as error:
            discard_messages(request)
            sentence = violation(error).sentence if isinstance(error, IntegrityError) else str(error)
            messages.error(request, f"Nothing was restored. {sentence}")
            return history
        return self._page(
            request,
            "restore",
            f"Restore {model.model_id}",
            model=model,
            at=time_text(at),
            key=at.isoformat(),
            differences=[difference_text(one) for one in wanted],
            kept=[difference_text(one) for one in kept],
        )

    def _restore(self, request: HttpRequest, key: int, at: datetime, answer: HttpResponse) -> HttpResponse:
        wanted, _ = to_restore(key, at)
        with pghistory.context(source="restore"):
            if (model := AIModel.objects.filter(pk=key).first()) is None:
                create_many([(key, wanted)])
            else:
                apply(model, wanted)
        if wanted:
            messages.success(request, f"Restored the version of {time_text(at)}.")
        else:
            messages.info(request, f"The model is already as it was at {time_text(at)}.")
        return answer

    def _get_viewable(self, request: HttpRequest, object_id: str) -> AIModel | None:
        """The model, also a deleted one; None if there was none. Raises ``PermissionDenied``."""
        model: AIModel | None = self.get_object(request, unquote(object_id))
        if model is None and is_key(unquote(object_id)):
            model = deleted_model(int(unquote(object_id)))
        if model is not None and not self.has_view_or_change_permission(request, model):
            raise PermissionDenied
        return model

    def _page(self, request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        if model := context.get("model"):
            context["is_deleted"] = not AIModel.objects.filter(pk=model.pk).exists()
        return TemplateResponse(request, f"admin/history/{name}.html", context)


def _steps_shown(request: HttpRequest, steps: list[Step], newest: Step | None) -> list[StepShown]:
    by = changed_by_texts({"source": "schedule"} if step.is_scheduled else step.context for step in steps)
    return [
        StepShown(
            step.at.isoformat(),
            time_text(step.at),
            changed_by,
            [
                difference_text(one)
                for one in visible_differences(request, _without_applied(step.differences, step.at) or step.differences)
            ],
            step is newest,
            reverse("admin:catalog_aimodel_change_page", args=[step.change]) if step.change else "",
        )
        for step, changed_by in zip(steps, by, strict=True)
    ]


def _without_applied(found: list[Difference], at: datetime) -> list[Difference]:
    """Without scheduled values that have taken effect: the other differences show what they changed."""
    return [
        one
        for one in found
        if not (one.path[0] in SCHEDULED_PARTS and one.new is None and datetime.fromisoformat(one.path[-1]) <= at)
    ]
