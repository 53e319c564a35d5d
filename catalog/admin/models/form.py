"""A model's form: how it reads its fields, and where it shows errors."""

from catalog.admin.base import CatalogForm
from catalog.formats import openrouter
from catalog.models import AIModel
from catalog.models.conditions import repository_id
from catalog.models.violations import Violation

DEPRECATION_TIME = f"{openrouter.DEPRECATION_HOUR}:00"
NEEDED_SENTENCE = "Listing on OpenRouter needs this."


class ModelForm(CatalogForm):
    """A model's form. Vocabularies are checkboxes, in the wire's order."""

    shown_at_rows = frozenset({"prices"})

    class Meta:
        model = AIModel
        fields = "__all__"

    def clean_model_id(self) -> str:
        """The id as typed, without spaces around it."""
        return str(self.cleaned_data["model_id"]).strip()

    def clean_hugging_face_id(self) -> str:
        """The repository's id, also if its address was pasted."""
        return repository_id(self.cleaned_data["hugging_face_id"])

    def clean_aliases(self) -> list[str]:
        """The aliases without repetitions."""
        return [alias for alias in dict.fromkeys(self.cleaned_data["aliases"]) if alias != self.cleaned_data.get("model_id")]

    def place(self, refused: Violation) -> str | None:
        """Show at the id that the new id already finds another model; other refusals at their own fields."""
        names = (self.cleaned_data.get("model_id"), f"{self.cleaned_data.get('model_id')}:free")
        is_clash = refused.rule == "model_names_are_unique" and "model_id" in self.changed_data
        if is_clash and any(refused.sentence.startswith(f"The name {name} would") for name in names):
            return "model_id"
        return super().place(refused)
