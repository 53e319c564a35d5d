"""What restoring a version of a model changes, and what it keeps."""

from datetime import datetime

from django.utils import timezone

from catalog.admin.labels import time_text
from catalog.history import SCHEDULED_PARTS, CannotRestore, Difference, ModelHistory, differences, states
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
    found = differences(states([key], now)[key], then)
    kept = [one for one in found if one.path[0] in SCHEDULED_PARTS or _needs_a_removed_row(one)]
    return (
        [one for one in found if one not in kept],
        [one for one in kept if one.path[0] not in SCHEDULED_PARTS or datetime.fromisoformat(one.path[-1]) > now],
    )


def _needs_a_removed_row(one: Difference) -> bool:
    if one.path == ("field", "replacement"):
        return one.new is not None and not AIModel.objects.filter(model_id=one.new).exists()
    if one.path[0] == "datacenter":
        return bool(one.new) and not Datacenter.objects.filter(code=one.path[1]).exists()
    return False
