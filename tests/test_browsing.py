"""Choosing, counting and ordering models: what the API and the site's list share."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from catalog import browsing
from catalog.browsing import search
from catalog.models import AIModel
from catalog.publication import Publication, render
from tests.factories import make_datacenter, make_model, make_price

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, tzinfo=UTC)
PARAMETERS = {parameter.name: parameter for parameter in browsing.FILTERS}


@pytest.fixture
def published(db: None) -> Publication:
    """Four models that differ in everything one can choose by."""
    berlin, tokyo = make_datacenter(country="DE"), make_datacenter("nrt1", country="JP")
    make_model(
        "qwen/3.5-9b",
        name="Qwen3.5 9B",
        author="qwen",
        aliases=["qwen-nine"],
        datacenters=(berlin,),
        supported_features=["tools"],
        deprecation_at=timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=30),
    )
    make_model(
        "acme/cafe",
        name="Café GPT-4",
        author="Acme",
        description="Brews answers; knows Qwen3.5 9B.",
        quantization="bf16",
        datacenters=(berlin, tokyo),
        supported_features=["tools", "reasoning"],
        input_modalities=["text", "image"],
        context_length=8000,
        max_output_length=4000,
        has_free_variant=True,
        prices={"prompt": "0.000002", "completion": "0.000008", "input_cache_read": "0.0000001"},
    )
    make_model("acme/gift", name="Gift", author="acme", quantization=None, prices={"prompt": "0", "completion": "0"})
    make_model("acme/mute", name="Mute", context_length=None, max_output_length=None, released_at=None, prices={})
    AIModel.objects.filter(model_id="acme/mute").update(context_length=None)
    return render("openrouter-api")


def chosen(publication: Publication, query: str) -> list[str]:
    """The ids that a query gives, in its order."""
    values = browsing.parse_query(QueryDict(query), (*browsing.FILTERS, browsing.SORT, *browsing.WORKLOAD))
    return [item.key for item in browsing.answer(browsing.index_of(publication), values, NOW).items()]


def counts(publication: Publication, query: str, name: str) -> dict[str, int]:
    """The numbers beside a parameter's values."""
    values = browsing.parse_query(QueryDict(query), (*browsing.FILTERS, browsing.SORT))
    return browsing.answer(browsing.index_of(publication), values, NOW).counts(PARAMETERS[name])


EVERY = ["acme/cafe", "acme/cafe:free", "acme/gift", "acme/mute", "qwen/3.5-9b"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", EVERY),
        ("q=qwen 9b", ["qwen/3.5-9b", "acme/cafe", "acme/cafe:free"]),  # in its name first, then in a description
        ("q=QWEN-NINE", ["qwen/3.5-9b"]),
        ("q=cafe", ["acme/cafe", "acme/cafe:free"]),
        ("q=CAFÉ free", ["acme/cafe:free"]),
        ("q=gpt4", ["acme/cafe", "acme/cafe:free"]),
        ("q=brews", ["acme/cafe", "acme/cafe:free"]),
        ("q=acme mute", ["acme/mute"]),
        ("q=nothing of the kind", []),
        ("q=%20", EVERY),
        ("quantizations=bf16", ["acme/cafe", "acme/cafe:free"]),
        ("quantizations=bf16,fp8", ["acme/cafe", "acme/cafe:free", "acme/mute", "qwen/3.5-9b"]),
        ("quantizations=bf16&quantizations=fp8", ["acme/cafe", "acme/cafe:free", "acme/mute", "qwen/3.5-9b"]),
        ("countries=jp", ["acme/cafe", "acme/cafe:free"]),
        ("countries=JP,DE", ["acme/cafe", "acme/cafe:free", "qwen/3.5-9b"]),
        ("countries=FR", []),
        ("free=true", ["acme/cafe:free", "acme/gift"]),
        ("free=false", ["acme/cafe", "acme/mute", "qwen/3.5-9b"]),
        ("deprecating=true", ["qwen/3.5-9b"]),
        ("deprecating=false", ["acme/cafe", "acme/cafe:free", "acme/gift", "acme/mute"]),
        ("supported_features=tools", ["acme/cafe", "acme/cafe:free", "qwen/3.5-9b"]),
        ("supported_features=tools,reasoning", ["acme/cafe", "acme/cafe:free"]),
        ("model_authors=ACME", ["acme/cafe", "acme/cafe:free", "acme/gift"]),
        ("input_modalities=image&free=false", ["acme/cafe"]),
        ("sort=context-low-to-high", ["acme/cafe", "acme/cafe:free", "acme/gift", "qwen/3.5-9b", "acme/mute"]),
        ("sort=context-high-to-low", ["acme/gift", "qwen/3.5-9b", "acme/cafe", "acme/cafe:free", "acme/mute"]),
        ("sort=name", ["acme/cafe", "acme/cafe:free", "acme/gift", "acme/mute", "qwen/3.5-9b"]),
        ("sort=cache-read-low-to-high&model_authors=acme", ["acme/cafe", "acme/cafe:free", "acme/gift"]),
    ],
)
def test_a_query_chooses_and_orders(published: Publication, query: str, found: list[str]) -> None:
    assert chosen(published, query) == found


@pytest.mark.parametrize("sort", browsing.SORTS)
def test_models_without_a_value_come_last_in_either_direction(published: Publication, sort: str) -> None:
    found = chosen(published, f"sort={sort}")
    assert sorted(found) == EVERY
    if not sort.startswith("name"):
        values = [browsing.SORTS[sort].value(published.made_of.by_name[key]) for key in found]
        known = [value for value in values if value is not None]
        assert values == [*known, *[None] * (len(values) - len(known))]
        assert known == sorted(known, reverse=browsing.SORTS[sort].descending)
        assert None in values


