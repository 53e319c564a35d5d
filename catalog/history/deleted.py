"""The deleted models. Their records are kept, so that they can be found, and restored with their keys."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.history.records import DELETED, events
from catalog.models import AIModel


def deleted_models(text: str = "") -> QuerySet[Any]:
    """The last record of each deleted model, the latest deletion first; those with a text in their id or name."""
    later = events(AIModel).filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__gt=OuterRef("pgh_id"))
    found = events(AIModel).filter(~Exists(later), pgh_label=DELETED).order_by("-pgh_created_at", "-pgh_id")
    return found.filter(Q(model_id__icontains=text) | Q(name__icontains=text)) if text else found


def deleted_model(key: int) -> AIModel | None:
    """A deleted model as it was last, as an unsaved instance; None if it exists, or never existed."""
    record = deleted_models().filter(pgh_obj_id=key).values().first()
    if record is None:
        return None
    return AIModel(**{field.attname: record[field.attname] for field in AIModel._meta.concrete_fields})
