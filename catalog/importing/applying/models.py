"""Models, their replacements, and the descriptions of their parameters."""

from typing import Any

from django.db.models import Q

from catalog.formats import reasoning
from catalog.importing.applying.work import Work
from catalog.importing.drafts import ModelDraft
from catalog.importing.values import shown
from catalog.models import (
    AIModel,
    ParameterDescriptor,
    ParameterType,
)
from catalog.models.many import one_of

NOTHING: frozenset[str] = frozenset()


class ModelsWork(Work):
    """Writes models."""

    def write_models(self) -> None:
        """Create the new models, and change the facts of the others that differ."""
        created, altered, touched = [], [], set[str]()
        for model_id, draft in self.drafts.items():
            model = self.models.get(model_id)
            if model is None:
                held_back = {"is_public": False} if draft.is_doubtful or draft.is_asked else {}
                created.append(AIModel(model_id=model_id, **{**draft.guesses, **draft.fields, **held_back}))
                self.plan.created.append(model_id)
                continue
            self.tell_lengths_apart(draft, model)
            different = []
            for name, said in draft.fields.items():
                stored = getattr(model, name)
                value = self.stated(name, said, stored, draft.unsaid.get(name, NOTHING))
                if not same_value(stored, value):
                    self.say(model_id, name, stored, value)
                    setattr(model, name, value)
                    different.append(name)
            if different:
                altered.append(model)
                touched.update(different)
        self.rows += created + altered
        self.create("Adding models", AIModel, created)
        self.models |= {model.model_id: model for model in created}
        self.update("Changing models", AIModel, altered, sorted(touched))

    def stated(self, name: str, value: Any, stored: Any, unsaid: frozenset[str]) -> Any:
        """The stated value of a field, completed with stored values that its format cannot express or its entry does not state."""
        if name in self.reading.words or unsaid:
            known = self.reading.words.get(name)
            kept = [word for word in stored if word in value or word in unsaid or (known is not None and word not in known)]
            return kept + [word for word in value if word not in kept]
        if name in self.reading.days and stored is not None and stored.date() == value.date():
            return stored
        return value

    def tell_lengths_apart(self, draft: ModelDraft, model: AIModel) -> None:
        """If the format has one length for the context and the prompt, it is that of a model's prompt, where the model has such a limit;
        the context is only known to be no shorter."""
        length = draft.fields.get("context_length")
        if self.reading.has_one_length and length is not None and model.max_prompt_length is not None:
            draft.fields["max_prompt_length"] = length
            draft.fields["context_length"] = max(length, model.context_length or 0)

    def write_replacements(self) -> None:
        """Set the stated replacement of each model, which may be new itself."""
        stated = {model_id: draft.replacement for model_id, draft in self.drafts.items() if draft.replacement is not None}
        before = {self.models[model_id].replacement_id for model_id in stated}  # type: ignore[attr-defined]
        known = (
            AIModel.objects.filter(Q(model_id__in=one_of(set(stated.values()))) | Q(pk__in=one_of(before - {None})))
            if stated
            else []
        )
        by_id, by_key = {one.model_id: one for one in known}, {one.pk: one.model_id for one in known}
        altered = []
        for model_id, wanted in stated.items():
            model, new = self.models[model_id], by_id.get(wanted)
            if wanted and new is None:
                self.problem(self.drafts[model_id].entry, "replacement", f"The catalog has no model {shown(wanted)}.")
            elif model.replacement_id != (new and new.pk):  # type: ignore[attr-defined]
                self.say(model_id, "replacement", by_key.get(model.replacement_id), wanted or None)  # type: ignore[attr-defined]
                model.replacement = new
                altered.append(model)
        self.rows += altered
        self.update("Changing replacements", AIModel, altered, ["replacement"])

    def keep_efforts_apart(self) -> None:
        """If a format has efforts only as the description of their parameter, read it as the model's efforts, unless the catalog has a
        description that says more. Call it before the models are written."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.describes_all}
        keys = {self.models[model_id].pk: model_id for model_id in stated if model_id in self.models}
        rows = ParameterDescriptor.objects.filter(name=reasoning.EFFORT, ai_model__in=one_of(keys)) if keys else []
        known = {keys[row.ai_model_id]: reasoning.is_bare(row.type, row.default, row.is_passthrough) for row in rows}
        for model_id, draft in stated.items():
            if known.get(model_id) is False:
                continue
            found = reasoning.described_efforts(draft.descriptors.get(reasoning.EFFORT, _NOT_DESCRIBED))
            if found is None:
                continue
            draft.fields |= dict(zip(reasoning.EFFORT_FIELDS, found, strict=True))
            if any(found):
                del draft.descriptors[reasoning.EFFORT]
                if model_id in known:
                    draft.descriptors[reasoning.EFFORT] = {}  # no change

    def write_descriptors(self) -> None:
        """Write the stated descriptions of parameters; others stay, unless the source describes all."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.descriptors or draft.describes_all}
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        have: dict[str, dict[str, ParameterDescriptor]] = {model_id: {} for model_id in stated}
        for row in ParameterDescriptor.objects.filter(ai_model__in=one_of(keys)):
            have[keys[row.ai_model_id]][row.name] = row
        created, altered, removed = [], [], []
        for model_id, draft in stated.items():
            for name, facts in draft.descriptors.items():
                descriptor = have[model_id].get(name)
                if descriptor is None:
                    facts = {"type": ParameterType.UNKNOWN.value, **facts}
                    created.append(ParameterDescriptor(ai_model=self.models[model_id], name=name, **facts))
                    self.say(model_id, f"parameter {name}", None, facts["type"])
                    continue
                different = {key: value for key, value in facts.items() if not _same(getattr(descriptor, key), value)}
                is_known = descriptor.type != ParameterType.UNKNOWN or "default" not in different
                if not draft.describes_all and "values" not in facts and is_known:
                    different.pop("type", None)  # it only follows from the key of a default
                if isinstance(descriptor.default, list) and facts.get("default") is None:
                    different.pop("default", None)  # V2 has no such default
                for key, value in different.items():
                    self.say(model_id, f"parameter {name}: {key}", getattr(descriptor, key), value)
                    setattr(descriptor, key, value)
                if different:
                    altered.append(descriptor)
            if draft.describes_all:
                for name in sorted(have[model_id].keys() - draft.descriptors.keys()):
                    if not self.reading.describes(draft, name, have[model_id][name].is_passthrough):
                        continue
                    removed.append(have[model_id][name].pk)
                    self.say(model_id, f"parameter {name}", have[model_id][name].type, None)
        self.rows += created + altered
        self.create("Describing parameters", ParameterDescriptor, created)
        fields = ["type", "minimum", "maximum", "default", "values", "unit", "is_passthrough"]
        self.update("Describing parameters", ParameterDescriptor, altered, fields)
        if removed:
            ParameterDescriptor.objects.filter(pk__in=one_of(removed)).delete()


_NOT_DESCRIBED: dict[str, Any] = {
    "type": ParameterType.UNKNOWN.value,
    "default": None,
    "values": [],
    "is_passthrough": False,
}


def _same(stored: Any, stated: Any) -> bool:
    """Whether a descriptor's value is the stated one; true is not 1."""
    return isinstance(stored, bool) == isinstance(stated, bool) and bool(stored == stated)


def same_value(one: Any, other: Any) -> bool:
    """Whether two values of a field are the same: a list of words is a set."""
    if isinstance(one, list) and isinstance(other, list):
        return one == other or set(one) == set(other)
    return bool(one == other)
