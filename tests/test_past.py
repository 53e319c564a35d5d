"""What was, as one for a model; the difference between two moments; and how it is brought back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import pghistory
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.formats import openrouter
from catalog.history import (
    CannotRestore,
    Difference,
    ModelHistory,
    Position,
    apply,
    changed_between,
    changed_since,
    differences,
    recent_steps,
    states,
    tables_as_of,
    version,
)
from catalog.listing import Selection, listing
from catalog.models import AIModel, Datacenter, ParameterDescriptor, Price, ScheduledSwitch
from tests.clock import MoveClock, now, soon
from tests.factories import let_deferred_rules_speak, make_datacenter, make_listed, make_model, make_price
from tests.test_concurrency import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


def state(model: AIModel) -> Any:
    return states([model.pk])[model.pk]


def documents() -> list[Any]:
    return [orjson.dumps(openrouter.entry_document(entry)) for entry in listing(Selection.LISTED).entries]


def rich() -> AIModel:
    model = make_listed(
        "acme/a:b", datacenters=(make_datacenter(),), discount_to_user=Decimal("0.1"), replacement=make_model("acme/next")
    )
    make_price(model, "prompt", "0.00000000000000000000001", min_prompt_tokens=1000)
    make_price(model, "completion", "0.5", utc_start=800, utc_end=1700, utc_days=["tuesday", "monday"])
    make_price(model, "prompt", None, effective_from=timezone.now() + timedelta(days=400), min_prompt_tokens=1000)
    ParameterDescriptor.objects.create(ai_model=model, name="temperature", type="range", minimum=0, maximum=2, default=0.7)
    with transaction.atomic():
        make_price(model, "prompt", "0.5", service_tier="flex")
        make_price(model, "completion", "0.5", service_tier="flex")
    model.offers.create(variant="flex", capacity_tpm=5, datacenters=[make_datacenter("ewr1", country="US").pk])
    ScheduledSwitch.objects.create(
        ai_model=model, switch="is_ready", value=False, effective_from=timezone.now() + timedelta(days=1)
    )
    return model


def change_everything(model: AIModel) -> None:
    with transaction.atomic():
        AIModel.objects.filter(pk=model.pk).update(
            name="Other", context_length=4096, max_output_length=None, is_listed_on_openrouter=False, replacement=None
        )
        make_price(model, "prompt", "0.7", effective_from=timezone.now())
        make_price(
            model,
            "completion",
            None,
            utc_start=800,
            utc_end=1700,
            utc_days=["monday", "tuesday"],
            effective_from=timezone.now(),
        )
        make_price(model, "image", "0.1", unit="image", effective_from=timezone.now())
        model.datacenters.set([make_datacenter("nrt1", country="JP")])
        model.offers.update(capacity_tpm=None, is_ready=False, datacenters=[], without=["discount_to_user"])
        model.offers.create(variant="free", context_length=10)
        model.parameter_descriptors.update(maximum=1)
        ParameterDescriptor.objects.create(ai_model=model, name="seed", type="integer")
        model.scheduled_switches.all().delete()


def test_the_listing_as_it_was_is_the_listing_that_was() -> None:
    model = rich()
    then, was = now(), documents()
    change_everything(model)
    make_listed("acme/later")
    with tables_as_of(then):
        assert documents() == was
    assert len(documents()) == 1
    assert documents() != was


def test_rewinding_leaves_nothing_behind() -> None:
    model = rich()
    before, revision = state(model), listing(Selection.LISTED).revision
    with transaction.atomic(), tables_as_of(now() - timedelta(days=1)):
        assert listing(Selection.EVERY).entries == ()
    assert state(model) == before
    assert listing(Selection.LISTED).revision == revision


def test_who_began_first_and_wrote_last_changed_nothing_before_the_other_did() -> None:
    model = make_listed()
    with transaction.atomic():
        then = now()
        thread, raised = in_thread(lambda: AIModel.objects.update(name="First"))
        thread.join()
        AIModel.objects.update(name="Second")
    assert raised == []
    with tables_as_of(then):
        assert AIModel.objects.get().name == "Acme One"
    assert ModelHistory(model.pk).state(then)["field", "name"] == "Acme One"
    with tables_as_of(now()):
        assert AIModel.objects.get().name == "Second"


def test_a_transaction_sees_what_was_before_it() -> None:
    one, other = make_listed("one"), make_listed("other")
    with transaction.atomic():
        position = Position.now()
        AIModel.objects.filter(pk=one.pk).update(name="New")
        assert changed_since(position) == [one.pk]
        with tables_as_of(position, [one.pk]):
            (entry,) = listing(Selection.LISTED).entries
            assert (entry.model.model_id, entry.model.name) == ("one", "Acme One")
    assert other.pk not in changed_since(position)


def test_a_datacenter_touches_the_models_that_it_serves() -> None:
    place = make_datacenter()
    model = make_listed("one", datacenters=(place,))
    make_listed("other")
    position = Position.now()
    Datacenter.objects.filter(pk=place.pk).update(country="FR")
    assert changed_since(position) == [model.pk]


def test_a_version_moves_with_everything_that_belongs_to_a_model() -> None:
    model, other = rich(), make_model("acme/other")
    versions = [version(model)]
    for change in (
        lambda: AIModel.objects.filter(pk=model.pk).update(notes="x"),
        lambda: make_price(model, "image", "1", unit="image"),
        lambda: model.datacenters.clear(),
        lambda: model.parameter_descriptors.update(maximum=1),
        lambda: model.scheduled_switches.update(value=True),
    ):
        before = version(other)
        change()
        versions.append(version(model))
        assert version(other) == before
    assert len(set(versions)) == len(versions)


def test_differences_name_what_was_and_what_is() -> None:
    model = rich()
    before = state(model)
    AIModel.objects.filter(pk=model.pk).update(context_length=4096, max_output_length=4096)
    make_price(model, "completion", "0.7", effective_from=timezone.now())
    line = '["completion", "token", "default", null, null, null, [], null]'
    assert differences(before, state(model)) == [
        Difference(("field", "context_length"), 131072, 4096),
        Difference(("field", "max_output_length"), 32768, 4096),
        Difference(("price", line), "0.0000002", "0.7"),
    ]


def test_what_was_is_brought_back_to_the_last_digit() -> None:
    model = rich()
    before, was = state(model), documents()
    change_everything(model)
    wanted = differences(state(model), before)
    with transaction.atomic():
        apply(AIModel.objects.get(pk=model.pk), wanted)
    assert state(model) == before
    assert documents() == was


def test_what_a_difference_needs_may_be_gone() -> None:
    model = make_model()
    for path, new in (
        (("datacenter", "fra1"), True),
        (("field", "replacement"), "gone"),
        (("switch", "is_ready", "2020-01-01T00:00:00+00:00"), False),
    ):
        with pytest.raises(CannotRestore, match=r"fra1|gone|2020-01-01 00:00 UTC"), transaction.atomic():
            apply(model, [Difference(path, None, new)])


def test_bringing_back_holds_to_the_rules() -> None:
    model = make_listed()
    with pytest.raises(IntegrityError, match="quantization"), transaction.atomic():
        apply(model, [Difference(("field", "quantization"), "fp8", None)])
        let_deferred_rules_speak()


def test_the_steps_say_who_what_and_from_where() -> None:
    with pghistory.context(user=7, url="/admin/x"):
        model = make_model(prices={})
    with pghistory.context(source="import", origin="feed.json"):
        price = make_price(model, "prompt", "0.1", effective_from=now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_aimodel SET name = 'By hand'")
    made, priced, renamed = ModelHistory(model.pk).steps()
    assert made.context == {"user": 7, "url": "/admin/x"}
    assert priced.context == {"source": "import", "origin": "feed.json"}
    assert [(one.old, one.new) for one in priced.differences] == [(None, "0.1")]
    assert renamed.context is None
    assert renamed.differences == [Difference(("field", "name"), "Acme One", "By hand")]
    assert price.effective_from <= priced.at


def test_what_was_scheduled_is_a_step_at_its_own_moment_and_settling_it_is_none(move_clock: MoveClock) -> None:
    model = make_listed()
    moment = soon()
    ScheduledSwitch.objects.create(ai_model=model, switch="is_ready", value=False, effective_from=moment)
    make_price(model, "prompt", "0.7", effective_from=moment)
    move_clock(moment)
    ScheduledSwitch.objects.apply_due()
    last = ModelHistory(model.pk).steps()[-1]
    assert (last.at, last.is_scheduled) == (moment, True)
    assert Difference(("field", "is_ready"), True, False) in last.differences
    assert ("0.0000001", "0.7") in [(one.old, one.new) for one in last.differences]


def test_a_price_that_begins_at_once_is_one_step_with_the_rest_of_its_transaction() -> None:
    model = make_model(prices={})
    with transaction.atomic():
        AIModel.objects.filter(pk=model.pk).update(name="Other")
        Price.objects.create(ai_model=model, kind="prompt", usd=Decimal("0.1"))
        Price.objects.create(ai_model=model, kind="completion", usd=Decimal("0.2"))
    past = ModelHistory(model.pk)
    made, step = past.steps()
    assert (made.is_scheduled, step.is_scheduled) == (False, False)
    assert [(one.old, one.new) for one in step.differences] == [("Acme One", "Other"), (None, "0.1"), (None, "0.2")]
    assert past.state(step.at) == state(model)


def test_a_price_that_begins_at_once_is_no_schedule_however_long_its_transaction_takes() -> None:
    model = make_model(prices={})
    with transaction.atomic():
        AIModel.objects.filter(pk=model.pk).update(name="Other")
        price = Price.objects.create(ai_model=model, kind="prompt", usd=Decimal("0.1"))
    price.refresh_from_db()
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, begun in (("catalog_aimodelevent", "name = 'Other'"), ("catalog_priceevent", "true")):
            cursor.execute(
                f"UPDATE {table} SET pgh_created_at = %s WHERE {begun}",
                [price.effective_from - timedelta(minutes=10)],
            )
        cursor.execute("UPDATE catalog_aimodelevent SET pgh_created_at = now() - interval '1 day' WHERE name <> 'Other'")
    made, step = ModelHistory(model.pk).steps()
    assert (made.is_scheduled, step.is_scheduled) == (False, False)
    assert [(one.old, one.new) for one in step.differences] == [("Acme One", "Other"), (None, "0.1")]


def test_the_state_at_the_last_step_is_the_state_now() -> None:
    model = rich()
    change_everything(model)
    past = ModelHistory(model.pk)
    assert past.state(timezone.now()) == state(model)
    assert past.state(timezone.now() - timedelta(days=1)) == {}
    model.refresh_from_db()
    key = model.pk
    model.delete()
    assert ModelHistory(key).state(timezone.now()) == {}


def test_states_of_many_take_as_many_queries_as_of_one(django_assert_num_queries: Any) -> None:
    for count in (1, 10):
        keys = [make_model(f"{count}/{number}").pk for number in range(count)]
        with django_assert_num_queries(6):
            assert len(states(keys)) == count


def test_the_steps_since_a_moment_are_the_last_of_all_steps() -> None:
    model = rich()
    then = now()
    change_everything(model)
    AIModel.objects.filter(pk=model.pk).update(notes="Seen.")
    every = ModelHistory(model.pk).steps()
    late = ModelHistory(model.pk).steps(since=then)
    assert late == [step for step in every if step.at >= then]
    assert 0 < len(late) < len(every)


def test_the_latest_steps_of_all_models_are_the_last_of_each() -> None:
    since = now()
    made = [make_model(f"m{number}") for number in range(5)]
    for model in reversed(made):
        AIModel.objects.filter(pk=model.pk).update(name=f"Renamed {model.pk}")
    found = recent_steps(4, since, now())
    assert [one.model_id for one in found] == ["m0", "m1", "m2", "m3"]
    assert [one.step for one in found] == [ModelHistory(model.pk).steps()[-1] for model in made[:4]]
    with CaptureQueriesContext(connection) as of_one:
        recent_steps(1, since, now())
    with CaptureQueriesContext(connection) as of_many:
        recent_steps(5, since, now())
    assert len(of_many) == len(of_one)
    assert set(AIModel.objects.filter(pk__in=changed_between(since, now()))) == set(made)
    assert not AIModel.objects.filter(pk__in=changed_between(now(), now())).exists()
