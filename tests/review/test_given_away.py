"""A model that OpenRouter's flat listing would show as free is listed by none of the ways in before somebody has typed its id."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.models import AIModel, ScheduledSwitch
from tests.admin.common import LIST, change, form_data
from tests.factories import make_model, make_price
from tests.pipeline.common import Pipeline, make_key, make_owner
from tests.review.common import LATER
from tests.uploads.common import UPLOAD, page, send

pytestmark = pytest.mark.django_db
SAYS = "flat listing has no key for the prices of acme/paint and shows 0"
ID = "acme/paint"


def listed_or_to_be() -> bool:
    return AIModel.objects.filter(is_listed_on_openrouter=True).exists() or ScheduledSwitch.objects.exists()


def test_every_way_in_asks_for_the_id_of_an_image_model_whose_prompt_is_0_in_the_flat_listing(
    publisher: Client, runner_inline: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = make_model(ID, output_modalities=["image"], prices={})
    make_price(model, "image_output", "0.04", unit="image")
    make_price(model, "prompt", "0")
    address = change(model)
    form = form_data(publisher, address)
    switch = {"scheduled_switches-TOTAL_FORMS": "1", "scheduled_switches-0-action": "is_listed_on_openrouter:1"}
    switch["scheduled_switches-0-effective_from"] = f"{LATER:%Y-%m-%d %H:%M:%S}"
    action = {"action": "list_on_openrouter", "_selected_action": [model.pk], "_described": "1"}
    later = {**action, "moment": switch["scheduled_switches-0-effective_from"]}

    ways: list[tuple[str, dict[str, Any]]] = [
        (address, {**form, "is_listed_on_openrouter": "on"}),
        (address, {**form, **switch}),
        (LIST, action),
        (LIST, later),
    ]
    for url, said in ways:
        review = publisher.post(url, said)
        assert SAYS in review.content.decode(), said
        again = publisher.post(url, said | {"_agreed": review.context["review"].digest})
        assert "That does not match" in again.content.decode()

    zeros = {"prompt": "0", "completion": "0"}
    source = json.dumps({"data": [{"id": ID, "name": "Paint", "output_modalities": ["image"], "pricing": zeros}]})
    upload = send(publisher, source, "feed.json", list_on_openrouter="on")
    assert SAYS in page(publisher, upload)
    publisher.post(f"{UPLOAD}{upload.pk}/", {"_confirm": "1", "_agreed": upload.outcome["digest"]})

    pipeline = Pipeline(make_key(make_owner()))
    sent: dict[str, Any] = {"name": "feed.json", "list_on_openrouter": "true"}
    _, plan = pipeline.result(source, **sent)
    assert (plan["confirm"], SAYS in str(plan["dangers"])) == (ID, True)
    assert pipeline.result(source, **sent, digest=plan["digest"])[0] == 422

    file = tmp_path / "feed.json"
    file.write_text(source)
    with pytest.raises(SystemExit):
        call_command("import_models", str(file), list_on_openrouter=True)
    assert SAYS in capsys.readouterr().out

    assert not listed_or_to_be()
    call_command("import_models", str(file), list_on_openrouter=True, confirm=ID)
    assert listed_or_to_be()
