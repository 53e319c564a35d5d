"""The sample catalog has one of everything, and keeps every rule."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalog.listing import Selection, listing
from catalog.models import AIModel, Datacenter, ParameterDescriptor, Price
from catalog.openrouter.readiness.checklist import findings
from catalog.openrouter.readiness.finding import Level
from catalog.openrouter.readiness.listing_gaps import gaps
from tests.factories import let_deferred_rules_speak, make_model


@pytest.fixture(autouse=True)
def _loaded(db: None) -> None:
    call_command("load_sample", verbosity=0)
    let_deferred_rules_speak()


def test_it_holds_real_models_of_many_makers_and_kinds() -> None:
    assert AIModel.objects.count() >= 15
    assert AIModel.objects.values("author").distinct().count() >= 8
    kinds = {modality for row in AIModel.objects.values_list("output_modalities", flat=True) for modality in row}
    assert kinds >= {"text", "embeddings", "image"}
    assert AIModel.objects.filter(input_modalities__contains=["image"]).exists()
    assert Datacenter.objects.values("country").distinct().count() >= 3
    assert ParameterDescriptor.objects.exists()


def test_it_has_one_of_everything() -> None:
    now = timezone.now()
    assert Price.objects.filter(min_prompt_tokens__isnull=False).exists()
    assert Price.objects.filter(utc_start__isnull=False).exists()
    assert Price.objects.filter(service_tier="flex").exists()
    assert Price.objects.filter(effective_from__gt=now).exists()
    assert AIModel.objects.filter(has_free_variant=True).count() == 1
    assert AIModel.objects.filter(is_ready=False).count() == 1
    assert AIModel.objects.filter(is_listed_on_openrouter=False).count() == 2
    assert AIModel.objects.get(deprecation_at__gt=now + timedelta(days=30)).replacement is not None


def test_what_is_listed_is_complete_and_openrouter_would_bill_it_as_meant() -> None:
    assert gaps(AIModel.objects.listed().values_list("pk", flat=True)) == []
    found = findings(listing(Selection.LISTED))
    assert {finding.code for finding in found} == {"not-ready", "price-not-billed"}
    assert all(finding.level is Level.NOTE for finding in found)


def test_a_second_load_is_refused_and_changes_nothing() -> None:
    prices = Price.objects.count()
    with pytest.raises(CommandError, match="not empty"):
        call_command("load_sample")
    call_command("load_sample", if_empty=True)
    assert Price.objects.count() == prices


def test_a_catalog_with_any_model_is_left_alone() -> None:
    AIModel.objects.update(is_listed_on_openrouter=False, replacement=None)
    AIModel.objects.all().delete()
    make_model()
    call_command("load_sample", if_empty=True)
    assert AIModel.objects.count() == 1
