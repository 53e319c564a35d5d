"""An entry of a source must not change another entry of the same model that the catalog sells."""

from collections.abc import Iterable

from catalog.importing.applying.work import Work
from catalog.importing.drafts import NOT_TAKEN, OF_ONE_OFFER, ModelDraft, Remark
from catalog.listing import revision
from catalog.models import Price, ServiceTier
from catalog.models.many import one_of


class OffersWork(Work):
    """Keeps the facts of one entry from changing the others."""

    def keep_offers_apart(self) -> None:
        """Skip an entry that has no default entry beside it and differs from the model; refuse a change of an entry that the source
        states differently."""
        concerned = {
            model_id: draft
            for model_id, draft in self.drafts.items()
            if model_id in self.models and (draft.others or draft.leads_as != (ServiceTier.DEFAULT, False))
        }
        sold = self._tiers_sold(concerned)
        for model_id, draft in concerned.items():
            model = self.models[model_id]
            own = [name for name in OF_ONE_OFFER if name in draft.fields and draft.fields[name] != getattr(model, name)]
            if draft.leads_as != (ServiceTier.DEFAULT, False):
                if sold.get(model_id):
                    self._only_the_offer(draft, own)
                continue
            hit = [
                other
                for other in draft.others
                if (model.has_free_variant if other.is_free else other.tier in sold.get(model_id, set()))
            ]
            for name in own if hit else ():
                sentence = f"It would also change {hit[0].entry}, which the catalog sells and the source states differently. Change it in the admin."
                self.problem(draft.entry, name, sentence)

    def _only_the_offer(self, draft: ModelDraft, own: list[str]) -> None:
        """If a source has only an entry that is not the default one, take only its prices, and nothing if it differs."""
        draft.fields = {"has_free_variant": True} if draft.fields.get("has_free_variant") else {}
        draft.places, draft.descriptors, draft.describes_all = None, {}, False
        if own:
            names = ", ".join(own)
            sentence = f"It differs from the model in the catalog: {names}. {NOT_TAKEN}"
            self.plan.warnings.append(Remark(draft.entry, names, sentence))
            draft.price_lists, draft.fields = {}, {}

    def _tiers_sold(self, model_ids: Iterable[str]) -> dict[str, set[str]]:
        """The service tiers in which these models have a price in force."""
        keys = {self.models[model_id].pk: model_id for model_id in model_ids}
        rows = Price.objects.in_force(revision().now).filter(ai_model__in=one_of(keys)) if keys else []
        found: dict[str, set[str]] = {}
        for row in rows:
            if row.usd is not None:
                found.setdefault(keys[row.ai_model_id], set()).add(row.service_tier)
        return found
