"""``/pricing.csv`` and ``/api.json``, as bytes."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import AIModel
from tests.factories import make_model, make_price

pytestmark = pytest.mark.django_db


def test_the_price_list_has_every_line_with_every_digit_and_no_formula(client: Client) -> None:
    model = make_model(
        name='=HYPERLINK("x"), "One"',
        author="acme",
        has_free_variant=True,
        discount_to_user="0.1",
        prices={"prompt": "0.00000000000000000000009"},
    )
    make_price(model, "prompt", "0.5", min_prompt_tokens=200_000, service_tier="flex")
    make_price(model, "image", "0.001", unit="image", utc_start=0, utc_end=600, utc_days=["monday", "sunday"])
    make_price(model, "input_cache_write", "0", cache_ttl_seconds=3600)
    make_model("acme/secret", is_public=False)
    answer = client.get("/pricing.csv")
    name = '"\'=HYPERLINK(""x""), ""One"""'
    assert answer.content.decode("utf-8-sig").splitlines() == [
        "model_id,name,author,service_tier,is_free,kind,unit,usd,usd_per_million,min_prompt_tokens,utc_start,utc_end,utc_days,"
        "cache_ttl_seconds,discount_to_user",
        f"acme/one,{name},acme,default,false,prompt,token,0.00000000000000000000009,0.00000000000000009,,,,,,0.1",
        f"acme/one,{name},acme,default,false,input_cache_write,token,0,0,,,,,3600,0.1",
        f"acme/one,{name},acme,default,false,image,image,0.001,,,0,600,monday sunday,,0.1",
        f"acme/one,{name},acme,flex,false,prompt,token,0.5,500000,200000,,,,,0.1",
        f"acme/one,{name},acme,default,true,,,0,,,,,,,",
    ]
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert client.get("/pricing.csv", headers={"if-none-match": answer["ETag"]}).status_code == 304


def test_api_json_is_models_devs_document(client: Client) -> None:
    make_model()
    answer = client.get("/api.json")
    assert answer.content == client.get("/v1/models?format=models-dev").content
    assert b'"acme/one"' in answer.content
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert client.get("/api.json", headers={"if-none-match": answer["ETag"]}).status_code == 304


def test_no_more_queries_for_many_models_than_for_one(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/pricing.csv").status_code == 200
        return len(captured)

    make_model()
    few = queries()
    for number in range(20):
        make_model(f"acme/{number}")
    assert queries() == few
    assert AIModel.objects.count() == 21
