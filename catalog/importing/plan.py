"""What an import does, or would do."""

from dataclasses import dataclass, field

from catalog.importing.drafts import Remark, Remarks, many

TO_CHECK = "To check"
"""The heading of warnings."""

HELD_BACK = "If a price must be checked, a new model does not become public, an unlisted public model keeps its price, and neither is listed."


@dataclass(frozen=True, slots=True)
class Change:
    """One field or price of one model, with its old and new value; None if there is no value."""

    model_id: str
    field: str
    old: str | None
    new: str | None


@dataclass(slots=True)
class Plan:
    """What an import does, or would do. With a problem, it does nothing."""

    created: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    missing: list[Remark] = field(default_factory=list)
    problems: Remarks = field(default_factory=Remarks)
    notes: Remarks = field(default_factory=many)
    warnings: Remarks = field(default_factory=many)

    @property
    def touched(self) -> list[str]:
        """The ids of the models that are new or changed."""
        return sorted({*self.created, *(change.model_id for change in self.changes)})
