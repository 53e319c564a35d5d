"""The datacenters of imported models."""

import re
from itertools import chain, count
from typing import NamedTuple

from django_countries import countries

from catalog import bulk_writing
from catalog.importing.applying.work import Work
from catalog.importing.values import (
    listed,
)
from catalog.models import (
    Datacenter,
    ModelDatacenter,
)
from catalog.models.conditions import SLUG
from catalog.models.many import one_of


class Place(NamedTuple):
    """A datacenter. ``country`` is its ISO 3166-1 alpha-2 code."""

    pk: int
    code: str
    country: str
    region: str


class Link(NamedTuple):
    """A datacenter that serves a model; ``pk`` is the key of the row that says so."""

    pk: int
    place: Place


def every_place() -> list[Place]:
    """All datacenters."""
    return [Place(*row) for row in Datacenter.objects.values_list(*Place._fields)]


class DatacentersWork(Work):
    """Writes datacenters, and which models they serve."""

    def write_coded_datacenters(self) -> None:
        """Set the named datacenters of each model; they must exist."""
        stated = {
            model_id: draft.datacenter_codes for model_id, draft in self.drafts.items() if draft.datacenter_codes is not None
        }
        if not stated:
            return
        known = {one.code: one.pk for one in Datacenter.objects.all()}
        served = self.served([self.models[model_id].pk for model_id in stated])
        added, removed = [], []
        for model_id, codes in stated.items():
            if unknown := [code for code in codes if code not in known]:
                sentence = f"{listed(unknown)}: not the code of a datacenter; the codes are: {', '.join(sorted(known))}."
                self.problem(self.drafts[model_id].entry, "datacenters", sentence)
                continue
            key = self.models[model_id].pk
            have = {link.place.code: link.pk for link in served.get(key, [])}
            if have.keys() != set(codes):
                self.say(model_id, "datacenters", ", ".join(sorted(have)) or None, ", ".join(sorted(codes)) or None)
                removed += [have[code] for code in have if code not in codes]
                added += [ModelDatacenter(None, key, known[code]) for code in codes if code not in have]
        self.write_links(added, removed)

    def served(self, keys: list[int]) -> dict[int, list[Link]]:
        """The datacenters of models, by their keys."""
        known = {place.pk: place for place in every_place()}
        found: dict[int, list[Link]] = {}
        links = ModelDatacenter.objects.filter(aimodel__in=one_of(keys))
        for pk, model, place in links.values_list("pk", "aimodel_id", "datacenter_id"):
            found.setdefault(model, []).append(Link(pk, known[place]))
        return found

    def write_links(self, added: list[ModelDatacenter], removed: list[int]) -> None:
        """Write the datacenters of models."""
        if removed:
            ModelDatacenter.objects.filter(pk__in=one_of(removed)).delete()
        if added:
            bulk_writing.insert(ModelDatacenter, added)

    def write_datacenters(self) -> None:
        """Set the datacenters of each model at the stated places: keep those that it has, else use the only matching datacenter,
        else make one."""
        stated = {model_id: draft.places for model_id, draft in self.drafts.items() if draft.places is not None}
        if not stated:
            return
        known = every_place()
        served = self.served([self.models[model_id].pk for model_id in stated])
        added, removed = [], []
        for model_id, places in stated.items():
            model = self.models[model_id]
            links = served.get(model.pk, [])
            have = [link.place for link in links]
            gone = [link for link in links if not any(is_in(link.place, place) for place in places)]
            new = [place for place in places if not any(is_in(one, place) for one in have)]
            removed += [link.pk for link in gone]
            for place in new:
                added.append(ModelDatacenter(None, model.pk, self.place_at(place, known).pk))
            if gone or new:
                old = ", ".join(sorted({one.country for one in have}))
                self.say(model_id, "datacenters", old, ", ".join(_place_text(place) for place in places))
        self.write_links(added, removed)

    def place_at(self, place: tuple[str, str | None], known: list[Place]) -> Place:
        """A new datacenter at a place without other facts."""
        country, region = place
        there = [one for one in known if is_in(one, place)]
        if len(there) == 1:
            return there[0]
        code = (region or country).lower()
        if own := next((one for one in there if one.code == code), None):
            return own
        taken = {one.code for one in known}
        code = code if re.fullmatch(SLUG.strip("^$"), code) and len(code) <= 40 else country.lower()
        numbered = (f"{code}-{number}" for number in count(2))
        code = next(free for free in chain([code], numbered) if free not in taken)
        made = Datacenter.objects.create(code=code, name=countries.name(country), country=country, region=region or "")
        own = Place(made.pk, code, country, region or "")
        known.append(own)
        return own


def is_in(place: Place, stated: tuple[str, str | None]) -> bool:
    """Whether a datacenter is at a place."""
    country, region = stated
    return place.country == country and region in (None, place.region)


def _place_text(place: tuple[str, str | None]) -> str:
    country, region = place
    return f"{country} ({region})" if region else country
