"""What was: a model's history, what OpenRouter saw at any moment, and the way back."""

from datetime import datetime
from typing import Any, NamedTuple

import orjson
import pghistory
from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action

from catalog import decimals
from catalog.admin.chart import charts
from catalog.admin.moments import MomentField
from catalog.admin.reviewing import carried_out, forget_messages
from catalog.admin.words import Said, Whence, moment_text, said, whences
from catalog.formats import openrouter, openrouter_v2
from catalog.history import (
    SCHEDULED_PARTS,
    CannotRestore,
    Difference,
    ModelHistory,
    Step,
    apply,
    differences,
    events,
    states,
    tables_as_of,
)
from catalog.listing import Entry, Listing, PriceLine, Selection, listing
from catalog.models import AIModel, Datacenter, PriceKind, PriceUnit
from catalog.models.refusals import refusal
from catalog.publication.rendering import render

STEPS_PER_PAGE = 25
ENTRIES_PER_PAGE = 100

FEEDS = (openrouter.FORMAT, openrouter_v2.FORMAT)


class MomentForm(forms.Form):
    """One moment."""

    at = MomentField(label="Moment (UTC)")


class TwoMomentsForm(forms.Form):
    """Two moments, in whichever order."""

    old = MomentField(label="From (UTC)")
    new = MomentField(label="To (UTC)")


class StepShown(NamedTuple):
    """A step as the page shows it. ``key`` is its exact moment."""

    key: str
    moment: str
    whence: Whence
    differences: list[Said]
    is_now: bool


class EntryShown(NamedTuple):
    """An entry of the flat feed; prices in USD per 1M tokens, as its document has them."""

    model_id: str
    tier: str
    is_free: bool
    prompt: str
    completion: str
    is_ready: bool


