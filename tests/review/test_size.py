"""A review of many models: the page shows the first of them, those to confirm before others, and a file has all."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.admin.reviews import page as reviews
from catalog.admin.reviews import tables
from catalog.models import Price, Reader
from tests.admin.common import LIST
from tests.factories import make_listed

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """One price for two models, for the second of which it must be confirmed; and pages that show one model."""
    monkeypatch.setattr(tables, "MAX_ROWS", 1)
    monkeypatch.setattr(reviews, "MAX_MODELS", 1)
    models = [
        make_listed(name, prices={"prompt": usd, "completion": "0.00001"})
        for name, usd in (("acme/a", "0.000002"), ("acme/b", "0.00009"))
    ]
    price = {"price": "prompt.token", "tier": "default", "amount": "2.2"}
    return {
        "action": "change_prices_to_an_amount",
        "_selected_action": [one.pk for one in models],
        "_described": "1",
        **price,
    }


def test_what_must_be_confirmed_is_on_the_page_and_all_is_in_the_file(publisher: Client, said: dict[str, object]) -> None:
    page = publisher.post(LIST, said)
    content = page.content.decode()
    assert content.count("And 1 more:") == 2
    assert content.index('name="_confirm"') < content.index('name="_file"')  # the key Enter presses the first button
    (moment,) = page.context["moments"]
    assert [model.model_id for group in moment["groups"] for table in group["tables"] for model in table.models] == [
        "acme/b"
    ]
    before = Price.objects.count()
    agreed = {"_agreed": page.context["review"].digest, "_typed": page.context["review"].to_type}
    file = publisher.post(LIST, {**said, **agreed, "_file": "1"})
    assert (file.status_code, file["Content-Type"]) == (200, "text/plain; charset=utf-8")
    text = file.content.decode()
    assert re.search(r"^To confirm\n    acme/b: ", text)
    assert len(re.findall(r"^        acme/[ab] ", text, re.MULTILINE)) == 2
    assert len(re.findall(r"^    acme/[ab]: Prompt", text, re.MULTILINE)) == 2
    assert Price.objects.count() == before


def test_of_many_reasons_to_confirm_the_page_shows_the_first_and_the_file_has_all(
    publisher: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "MAX_DANGERS", 1)
    models = [make_listed(name) for name in ("acme/a", "acme/b")]
    chosen = {"action": "take_off_openrouter", "_selected_action": [one.pk for one in models], "_described": "1"}
    page = publisher.post(LIST, chosen)
    assert [ids for _, ids in page.context["dangers"]] == [["acme/a"]]
    content = page.content.decode()
    assert "and 1 more" in content
    assert 'type <strong class="mc-id">2 models</strong>' in content
    assert 'name="_file"' in content
    file = publisher.post(LIST, {**chosen, "_file": "1"}).content.decode()
    assert re.findall(r"^    (acme/[ab]): acme/[ab] leaves the feed", file, re.MULTILINE) == ["acme/a", "acme/b"]


def test_the_review_says_what_the_reader_has_seen_before_the_change(publisher: Client, said: dict[str, object]) -> None:
    then = timezone.now() - timedelta(minutes=3, seconds=5)
    Reader.objects.create(
        name="OpenRouter", is_watched=True, format_name="openrouter", first_seen_at=then, last_success_at=then, revision=0
    )
    content = publisher.post(LIST, said).content.decode()
    assert "OpenRouter last fetched the openrouter list 3 min ago and has not fetched since the change of" in content
