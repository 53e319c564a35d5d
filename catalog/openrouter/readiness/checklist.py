"""The checklist: all findings for the models of a listing. Admin, commands, imports and the API call it.

``catalog.checklist`` keeps the findings for the whole catalog.
"""

from catalog.listing import Entry, Listing, Selection, listing, snapshot
from catalog.models import OPENROUTER_TIERS, AIModel
from catalog.models.many import one_of
from catalog.openrouter.readiness.finding import INTEGRATION, Finding, Level
from catalog.openrouter.readiness.listing_gaps import gaps
from catalog.openrouter.readiness.other_models import CASE_TWIN, case_twins, hidden_references
from catalog.openrouter.readiness.price_rules import of_offer
from catalog.openrouter.readiness.rules import RULES, Asked

LIKELY_MISTAKES = {CASE_TWIN, "id-ends-with-free", "tier-beyond-context"}
"""The codes of findings about what was probably mistyped. They are shown whenever the model is saved, listed or not."""

NOT_A_TIER = "tier-not-on-openrouter"


def _not_on_openrouter(entry: Entry) -> Finding:
    """The note that an entry is only in other lists."""
    return Finding(entry.model.model_id, NOT_A_TIER, Level.NOTE, "prices",
                   f"OpenRouter has no {entry.service_tier} tier: its prices are only in the other lists.",
                   "No action is needed; other formats have it.", f"{INTEGRATION}: service_tier")  # fmt: skip


def findings(listing: Listing, format_name: str | None = None) -> list[Finding]:
    """All findings, by model in the listing's order; each rule's sentence once per model. With the name of a feed, without the
    rules that concern only the other one."""
    rules = [rule for rule in RULES if format_name is None or rule.format in (None, format_name)]
    found = [
        Finding(
            entry.model.model_id,
            rule.code,
            rule.level,
            rule.field,
            of_offer(entry, rule.field) + sentence,
            rule.remedy,
            rule.source,
        )
        for entry in listing.entries
        if entry.service_tier in OPENROUTER_TIERS
        for asked in [Asked(entry, listing.at)]
        for rule in rules
        for sentence in rule.find(entry, asked)
    ]
    found += [_not_on_openrouter(entry) for entry in listing.entries if entry.service_tier not in OPENROUTER_TIERS]
    return list(dict.fromkeys(found))


def checklist(
    selection: Selection, *, model_ids: list[str] | None = None, format_name: str | None = None
) -> tuple[Listing, list[Finding]]:
    """A listing and all its findings, from one snapshot: by model, missing fields first.

    This is the checklist; admin, command, import and API all use it. ``model_ids`` narrows it. With the name of a feed, the rules
    that concern only the other one are left out.
    """
    with snapshot():
        content = listing(selection, model_ids=model_ids)
        ids = list(dict.fromkeys(entry.model.model_id for entry in content.entries))
        keys = list(AIModel.objects.filter(model_id__in=one_of(ids)).values_list("pk", flat=True))
        found = gaps(keys) + hidden_references(keys) + case_twins(keys)
    found += findings(content, format_name)
    found.sort(key=lambda finding: finding.model_id)
    return content, found
