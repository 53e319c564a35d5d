"""Which model each name of the API finds, and how a change affects that.

A model is looked up by its id, an alias or its OpenRouter slug, each with ``:free`` for its free variant. If another model gets one
of these names, requests find that model, with its own price, or no model.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.db.models import Q

from catalog.formats import catalog, models_api
from catalog.formats.format import by_name
from catalog.formats.models_api import FREE_SUFFIX
from catalog.history import State
from catalog.listing import Listing
from catalog.models import AIModel
from catalog.models.ai_model import AIModelQuerySet
from catalog.models.many import all_of, one_of

LOOKED_UP = (catalog.FORMAT, models_api.FORMAT)
"""The formats that have an address for one model."""

NAMING = [("field", name) for name in ("model_id", "aliases", "openrouter_slug", "has_free_variant", "is_public")]
"""The fields that decide by which names a model is found."""

Name = tuple[str, str]
"""A format's name, and a name by which a model is looked up in it."""


class NameChange(NamedTuple):
    """A name that found one model, ``model_id``, and finds another one, or none (None). Ids are those after the change."""

    name: str
    model_id: str
    found_instead: str | None
    is_taken: bool
    """Whether another model has taken the name; otherwise the model itself has given it up."""

    @property
    def sentence(self) -> str:
        """The effect, as a sentence for staff."""
        found = f"finds {self.found_instead} instead of {self.model_id}" if self.found_instead else "no longer finds a model"
        return f"In the API, the name {self.name} {found}."


class Names:
    """The names of public models, with the keys of the models that they find."""

    def __init__(self, contents: Iterable[Listing], keys: dict[str, int]) -> None:
        self.found: dict[Name, int] = {}
        self.own: dict[int, set[Name]] = defaultdict(set)
        """By key, the names that would find a model if it were the only one."""
        self.free: dict[Name, int] = {}
        """The names that find no model, but would be taken for the free variant of the model with that key."""
        for format_ in LOOKED_UP:
            records = [
                (record, keys[entries[0].model.model_id])
                for content in contents
                for entries in content.models()
                for record in format_.records(entries, content.provider)
            ]
            self.found |= {(format_.name, name): key for name, key in by_name(records).items()}
            for record, key in records:
                self.own[key] |= {(format_.name, name) for name in by_name([(record, key)])}
        for (format_name, name), key in self.found.items():
            free = format_name, name + FREE_SUFFIX
            if not name.endswith(FREE_SUFFIX):
                self.own[key].add(free)
                if free not in self.found:
                    self.free[free] = key


def with_other_names(before: dict[int, State], after: dict[int, State]) -> set[int]:
    """The keys of the models whose names a change touches."""

    def naming(state: State | None) -> list[object]:
        return [state and state.get(path) for path in NAMING]

    return {key for key in before.keys() | after.keys() if naming(before.get(key)) != naming(after.get(key))}


def rivals(states: Iterable[State]) -> dict[str, int]:
    """The public models that have a name of these models, by their ids, with their keys."""
    names = [
        (str(state["field", "model_id"]), state.get(("field", "aliases"), []), state.get(("field", "openrouter_slug"), ""))
        for state in states
    ]
    return dict(having_a_name_of(names).public().values_list("model_id", "pk"))


def having_a_name_of(models: Iterable[tuple[str, list[str], str]]) -> AIModelQuerySet:
    """The models that have one of these names, or had it if they or the named model had a free variant. Each of ``models`` is an id,
    its aliases and its OpenRouter slug, empty if it has none."""
    names: set[str] = set()
    for model_id, aliases, slug in models:
        own = [model_id, *aliases, slug]
        names |= {name for one in own if one for name in (one, one + FREE_SUFFIX, one.removesuffix(FREE_SUFFIX))}
    having = Q(model_id__in=one_of(names)) | Q(openrouter_slug__in=one_of(names))
    return AIModel.objects.filter(having | Q(aliases__overlap=all_of(names)))


def name_changes(
    before: Names, after: Names, old_ids: dict[int, str], ids: dict[int, str], listed: set[int]
) -> Iterator[NameChange]:
    """The names that another model takes, and those that a listed model loses; not a model's old id, where it has another. The name of a
    free variant that a model does not have is its own: nobody reads it as another model's.

    ``old_ids`` and ``ids`` are the models' ids by their keys, before and after; ``listed`` are the keys of those that are in
    the OpenRouter feeds or will be.
    """
    seen: set[NameChange] = set()
    for name, key in (before.found | before.free).items():
        if name in before.free and name not in after.found:
            continue
        now, is_taken = after.found.get(name), name in after.own.get(key, ())
        is_old_id = old_ids[key] != ids.get(key) and name[1].removesuffix(FREE_SUFFIX) == old_ids[key]
        if now != key and not is_old_id and (is_taken or key in listed):
            instead = None if now is None else ids[now]
            change = NameChange(name[1], ids.get(key, old_ids[key]), instead, is_taken or now is not None)
            if change not in seen:
                seen.add(change)
                yield change
