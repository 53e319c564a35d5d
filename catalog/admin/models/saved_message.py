"""The message after a model was saved: whether it is live, and what was probably mistyped."""

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from catalog.admin.prices.visibility import may_see_prices
from catalog.admin.reviews.messages import discard_messages
from catalog.listing import Selection
from catalog.models import AIModel
from catalog.openrouter.readiness.checklist import LIKELY_MISTAKES, checklist


def say_what_was_saved(request: HttpRequest, model: AIModel) -> None:
    """Say whether the model is live, and warn of what was probably mistyped."""
    discard_messages(request)
    messages.success(request, live_sentence(model))
    for one in checklist(Selection.EVERY, model_ids=[model.model_id])[1]:
        if one.code in LIKELY_MISTAKES and (one.field != "prices" or may_see_prices(request)):
            messages.warning(request, f"{one.sentence} {one.remedy}")


def live_sentence(model: AIModel) -> str:
    """Whether a model that has just been saved is in the OpenRouter feed, with a link to its entry there."""
    if not AIModel.objects.listed().filter(pk=model.pk).exists():
        return f"Saved. {model} is not listed on OpenRouter."
    address = reverse("admin:catalog_aimodel_change", args=[model.pk])
    return format_html(
        'Saved. {} is in the OpenRouter feed. <a class="mc-link" href="{}#entry">Show its entry</a>.', model, address
    )
