"""Changing help texts, labels and messages of models without SQL."""

from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

Texts = dict[str, dict[str, str]]
"""By model, and by column or constraint of the model."""


class Reword(Operation):
    """Change the help texts, choices and names of columns, in a model and in its history table, and the messages of constraints."""

    reduces_to_sql = False

    def __init__(
        self,
        help_texts: Texts,
        messages: Texts,
        labels: dict[str, dict[str, dict[str, str]]] | None = None,
        names: Texts | None = None,
    ) -> None:
        self.help_texts = help_texts
        self.messages = messages
        self.labels = labels or {}
        self.names = names or {}

    def database_forwards(self, *_: object) -> None:
        """Nothing changes in the database."""

    def database_backwards(self, *_: object) -> None:
        """Nothing changes in the database."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change the texts in the state."""
        # Render the models of this state once, when they are next needed, and not after each of these fields.
        state.__dict__.pop("apps", None)
        for model, texts in self.help_texts.items():
            for name, text in texts.items():
                self._alter(app_label, state, model, name, "help_text", text)
        for model, labels in self.labels.items():
            for name, choices in labels.items():
                self._alter(app_label, state, model, name, "choices", list(choices.items()))
        for model, names in self.names.items():
            for name, text in names.items():
                self._alter(app_label, state, model, name, "verbose_name", text)
        for model, messages in self.messages.items():
            for constraint in list(state.models[app_label, model].options["constraints"]):
                if constraint.name in messages:
                    constraint = constraint.clone()
                    constraint.violation_error_message = messages[constraint.name]
                    state.alter_constraint(app_label, model, constraint.name, constraint)

    def _alter(self, app_label: str, state: ProjectState, model: str, name: str, attribute: str, value: object) -> None:
        for table in (model, f"{model}event"):
            if (app_label, table) in state.models and name in state.models[app_label, table].fields:
                field = state.models[app_label, table].fields[name]
                _, _, arguments, options = field.deconstruct()
                changed = type(field)(*arguments, **{**options, attribute: value})
                state.alter_field(app_label, table, name, changed, preserve_default=True)
