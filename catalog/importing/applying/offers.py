"""Writes the offers of imported models. Each entry of a source concerns only its own offer."""

from collections.abc import Iterable
from typing import Any

from catalog.importing.applying.datacenters import DatacentersWork, every_place, is_in
from catalog.importing.applying.models import ModelsWork, same_value
from catalog.importing.drafts import OF_ONE_OFFER, ModelDraft, OfferDraft
from catalog.importing.values import listed
from catalog.listing import revision
from catalog.listing.offers import WITHIN_CONTEXT
from catalog.models import OFFER_FIELDS, SAME_AS_MODEL, AIModel, Lack, Offer, Price, ServiceTier, Variant
from catalog.models.many import one_of


class OffersWork(ModelsWork, DatacentersWork):
    """Writes offers."""

    def keep_offers_apart(self) -> None:
        """Use an entry without others only for its own offer, if the catalog has other offers of the model."""
        concerned = {
            model_id: draft
            for model_id, draft in self.drafts.items()
            if model_id in self.models and draft.leads_as is not None
        }
        sold = self._offers_sold(concerned)
        for model_id, draft in concerned.items():
            variant = draft.leads_as
            is_all = variant is not None and sold[model_id] <= {variant}
            if variant is None or (is_all and variant is not Variant.FREE):
                continue
            own = {name: value for name, value in draft.fields.items() if name in OF_ONE_OFFER}
            draft.offers[variant] = OfferDraft(draft.entry, own, draft.places, unsaid=draft.unsaid)
            # A model that is only offered for free is described by that entry; if it is also sold, the free variant may have
            # smaller limits.
            draft.fields = {
                name: value
                for name, value in draft.fields.items()
                if name == "has_free_variant" or (is_all and name not in own)
            }
            draft.places = None
            if not is_all:
                draft.descriptors, draft.describes_all = {}, False

    def _offers_sold(self, model_ids: Iterable[str]) -> dict[str, set[Variant | None]]:
        """The tiers in which these models have a price in force, None for the default one, and their free variants."""
        found: dict[str, set[Variant | None]] = {
            model_id: {Variant.FREE} if self.models[model_id].has_free_variant else set() for model_id in model_ids
        }
        keys = {self.models[model_id].pk: model_id for model_id in found}
        rows = Price.objects.in_force(revision().now).filter(ai_model__in=one_of(keys)) if keys else []
        for row in rows:
            if row.usd is not None:
                tier = row.service_tier
                found[keys[row.ai_model_id]].add(None if tier == ServiceTier.DEFAULT else Variant(tier))
        return found

    def write_offers(self) -> None:
        """Write the stated facts of each offer, unless it has them already. Called after the models' own facts are written."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.offers}
        if not stated:
            return
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        have = {(keys[row.ai_model_id], row.variant): row for row in Offer.objects.filter(ai_model__in=one_of(keys))}
        places = _Places(self, list(stated.values()))
        created: list[Offer] = []
        altered: list[Offer] = []
        removed: list[int] = []
        for model_id, draft in stated.items():
            model = self.models[model_id]
            for variant, offer in draft.offers.items():
                row = have.get((model_id, variant)) or Offer(ai_model=model, variant=variant)
                before = row.own_facts()
                for name, value in offer.fields.items():
                    if not offer.is_as_stored:
                        self._state(model, row, name, value, offer.unsaid.get(name, frozenset()))
                    elif not same_value(getattr(row, name), value):
                        setattr(row, name, value)
                if (wanted := places.wanted(model, row, offer)) is not None:
                    row.datacenters = wanted
                after = row.own_facts()
                if after == before:
                    continue
                for name in OFFER_FIELDS:
                    held = [facts.get(name, SAME_AS_MODEL) for facts in (before, after)]
                    if held[0] != held[1]:
                        old, new = map(places.codes, held) if name == "datacenters" else held
                        self.say(model_id, f"{variant} {name}", *map(_text, (old, new)))
                row.ai_model = model
                if not row.own_facts():
                    removed.append(row.pk)
                elif row.pk is None:
                    created.append(row)
                else:
                    altered.append(row)
        self.rows += created + altered
        self.create("Adding offers", Offer, created)
        self.update("Changing offers", Offer, altered, [*OFFER_FIELDS, "without"])
        if removed:
            Offer.objects.filter(pk__in=one_of(removed)).delete()

    def _state(self, model: AIModel, row: Offer, name: str, value: Any, unsaid: frozenset[str]) -> None:
        """Give an offer a value: its own, or the model's if that is the same. A value that already applies stays as it is
        stored."""
        models, own = getattr(model, name), row.own_facts().get(name, SAME_AS_MODEL)
        holds = models if own is SAME_AS_MODEL else own
        if value is not None:
            value = self.stated(name, value, holds, unsaid)
        context = row.context_length or model.context_length
        if name in WITHIN_CONTEXT and holds is not None and context is not None and value == min(holds, context):
            return
        if same_value(holds, value):
            return
        is_own = not same_value(models, value)
        empty: Any = [] if isinstance(models, list) else None
        setattr(row, name, value if is_own and value is not None else empty)
        lacks = set(row.without) - {name}
        if is_own and name in Lack.values and value in (None, []):
            lacks.add(name)
        row.without = [lack for lack in Lack.values if lack in lacks]


def _text(value: Any) -> Any:
    return "none" if value in (None, []) else value


class _Places:
    """The datacenters of offers."""

    def __init__(self, work: DatacentersWork, drafts: list[ModelDraft]) -> None:
        self.work = work
        concerned = [draft for draft in drafts if any(_is_placed(offer) for offer in draft.offers.values())]
        self.known = every_place() if concerned else []
        keys = [work.models[draft.model_id].pk for draft in concerned]
        self.served = {
            key: sorted(link.place.pk for link in links) for key, links in (work.served(keys) if keys else {}).items()
        }

    def wanted(self, model: AIModel, row: Offer, offer: OfferDraft) -> list[int] | None:
        """The datacenters that an offer must name: an empty list if they are the model's; None if nothing is stated."""
        if not _is_placed(offer):
            return None
        models = self.served.get(model.pk, [])
        by_key = {one.pk: one for one in self.known}
        have = [by_key[key] for key in row.datacenters or models]
        if offer.codes is not None:
            named = {one.code: one.pk for one in self.known}
            if unknown := [code for code in offer.codes if code not in named]:
                sentence = f"{listed(unknown)}: not the code of a datacenter; the codes are: {', '.join(sorted(named))}."
                self.work.problem(offer.entry, "datacenters", sentence)
                return None
            found = {named[code] for code in offer.codes}
        else:
            places = offer.places or ()
            found = {one.pk for one in have if any(is_in(one, place) for place in places)}
            new = [place for place in places if not any(is_in(one, place) for one in have)]
            found |= {self.work.place_at(place, self.known).pk for place in new}
        return [] if sorted(found) == models and not offer.is_as_stored else sorted(found)

    def codes(self, keys: Any) -> Any:
        """Their codes, for a sentence."""
        if not isinstance(keys, list):
            return keys
        known = {one.pk: one.code for one in self.known}
        return ", ".join(sorted(known.get(key, str(key)) for key in keys))


def _is_placed(offer: OfferDraft) -> bool:
    return offer.codes is not None or bool(offer.places)