class HistoryMixin(ModelAdmin):
    """The pages about what was. Whoever may view a model may see its past; bringing it back takes what changing it takes."""

    def get_urls(self) -> Any:
        """With the pages of one model's past."""
        pages = {"compare": self.compare_view, "seen": self.seen_view, "restore": self.restore_view}
        return [
            *(
                path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"catalog_aimodel_{name}")
                for name, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Every step of a model with its prices and datacenters, newest first, and its prices over time."""
        model = self._viewed(request, object_id)
        if model is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        steps = ModelHistory(model.pk).steps()[::-1]
        page = Paginator(steps, STEPS_PER_PAGE).get_page(request.GET.get("p"))
        return self._past_page(
            request,
            "history",
            f"History: {model.model_id}",
            model=model,
            page=page,
            pages=_pages(page),
            steps=_shown(list(page), newest=steps[0] if steps else None),
            charts=charts(model.pk, timezone.now()) if page.number == 1 else [],
            seen_form=MomentForm(),
            two_form=TwoMomentsForm(),
            may_restore=self.has_change_permission(request, model),
        )

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What differs between two moments of a model."""
        model = self._viewed(request, object_id)
        if model is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form, found, remarks = TwoMomentsForm(request.GET or None), list[Said](), list[str]()
        old = new = None
        if form.is_valid():
            old, new = form.cleaned_data["old"], form.cleaned_data["new"]
            past, now = ModelHistory(model.pk), timezone.now()
            sides = [past.state(old), past.state(new)]
            found = [said(one) for one in _without_what_came(differences(*sides), new)]
            for moment, state in zip((old, new), sides, strict=True):
                if not state:
                    remarks.append(f"At {moment_text(moment)} the model was not there.")
                elif moment > now:
                    remarks.append(f"{moment_text(moment)} lies ahead: that side is as it is scheduled now.")
        return self._past_page(
            request,
            "compare",
            f"Two moments of {model.model_id}",
            model=model,
            form=form,
            differences=found,
            remarks=remarks,
            old=old and moment_text(old),
            new=new and moment_text(new),
        )

    def seen_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What OpenRouter got of a model at a moment."""
        model = self._viewed(request, object_id)
        if model is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form, documents, at, was_there = MomentForm(request.GET or None), list[tuple[str, str]](), None, False
        if form.is_valid():
            at = form.cleaned_data["at"]
            was_there = bool(ModelHistory(model.pk).state(at))
            content = listing_of(model, at)
            documents = [(feed.title, _json(feed, content)) for feed in FEEDS if content.entries]
        return self._past_page(
            request,
            "seen",
            f"What OpenRouter saw of {model.model_id}",
            model=model,
            form=form,
            at=at and moment_text(at),
            key=at and at.isoformat(),
            remark=at and _remark(at),
            documents=documents,
            was_there=was_there,
            may_restore=at is not None and was_there and at <= timezone.now() and self.has_change_permission(request, model),
        )

    @action(description="Feed at a moment", url_path="listing", permissions=["view"], icon="history")  # type: ignore[untyped-decorator]
    def listing_at(self, request: HttpRequest) -> HttpResponse:
        """The whole OpenRouter feed as it was, or as it is scheduled to be; also as the exact document."""
        form, at, content, name = MomentForm(request.GET or None), None, None, request.GET.get("format")
        known = [feed.name for feed in FEEDS]
        if name is not None and name not in known:
            messages.error(request, f"There is no feed {name!r}; choose {' or '.join(known)}.")
            name = None
        if form.is_valid():
            at = form.cleaned_data["at"]
            content = listing_then(at)
            if name is not None:
                return HttpResponse(
                    render(name, content).body,
                    content_type="application/json",
                    headers={"Content-Disposition": f'attachment; filename="{name}-{at:%Y%m%dT%H%M%SZ}.json"'},
                )
        entries = content.entries if content else ()
        page = Paginator(entries, ENTRIES_PER_PAGE).get_page(request.GET.get("p"))
        return self._past_page(
            request,
            "listing",
            "The OpenRouter feed at a moment",
            form=form,
            at=at and moment_text(at),
            key=at and at.isoformat(),
            remark=at and _remark(at),
            page=page,
            pages=_pages(page),
            entries=[_entry(entry) for entry in page],
            feeds=FEEDS,
        )

    def restore_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What bringing a moment back would change; and doing it, once it has been reviewed."""
        model = self._viewed(request, object_id)
        if model is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_change_permission(request, model):
            raise PermissionDenied
        history = HttpResponseRedirect(reverse("admin:catalog_aimodel_history", args=[quote(model.pk)]))
        given = request.POST if request.method == "POST" else request.GET
        form = MomentForm(given)
        if "_back" in given or "at" not in given:
            return history
        if not form.is_valid():
            messages.error(request, " ".join(map(str, form.errors["at"])))
            return history
        at = form.cleaned_data["at"]
        try:
            if request.method == "POST":
                return carried_out(
                    request,
                    lambda: self._bring_back(request, model.pk, at, history),
                    title=f"Review: bring back {model.model_id} as of {moment_text(at)}",
                    always=True,
                )
            wanted, kept = _to_bring_back(model.pk, at)
        except (CannotRestore, IntegrityError) as error:
            forget_messages(request)
            sentence = refusal(error).sentence if isinstance(error, IntegrityError) else str(error)
            messages.error(request, f"Nothing was brought back. {sentence}")
            return history
        return self._past_page(
            request,
            "restore",
            f"Bring back {model.model_id}",
            model=model,
            at=moment_text(at),
            key=at.isoformat(),
            differences=[said(one) for one in wanted],
            kept=[said(one) for one in kept],
        )

    def _bring_back(self, request: HttpRequest, key: int, at: datetime, answer: HttpResponse) -> HttpResponse:
        wanted, _ = _to_bring_back(key, at)
        with pghistory.context(source="restore"):
            apply(AIModel.objects.get(pk=key), wanted)
        if wanted:
            messages.success(request, f"Brought back as it was at {moment_text(at)}.")
        else:
            messages.info(request, f"It is already as it was at {moment_text(at)}.")
        return answer

    def _viewed(self, request: HttpRequest, object_id: str) -> AIModel | None:
        """The model, for who may view it; None where there is none."""
        model: AIModel | None = self.get_object(request, unquote(object_id))
        if model is not None and not self.has_view_or_change_permission(request, model):
            raise PermissionDenied
        return model

    def _past_page(self, request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        return TemplateResponse(request, f"admin/catalog/past/{name}.html", context)


def listing_then(at: datetime) -> Listing:
    """The OpenRouter feeds' listing at a moment: as it was, or, of one that lies ahead, as it is scheduled now."""
    if at > timezone.now():
        return listing(Selection.LISTED, at=at)
    with tables_as_of(at):
        return listing(Selection.LISTED, at=at)


def listing_of(model: AIModel, at: datetime) -> Listing:
    """The same of one model alone, whatever its id was then."""
    if at > timezone.now():
        return listing(Selection.LISTED, at=at, model_ids=[model.model_id])
    with tables_as_of(at, [model.pk]):
        return listing(Selection.LISTED, at=at)


def _remark(at: datetime) -> str:
    """What must be known of a moment besides."""
    if at > timezone.now():
        return "This moment lies ahead: this is the feed as it is scheduled now, if nobody changes anything."
    first = events(AIModel).aggregate(first=Min("pgh_created_at"))["first"]
    if first is None or at < first:
        begins = f" begins at {moment_text(first)}." if first else " is empty."
        return f"Nothing is recorded of this moment: the history{begins}"
    return ""


def _json(feed: Any, content: Listing) -> str:
    documents = [record.document for entries in content.models() for record in feed.records(entries, content.provider)]
    return ",\n".join(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() for document in documents)


def _entry(entry: Entry) -> EntryShown:
    prompt, completion = (_base_price(entry, kind) for kind in (PriceKind.PROMPT, PriceKind.COMPLETION))
    return EntryShown(entry.model.model_id, entry.service_tier, entry.is_free, prompt, completion, entry.model.is_ready)


def _base_price(entry: Entry, kind: PriceKind) -> str:
    def is_it(line: PriceLine) -> bool:
        return (line.kind, line.unit) == (kind, PriceUnit.TOKEN) and line.is_base

    if entry.is_free:
        return "0"
    return next((decimals.wire(decimals.per_million(line.usd)) for line in entry.prices if is_it(line)), "—")


def _shown(steps: list[Step], newest: Step | None) -> list[StepShown]:
    by = whences({"source": "schedule"} if step.is_scheduled else step.context for step in steps)
    return [
        StepShown(
            step.at.isoformat(),
            moment_text(step.at),
            whence,
            [said(one) for one in _without_what_came(step.differences, step.at) or step.differences],
            step is newest,
        )
        for step, whence in zip(steps, by, strict=True)
    ]


def _without_what_came(found: list[Difference], at: datetime) -> list[Difference]:
    """Without what was scheduled and has come: what came of it is said by the rest."""
    return [
        one
        for one in found
        if not (one.path[0] in SCHEDULED_PARTS and one.new is None and datetime.fromisoformat(one.path[-1]) <= at)
    ]


def _to_bring_back(key: int, at: datetime) -> tuple[list[Difference], list[Difference]]:
    """What differs from a moment and is brought back, and what stays as it is: what is scheduled now, and what would need something
    that is gone. Raises ``CannotRestore``."""
    now = timezone.now()
    if at > now:
        raise CannotRestore(f"{moment_text(at)} lies ahead.")
    then = ModelHistory(key).state(at)
    if not then:
        raise CannotRestore(f"At {moment_text(at)} the model was not there.")
    found = differences(states([key], now)[key], then)
    kept = [one for one in found if one.path[0] in SCHEDULED_PARTS or _needs_what_is_gone(one)]
    return (
        [one for one in found if one not in kept],
        [one for one in kept if one.path[0] not in SCHEDULED_PARTS or datetime.fromisoformat(one.path[-1]) > now],
    )


def _needs_what_is_gone(one: Difference) -> bool:
    if one.path == ("field", "replacement"):
        return one.new is not None and not AIModel.objects.filter(model_id=one.new).exists()
    if one.path[0] == "datacenter":
        return bool(one.new) and not Datacenter.objects.filter(code=one.path[1]).exists()
    return False


def _pages(page: Any) -> list[Any]:
    return list(page.paginator.get_elided_page_range(page.number)) if page.paginator.num_pages > 1 else []
