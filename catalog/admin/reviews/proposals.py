"""The list and the page of proposals: changes that wait for a publisher."""

from collections.abc import Iterable
from typing import Any, cast

import pghistory
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import ExpressionWrapper, Func, IntegerField, JSONField, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.admin import ModelAdmin

from catalog.admin.labels import difference_text
from catalog.admin.prices.visibility import visible_differences
from catalog.admin.reviews.messages import discard_messages
from catalog.admin.reviews.page import may_publish, save_with_review
from catalog.admin.reviews.proposing import notify_proposer, typed_text
from catalog.history import MODEL_ID, REPLACEMENT, CannotRestore, Difference, apply, create, states
from catalog.models import AIModel, Proposal, ProposalStatus
from catalog.models.proposal import NAMED, summary
from catalog.models.violations import violation


class ReasonMissing(Exception):
    """A proposal was declined without a reason."""


class OwnProposal(Exception):
    """A proposal was accepted by the person who made it."""


class AlreadyDecided(Exception):
    """Somebody else has already decided."""


@admin.register(Proposal)
class ProposalAdmin(ModelAdmin):
    """The screen of proposals. They are accepted, declined or withdrawn, but never edited."""

    list_display = ["about", "proposed_by", "proposed_at", "status", "decided_by", "decided_at"]
    list_filter = ["status"]
    list_select_related = ["proposed_by", "decided_by"]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proposal]:
        """Without the changes, which can cover thousands of models, but with the part that the list shows."""
        named = Func("changes", template=f"jsonb_path_query_array(%(expressions)s, '$[0 to {NAMED - 1}].model_id')")
        return (
            super()
            .get_queryset(request)
            .defer("changes")
            .annotate(
                first=ExpressionWrapper(named, JSONField()),
                count=Func("changes", function="jsonb_array_length", output_field=IntegerField()),
            )
        )

    @admin.display(description="models")
    def about(self, proposal: Any) -> str:
        """The names of its models."""
        return summary(proposal.first, proposal.count)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Proposals are made by saving a change."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Proposal | None = None) -> bool:
        """Proposals are decided, not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Proposal | None = None) -> bool:
        """Proposals are kept, with the decision."""
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One proposal, and what can be done with it."""
        proposal: Any = self.get_object(request, object_id)
        if not self.has_view_permission(request, proposal):
            raise PermissionDenied
        if proposal is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        if request.method != "POST" or "_back" in request.POST:
            return self.page(request, proposal)
        try:
            return self.decide(request, proposal)
        except (AlreadyDecided, OwnProposal, ReasonMissing, CannotRestore) as reason:
            discard_messages(request)
            messages.error(request, f"Nothing was changed. {reason}")
        except IntegrityError as error:
            discard_messages(request)
            messages.error(request, f"Nothing was changed. {violation(error).sentence}")
        return HttpResponseRedirect(request.path)

    def decide(self, request: HttpRequest, proposal: Proposal) -> HttpResponse:
        """Withdraw their own proposal; publishers accept (with a review) or decline."""
        if "_withdraw" in request.POST and proposal.proposed_by == request.user:
            return self.close(request, proposal, ProposalStatus.WITHDRAWN)
        if not may_publish(request):
            raise PermissionDenied
        if "_decline" in request.POST:
            if not typed_text(request, "_answer"):
                raise ReasonMissing("Enter a comment that says why you decline.")
            return self.close(request, proposal, ProposalStatus.DECLINED)
        if proposal.proposed_by == request.user:
            raise OwnProposal("Somebody else must accept what you have proposed.")

        def accept() -> HttpResponse:
            answer = self.close(request, proposal, ProposalStatus.ACCEPTED)
            with pghistory.context(
                source="proposal", origin=f"{proposal.proposed_by}, {proposal.proposed_at:%Y-%m-%d %H:%M}"
            ):
                replacements: list[tuple[AIModel, list[Difference]]] = []  # perhaps by a model of the same proposal
                for change in changes_of(proposal):
                    (model,) = _stored([change])
                    if model is None and not change["is_new"]:
                        raise CannotRestore(f"{change['model_id']} no longer exists.")
                    if model is not None and change["is_new"]:
                        raise CannotRestore(f"{change['model_id']} already exists.")
                    later = [one for one in change["differences"] if one.path == REPLACEMENT]
                    now = [one for one in change["differences"] if one not in later]
                    if model is None:
                        model = create(now)
                    else:
                        apply(model, now)
                    replacements.append((model, later))
                for model, later in replacements:
                    apply(model, later)
            return answer

        return save_with_review(
            request, accept, title="Review: accept a proposal", is_seconded=True, back="Back to the proposal"
        )

    def close(self, request: HttpRequest, proposal: Proposal, status: ProposalStatus) -> HttpResponse:
        """Store the decision. Raises ``AlreadyDecided``."""
        closed = Proposal.objects.filter(pk=proposal.pk, status=ProposalStatus.OPEN).update(
            status=status,
            decided_by=cast(User, request.user),
            decided_at=timezone.now(),
            answer=typed_text(request, "_answer"),
        )
        if not closed:
            raise AlreadyDecided("This proposal has already been decided.")
        messages.success(request, f"{status.label}: {proposal}.")
        transaction.on_commit(
            lambda: notify_proposer(Proposal.objects.select_related("proposed_by", "decided_by").get(pk=proposal.pk))
        )
        return HttpResponseRedirect(request.path)

    def page(self, request: HttpRequest, proposal: Proposal) -> HttpResponse:
        """The proposal, with what has changed since it was made."""
        changes = []
        proposed = changes_of(proposal)
        found = _stored(proposed)
        nows = states(model.pk for model in found if model)
        for change, model in zip(proposed, found, strict=True):
            now = nows[model.pk] if model else {}
            moved = [
                difference_text(Difference(one.path, one.old, now.get(one.path)))
                for one in visible_differences(request, change["differences"])
                if now.get(one.path) not in (one.old, one.new)
            ]
            changes.append(
                {
                    "model_id": change["model_id"],
                    "pk": model.pk if model else None,
                    "is_new": change["is_new"],
                    "differences": [difference_text(one) for one in visible_differences(request, change["differences"])],
                    "moved": moved if proposal.status == ProposalStatus.OPEN else [],
                }
            )
        context = {
            **self.admin_site.each_context(request),
            "title": f"Proposal: {proposal}",
            "opts": self.opts,
            "proposal": proposal,
            "changes": changes,
            "may_decide": may_publish(request)
            and proposal.status == ProposalStatus.OPEN
            and proposal.proposed_by != request.user,
            "may_withdraw": proposal.proposed_by == request.user and proposal.status == ProposalStatus.OPEN,
        }
        return TemplateResponse(request, "admin/reviews/proposal.html", context)


def changes_of(proposal: Proposal) -> list[dict[str, Any]]:
    """The proposal's changes, with ``Difference`` values."""
    return [
        {
            **change,
            "differences": [Difference(tuple(path), old, new) for path, old, new in change["differences"]],
        }
        for change in proposal.changes
    ]


def _stored(changes: Iterable[dict[str, Any]]) -> list[AIModel | None]:
    """The models of the changes, whatever their ids are now; for a new model, an existing one with its id."""
    named = [(change.get("pk"), _old_id(change)) for change in changes]
    by_key = AIModel.objects.in_bulk([key for key, _ in named if key is not None])
    by_id = AIModel.objects.in_bulk([model_id for key, model_id in named if key is None], field_name="model_id")
    return [by_id.get(model_id) if key is None else by_key.get(key) for key, model_id in named]


def _old_id(change: dict[str, Any]) -> str:
    """The id of a model before a change."""
    old = next((one.old for one in change["differences"] if one.path == MODEL_ID), None)
    return str(old or change["model_id"])
