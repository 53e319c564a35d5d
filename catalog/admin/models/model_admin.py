"""The form of a model: its fields, who may change what, and what is shown before and after saving. ``changelist`` has the list.

``form`` checks what is typed. Each mixin adds the pages of one other screen.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.postgres.fields import ArrayField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from catalog.admin.activity.page import ActivityMixin
from catalog.admin.base import CatalogAdmin
from catalog.admin.bulk_actions.operations import OPERATIONS
from catalog.admin.bulk_actions.page import action as bulk_action
from catalog.admin.exports import EXPORTS, ExportsMixin
from catalog.admin.fields import BOX, DayInput, UTCDateTimeField, UTCDateTimeInput, number_box
from catalog.admin.history.pages import HistoryMixin
from catalog.admin.imports.hugging_face import HuggingFaceMixin
from catalog.admin.imports.uploads import UploadsMixin
from catalog.admin.models.changelist import ModelListMixin
from catalog.admin.models.conflicts import conflict
from catalog.admin.models.form import DEPRECATION_TIME, NEEDED_SENTENCE, ModelForm
from catalog.admin.models.offers import OfferInline
from catalog.admin.models.openrouter_panel import openrouter_view
from catalog.admin.models.parameters import ParameterDescriptorInline
from catalog.admin.models.presets import COPY, initial_values, links
from catalog.admin.models.saved_message import say_what_was_saved
from catalog.admin.models.scheduled_switches import SwitchInline
from catalog.admin.price_list.page import PriceListMixin
from catalog.admin.prices.inline import PriceInline
from catalog.admin.prices.scheduled import save_with_scheduled
from catalog.admin.prices.visibility import may_see_prices
from catalog.admin.reviews.page import may_list
from catalog.admin.timeline.page import TimelineMixin
from catalog.models import AIModel, Proposal, ProposalStatus
from catalog.models.violations import Violation
from catalog.openrouter.needed import NEEDED, NEEDED_FOR_TEXT, missing_for_listing


@admin.register(AIModel)
class AIModelAdmin(
    ModelListMixin,
    HuggingFaceMixin,
    UploadsMixin,
    ExportsMixin,
    PriceListMixin,
    TimelineMixin,
    ActivityMixin,
    HistoryMixin,
    CatalogAdmin,
):
    """Models with their prices and datacenters."""

    form = ModelForm
    inlines = [PriceInline, OfferInline, SwitchInline, ParameterDescriptorInline]
    actions_list = ["hugging_face", "upload", "listing_at"]
    actions_detail = ["duplicate"]
    actions = [bulk_action(operation) for operation in OPERATIONS]
    reviewed_actions = frozenset(operation.name for operation in OPERATIONS) | EXPORTS.keys()
    autocomplete_fields = ["replacement"]
    change_form_template = "admin/models/change_form.html"
    change_form_outer_before_template = "admin/models/openrouter_panel.html"
    fieldsets = [
        (None, {"fields": [("model_id", "name")]}),
        (
            "Identity",
            {
                "fields": [
                    "aliases",
                    ("author", "category"),
                    ("hugging_face_id", "openrouter_slug"),
                    "description",
                    "released_at",
                    "knowledge_cutoff",
                ]
            },
        ),
        (
            "Capabilities",
            {
                "fields": [
                    ("input_modalities", "output_modalities"),
                    ("supported_sampling_parameters", "supported_features"),
                    ("context_length", "max_output_length"),
                    ("quantization", "max_prompt_length"),
                    ("tokenizer", "instruct_type"),
                    ("family", "license"),
                    ("has_open_weights", "reasoning_is_mandatory"),
                    ("reasoning_is_default", "reasoning_takes_max_tokens"),
                    ("reasoning_efforts", "reasoning_default_effort"),
                ],
                "description": "State what your servers support, not what the model card promises.",
            },
        ),
        (
            "Serving",
            {"fields": ["datacenters", ("capacity_tpm", "discount_to_user"), ("has_free_variant", "is_moderated")]},
        ),
        (
            "Visibility",
            {
                "fields": [
                    "is_listed_on_openrouter",
                    "is_ready",
                    ("is_public", "is_mentioned_after_removal"),
                    "deprecation_at",
                    "replacement",
                ],
                "description": "OpenRouter polls the feed: it hides a missing model, and the model does not come "
                "back automatically. Before you delete a listed model, take it off OpenRouter.",
            },
        ),
        ("Internal notes", {"fields": ["notes"]}),
    ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Checkboxes for every vocabulary, and one line for the aliases."""
        field = self._box(db_field, request, **kwargs)
        if db_field.name in (*NEEDED, *NEEDED_FOR_TEXT):
            which = "" if db_field.name in NEEDED else " a model that generates text"
            field.help_text = format_html("<strong>Needed to list{} on OpenRouter.</strong> {}", which, field.help_text)
        return field

    def _box(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "aliases":
            kwargs["widget"] = UnfoldAdminTextInputWidget
        if db_field.name in ("released_at", "deprecation_at"):
            # A release date has no time; for a deprecation without an hour OpenRouter assumes 13:00.
            is_day = db_field.name == "released_at"
            widget = UTCDateTimeInput(BOX, is_day=is_day, is_hour=not is_day, time=DEPRECATION_TIME)
            return UTCDateTimeField(
                label=capfirst(db_field.verbose_name), help_text=db_field.help_text, required=False, widget=widget
            )
        if db_field.name == "knowledge_cutoff":
            kwargs["widget"] = DayInput(BOX)
        if isinstance(db_field, ArrayField) and db_field.base_field.choices:
            return forms.MultipleChoiceField(
                choices=db_field.base_field.choices,  # type: ignore[arg-type]
                required=False,
                label=db_field.verbose_name.removeprefix("supported ").capitalize(),
                help_text=db_field.help_text,
                widget=UnfoldAdminCheckboxSelectMultipleWidget(),
            )
        return super().formfield_for_dbfield(db_field, request, **{**number_box(db_field), **kwargs})

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Checkboxes for the datacenters."""
        return super().formfield_for_manytomany(
            db_field, request, widget=UnfoldAdminCheckboxSelectMultipleWidget(), **kwargs
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The values of the preset or of the copied model, overridden by those of the address."""
        return initial_values(request).initial | super().get_changeform_initial_data(request)

    def get_formset_kwargs(self, request: HttpRequest, obj: AIModel, inline: Any, prefix: str) -> dict[str, Any]:
        """The arguments of the formsets: a new model starts with the prices of its preset, or of the model that it copies."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        is_new = isinstance(inline, PriceInline) and obj.pk is None
        return {**kwargs, "initial": initial_values(request).prices} if is_new and request.method == "GET" else kwargs

    def get_readonly_fields(self, request: HttpRequest, obj: AIModel | None = None) -> list[str]:
        """Only those who may list on OpenRouter, or propose it, can change the flag."""
        fields = list(super().get_readonly_fields(request, obj))
        return fields if may_list(request) else [*fields, "is_listed_on_openrouter"]

    def refusals(self, saved: AIModel) -> list[Violation]:
        """What the model lacks to be listed, each at its field; for prices, the sentences name the price."""
        return [
            Violation("listed_model_is_complete", sentence if field == "prices" else NEEDED_SENTENCE, field)
            for field, sentence in missing_for_listing(saved.pk)
        ]

    def has_listing_permission(self, request: HttpRequest) -> bool:
        """Whether they may list models and take them off, or propose it: the actions of the list that do so ask."""
        return bool(self.has_change_permission(request)) and may_list(request)

    def has_delete_permission(self, request: HttpRequest, obj: AIModel | None = None) -> bool:
        """A listed model must be taken off first; the database refuses to delete it."""
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and not (obj is not None and obj.is_listed_on_openrouter)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """For a listed model, redirect back with the reason."""
        stored = self.get_object(request, unquote(object_id))
        if stored is not None and self.has_delete_permission(request) and not self.has_delete_permission(request, stored):
            messages.error(request, f"{stored} is listed on OpenRouter. Take it off first.")
            return HttpResponseRedirect(reverse("admin:catalog_aimodel_change", args=[stored.pk]))
        return super().delete_view(request, object_id, *args, **kwargs)

    def has_duplicate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """As for adding one. Unfold would look for a permission by its name in the database, before there is one."""
        return self.has_add_permission(request)

    @action(description="Duplicate", icon="content_copy", permissions=["duplicate"])  # type: ignore[untyped-decorator]
    def duplicate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of a new model, filled in as this one is, without its id and not listed."""
        return HttpResponseRedirect(f"{reverse('admin:catalog_aimodel_add')}?{urlencode({COPY: object_id})}")

    def response_add(self, request: HttpRequest, obj: AIModel, *args: Any, **kwargs: Any) -> HttpResponse:
        """Note what was saved, for ``saved``."""
        request.saved_model = obj  # type: ignore[attr-defined]
        answer: HttpResponse = super().response_add(request, obj, *args, **kwargs)
        return answer

    def response_change(self, request: HttpRequest, obj: AIModel) -> HttpResponse:
        """Likewise."""
        request.saved_model = obj  # type: ignore[attr-defined]
        answer: HttpResponse = super().response_change(request, obj)
        return answer

    def saved(self, request: HttpRequest) -> None:
        """Add the message that says what is live now, instead of Django's message."""
        if model := getattr(request, "saved_model", None):
            say_what_was_saved(request, model)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """Listed models are named as obstacles by their ids; Django would say that the account lacks a permission."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        listed = [
            f"{one.model_id} is listed on OpenRouter. Take it off first." for one in objs if one.is_listed_on_openrouter
        ]
        if listed and self.has_delete_permission(request):
            lacking.discard(self.opts.verbose_name)
        return deleted, counts, lacking, [*protected, *listed]

    def save_stored(self, request: HttpRequest, stored: Any, form: Callable[[], HttpResponse]) -> HttpResponse:
        """Save the form, and offer to change the scheduled prices that follow a changed price, too."""
        return save_with_scheduled(request, stored, partial(super().save_stored, request, stored, form))

    def conflict(self, request: HttpRequest, stored: Any, current: str, form: Callable[[], HttpResponse]) -> HttpResponse:
        """Show both changes, or save this one on top of the other."""
        return conflict(request, stored, current, form)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """With what OpenRouter gets, and the findings."""
        if stored := kwargs.get("obj") or (args[3] if len(args) > 3 else None):
            context["openrouter"] = openrouter_view(stored, with_prices=may_see_prices(request))
            is_editor = self.has_change_permission(request, stored) and not may_list(request)
            context["openrouter"]["is_for_publishers"] = is_editor and context["openrouter"]["is_listed"]
            open_ones = Proposal.objects.filter(status=ProposalStatus.OPEN, changes__contains=[{"pk": stored.pk}])
            context["proposals"] = open_ones.values_list("pk", flat=True)
        elif "hugging_face" not in context:
            context["presets"] = links(request)
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer
