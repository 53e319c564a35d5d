"""The past: every change of every model, the tables as they were at any time, and restoring a version.

``records`` are the rows that triggers write for each change; ``as_of`` puts the tables back to a time; ``states`` is a model as one
mapping, and the differences between two; ``steps`` is a model's history; ``restoring`` applies differences.
``catalog.public_history`` has the part that readers may see; the pages are ``catalog.admin.history``.
"""

from catalog.history.as_of import tables_as_of
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
from catalog.history.restoring import CannotRestore, apply, create
from catalog.history.states import ENDS, SCHEDULED_PARTS, Difference, State, differences, line_of, states
from catalog.history.steps import IMMEDIATE_WITHIN, ModelHistory, RecentStep, Step, recent_steps

__all__ = [
    "DELETED",
    "ENDS",
    "IMMEDIATE_WITHIN",
    "INSERTED",
    "SCHEDULED_PARTS",
    "CannotRestore",
    "Difference",
    "ModelHistory",
    "Position",
    "RecentStep",
    "State",
    "Step",
    "apply",
    "changed_between",
    "changed_since",
    "create",
    "differences",
    "events",
    "line_of",
    "position_of",
    "recent_steps",
    "states",
    "tables_as_of",
    "version",
    "writers_since",
]
