"""Operations for which the models are rendered once."""

from itertools import groupby
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddField
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import IndexOperation
from django.db.migrations.state import ProjectState

KINDS = (AddField, IndexOperation)
"""New columns; and constraints, indexes and triggers, which leave the columns as they are."""


def together(*operations: Operation) -> list[Operation]:
    """The operations of a migration, with several of one kind in a row grouped as one."""
    grouped: list[Operation] = []
    for kind, group in groupby(operations, _kind):
        several = list(group)
        grouped += [Together(several)] if kind and len(several) > 1 else several
    return grouped


def _kind(operation: Operation) -> type[Operation] | None:
    return next((kind for kind in KINDS if isinstance(operation, kind)), None)


class Together(Operation):
    """Several operations of one kind, with the same SQL as one after another.

    Django renders a changed model, and those related to it, after each operation; for most of ours that takes longer than their SQL.
    """

    def __init__(self, operations: list[Any]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change the state, and only then render the models."""
        rendered = vars(state).pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        if rendered is not None:
            state.apps = rendered
            changed = sorted({(app_label, operation.model_name_lower) for operation in self.operations})
            relate = any(isinstance(operation, AddField) and operation.field.is_relation for operation in self.operations)
            state.reload_models(changed, delay=not relate)  # where relations change, also the models related to related ones

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Change the database, in their order."""
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Undo it, the last one first."""
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """What each of them does."""
        return "; ".join(operation.describe() for operation in self.operations)
