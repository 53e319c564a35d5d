"""What restoring a version of a model changes, and what it keeps."""

from datetime import datetime

from django.utils import timezone

from catalog.admin.labels import time_text
from catalog.history import REPLACEMENT, SCHEDULED_PARTS, CannotRestore, Difference, ModelHistory, differences, states
from catalog.models import AIModel, Datacenter


def to_restore(key: int, at: datetime) -> tuple[list[Difference], list[Difference]]:
    """The differences that restoring a version applies, and those that it leaves: what is scheduled now, and what needs a row that
    has been removed. Raises ``CannotRestore``."""
    now = timezone.now()
    if at > now:
        raise CannotRestore(f"{time_text(at)} is in the future.")
    then = ModelHistory(key).state(at)
    if not then:
        raise CannotRestore(f"At {time_text(at)} the model did not exist.")
    found = differences(states([key], now).get(key, {}), then)
    kept = [one for one in found if one.path[0] in SCHEDULED_PARTS or _needs_a_removed_row(one)]
    return (
        [one for one in found if one not in kept],
        [one for one in kept if one.path[0] not in SCHEDULED_PARTS or datetime.fromisoformat(one.path[-1]) > now],
    )


def _needs_a_removed_row(one: Difference) -> bool:
    if one.path == REPLACEMENT:
        return one.new is not None and not AIModel.objects.filter(model_id=one.new).exists()
    codes = {one.path[1]} if one.path[0] == "datacenter" else set(one.new or ()) if _is_of_places(one) else set()
    return bool(one.new) and Datacenter.objects.filter(code__in=codes).count() < len(codes)


def _is_of_places(one: Difference) -> bool:
    return one.path[0] == "offer" and one.path[-1] == "datacenters"