def test_the_number_beside_a_choice_is_what_choosing_it_would_leave(published: Publication) -> None:
    for query in ("", "q=acme", "quantizations=bf16", "supported_features=tools&countries=jp", "free=true", "q=x&free=true"):
        for parameter in browsing.FILTERS:
            if parameter.facet is None:
                continue
            for value, count in counts(published, query, parameter.name).items():
                changed = QueryDict(query, mutable=True)
                before = changed.get(parameter.name, "")
                changed[parameter.name] = f"{before},{value}" if parameter.facet.all_of and before else value
                assert count == len(chosen(published, changed.urlencode())), (query, parameter.name, value)


def test_every_value_that_a_model_has_can_be_asked_for(published: Publication) -> None:
    for parameter in browsing.FILTERS:
        for value in counts(published, "", parameter.name) if parameter.facet else ():
            assert chosen(published, f"{parameter.name}={value}"), (parameter.name, value)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("quantizations=fp9", "quantizations"),
        ("free=yes", "free"),
        ("supported_features=magic", "supported_features"),
        ("free=true&free=false", "free"),
        ("sort=cheap", "sort"),
    ],
)
def test_a_bad_value_names_its_parameter(query: str, name: str) -> None:
    with pytest.raises(browsing.BadParameter, match=f"^{name}: ") as caught:
        browsing.parse_query(QueryDict(query), (*browsing.FILTERS, browsing.SORT))
    assert caught.value.name == name


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Ö", "o"), ("ﬁne", "fine"), ("ΑΣ", "ας".replace("ς", "σ")), ("Straße", "strasse"), ("９B", "9b"), ("İ", "i")],
)
def test_folding_leaves_letters_alone(text: str, folded: str) -> None:
    assert search.fold(text) == folded


def test_the_index_is_made_once_for_a_publication(published: Publication) -> None:
    assert browsing.index_of(published) is browsing.index_of(published)


def test_the_api_answers_the_new_questions_and_documents_them(client: Client, published: Publication) -> None:
    def ids(query: str) -> list[str]:
        return [item["id"] for item in client.get(f"/api/v1/models?{query}").json()["data"]]

    assert ids("countries=jp&free=false") == ["acme/cafe"]
    assert client.get("/api/v1/models/count?deprecating=true").json()["data"]["count"] == 1
    parameters: list[dict[str, Any]] = client.get("/schema/").json()["paths"]["/api/v1/models"]["get"]["parameters"]
    described = {parameter["name"]: parameter for parameter in parameters}
    for name in ("quantizations", "countries", "free", "deprecating", "supported_features"):
        assert described[name]["description"], name


def test_a_cached_price_is_the_one_without_a_lifetime(db: None) -> None:
    model = make_model(prices={})
    make_price(model, "input_cache_read", "0.000001", cache_ttl_seconds=3600)
    assert browsing.SORTS["cache-read-low-to-high"].value(render("openrouter-api").made_of.items[0]) is None


def test_models_are_ranked_by_what_the_readers_request_costs(published: Publication) -> None:
    query = "in=5000&cached=4000&out=800&sort=cost"
    # qwen: 5000 x 0.1e-6 + 800 x 0.2e-6; cafe: 1000 x 2e-6 + 4000 x 0.1e-6 + 800 x 8e-6; mute sells nothing.
    assert chosen(published, query) == ["acme/cafe:free", "acme/gift", "qwen/3.5-9b", "acme/cafe", "acme/mute"]
    assert chosen(published, f"{query}-high-to-low") == [
        "acme/cafe",
        "qwen/3.5-9b",
        "acme/cafe:free",
        "acme/gift",
        "acme/mute",
    ]
    values = browsing.parse_query(QueryDict(query), (*browsing.FILTERS, browsing.SORT, *browsing.WORKLOAD))
    answer = browsing.answer(browsing.index_of(published), values, NOW)
    costs = {item.key: answer.cost(item) for item in answer.items()}
    assert (costs["qwen/3.5-9b"], costs["acme/cafe"]) == (Decimal("0.00066"), Decimal("0.0088"))
    assert costs["acme/mute"] is None
    assert answer.depends_on_time


@pytest.mark.parametrize(("query", "name"), [("sort=cost", "sort"), ("cached=5&in=4", "in"), ("cached=5", "in")])
def test_a_request_that_cannot_be_is_refused(client: Client, published: Publication, query: str, name: str) -> None:
    answer = client.get(f"/api/v1/models?{query}")
    assert (answer.status_code, answer.json()["error"]["message"].split(":")[0]) == (400, name)


def test_prices_are_compared_as_users_pay_them(client: Client, db: None) -> None:
    make_model("acme/list", prices={"prompt": "0.000001", "completion": "0.000002"})
    make_model("acme/off", prices={"prompt": "0.0000015", "completion": "0.000003"}, discount_to_user=Decimal("0.5"))
    make_model("acme/markup", prices={"prompt": "0.0000009", "completion": "0.0000018"}, discount_to_user=Decimal("-0.5"))

    def ids(**query: str) -> list[str]:
        return [one["id"] for one in client.get("/api/v1/models", query).json()["data"]]

    in_order = ["acme/off", "acme/list", "acme/markup"]
    for order in ("prompt", "completion", "pricing"):
        assert ids(sort=f"{order}-low-to-high") == in_order
    assert ids(max_price="0.75") == ["acme/off"]
    assert ids(min_output_price="2.7") == ["acme/markup"]
    served = [
        one["pricing"]["prompt"] for one in client.get("/api/v1/models", {"sort": "prompt-low-to-high"}).json()["data"]
    ]
    assert served == sorted(served, key=Decimal)
