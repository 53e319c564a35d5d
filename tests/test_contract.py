"""The API keeps what its OpenAPI document says, whatever it is sent, on a running server."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings

from catalog.models import ApiKey
from tests.examples import examples
from tests.factories import make_listed

DEPENDENT = {"list_api_models", "count_api_models", "compute_model_cost"}
"""Operations that may refuse parameters which are right one by one: a part of a request that is more than the whole."""


@pytest.mark.hypothesis
@pytest.mark.django_db(transaction=True)
def test_every_answer_is_documented_and_none_is_a_server_error(live_server: Any) -> None:
    import schemathesis  # takes half a second, which only the process that runs this test needs
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    make_listed(has_free_variant=True)
    _, key = ApiKey.objects.create_key(name="test")
    schema = schemathesis.openapi.from_url(f"{live_server.url}/schema/")
    operations: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    assert len(operations) == 19
    for operation in operations:

        @settings(max_examples=examples(40, 200), deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            needs_key = "security" in case.operation.definition.raw
            may_refuse = case.operation.definition.raw["operationId"] in DEPENDENT
            case.call_and_validate(
                headers={"Authorization": f"Bearer {key}"} if needs_key else None,
                excluded_checks=[positive_data_acceptance] if may_refuse else None,
            )

        call()


@pytest.mark.slow
@pytest.mark.django_db
def test_the_bounds_in_the_schema_are_those_of_the_code(client: Client) -> None:
    make_listed()
    numbers = 0
    for path, item in client.get("/schema/").json()["paths"].items():
        for parameter in item.get("get", {}).get("parameters", ()):
            name, schema = parameter["name"], parameter["schema"]
            if parameter["in"] != "query" or schema.get("type") not in ("integer", "number"):
                continue
            numbers += 1
            least, most = schema["minimum"], schema.get("maximum")
            inside, outside = ((least, 10**300), (least - 1,)) if most is None else ((least, most), (least - 1, most + 1))
            for value, is_taken in [*((value, True) for value in inside), *((value, False) for value in outside)]:
                answer = client.get(path.replace("{model_id}", "acme/one"), {name: value})
                refusal = answer.json()["error"]["message"] if answer.status_code == 400 else ""
                assert (str(value) not in refusal.partition(" is not ")[0]) is is_taken, (path, name, value, refusal)
    assert numbers > 20
