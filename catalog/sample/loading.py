"""Writing the sample into an empty catalog."""

from datetime import timedelta

import pghistory
from django.db import transaction
from django.utils import timezone

from catalog.models import AIModel, Datacenter, ParameterDescriptor, Price, Provider
from catalog.sample.models import DEPRECATED, MODELS, NOT_LISTED
from catalog.sample.prices import descriptor_rows, price_rows
from catalog.sample.provider import DATACENTERS, PROVIDER


def load() -> int:
    """Write the sample into an empty catalog, in one transaction, and return the number of models."""
    now = timezone.now()
    deprecation = now.replace(hour=13, minute=0, second=0, microsecond=0) + timedelta(days=60)
    started = now - timedelta(days=90)
    with transaction.atomic(), pghistory.context(source="sample"):
        Provider.objects.get_or_create(defaults=PROVIDER)
        datacenters = {one.code: one for one in Datacenter.objects.bulk_create(_datacenter(*row) for row in DATACENTERS)}
        models = {model.model_id: model for model in AIModel.objects.bulk_create(AIModel(**facts) for facts, _ in MODELS)}
        for facts, codes in MODELS:
            models[facts["model_id"]].datacenters.set([datacenters[code] for code in codes])
        Price.objects.bulk_create(
            Price(ai_model=models[row.pop("model_id")], **{"effective_from": started, **row}) for row in price_rows(now)
        )
        ParameterDescriptor.objects.bulk_create(
            ParameterDescriptor(ai_model=models[row.pop("model_id")], **row) for row in descriptor_rows()
        )
        for model_id, replacement in DEPRECATED.items():
            AIModel.objects.filter(model_id=model_id).update(deprecation_at=deprecation, replacement=models[replacement])
        # Last, because the prices of a listed model that have started cannot be changed any more.
        AIModel.objects.exclude(model_id__in=NOT_LISTED).update(is_listed_on_openrouter=True)
    return len(models)


def _datacenter(code: str, name: str, country: str, region: str) -> Datacenter:
    return Datacenter(code=code, name=name, country=country, region=region)
