"""The past: every change of every model, the tables as they were at any time, and restoring a version.

``records`` are the rows that triggers write for each change; ``as_of`` puts the tables back to a time; ``states`` is a model as one
mapping, and the differences between two; ``steps`` is a model's history; ``changes`` are those of all models; ``restoring`` applies
differences; ``undoing`` puts back what one change did.
``catalog.public_history`` has the part that readers may see; the pages are ``catalog.admin.history``.
"""

from catalog.history.as_of import tables_as_of
from catalog.history.changes import Change, ChangeKey, Wanted, find, summarized
from catalog.history.records import (
    DELETED,
    INSERTED,
    Position,
    changed_between,
    changed_since,
    events,
    position_of,
    version,
    writers_since,
)
from catalog.history.restoring import CannotRestore, apply, create, create_many
from catalog.history.states import (
    ENDS,
    MODEL_ID,
    REPLACEMENT,
    SCHEDULED_PARTS,
    Difference,
    State,
    differences,
    line_of,
    states,
)
from catalog.history.steps import IMMEDIATE_WITHIN, ModelHistory, RecentStep, Step, recent_steps
from catalog.history.undoing import ModelUndo, to_undo, undo

__all__ = [
    "DELETED",
    "ENDS",
    "IMMEDIATE_WITHIN",
    "INSERTED",
    "MODEL_ID",
    "REPLACEMENT",
    "SCHEDULED_PARTS",
    "CannotRestore",
    "Change",
    "ChangeKey",
    "Difference",
    "ModelHistory",
    "ModelUndo",
    "Position",
    "RecentStep",
    "State",
    "Step",
    "Wanted",
    "apply",
    "changed_between",
    "changed_since",
    "create",
    "create_many",
    "differences",
    "events",
    "find",
    "line_of",
    "position_of",
    "recent_steps",
    "states",
    "summarized",
    "tables_as_of",
    "to_undo",
    "undo",
    "version",
    "writers_since",
]
