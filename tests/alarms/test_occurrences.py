"""What alarms are raised about, and when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog import checklist
from catalog.alarms import record
from catalog.models import (
    AlarmKind,
    DriftCheck,
    Price,
    Reader,
    ScheduledSwitch,
    Switch,
)
from catalog.openrouter.readiness.finding import Finding, Level
from tests.alarms.common import kinds, make_reader, problem
from tests.factories import make_listed, make_model, make_price

pytestmark = pytest.mark.django_db


def test_where_nothing_is_wrong_nothing_is_raised() -> None:
    make_listed()
    make_reader(last_success_at=timezone.now())
    assert kinds() == {}


def test_a_watched_reader_that_goes_quiet_is_missed() -> None:
    last = timezone.now() - timedelta(minutes=30)
    facts = {"last_success_at": last, "counted": 11, "counted_from": last - timedelta(minutes=40)}
    reader = make_reader(**facts, last_failure_at=last + timedelta(minutes=1), last_failure_status=503)
    make_reader(**facts, agent="unwatched", is_watched=False)
    text = kinds()[AlarmKind.READER_QUIET]
    assert text.startswith("OpenRouter has not fetched the openrouter list since ")
    assert text.endswith("Its last request got status 503.")
    Reader.objects.filter(pk=reader.pk).update(counted_from=last - timedelta(minutes=400))  # it comes every 40 minutes
    assert kinds() == {}
    Reader.objects.filter(pk=reader.pk).update(quiet_after=20)
    assert AlarmKind.READER_QUIET in kinds()


def test_a_stale_list_and_refused_losses_are_raised_while_they_last() -> None:
    make_reader(last_success_at=timezone.now(), stale_at=timezone.now(), stale_cause="rebuild-failed")
    problem()
    assert kinds() == {
        AlarmKind.STALE: "The last good copy of the openrouter list is sent (rebuild-failed); 1 reader got it.",
        AlarmKind.LOSSES: "The openrouter list was refused: 2 entries would be gone",
    }
    assert AlarmKind.STALE not in kinds(timezone.now() + timedelta(minutes=6))
    assert AlarmKind.LOSSES not in kinds(timezone.now() + timedelta(minutes=6))


@pytest.mark.parametrize(("ahead", "days"), [(29, 30), (6, 7), (0.9, 1)])
def test_a_deprecation_is_announced_in_steps(ahead: float, days: int) -> None:
    hour = (timezone.now() + timedelta(days=ahead)).replace(minute=0, second=0, microsecond=0)
    make_listed("acme/one", deprecation_at=hour)
    make_model("acme/private", deprecation_at=hour, is_public=False)
    text = kinds()[AlarmKind.DEPRECATION]
    assert f"within {days} days" in text
    assert "acme/one" in text
    assert "private" not in text


def test_a_deprecation_that_is_far_is_not_announced() -> None:
    make_listed(deprecation_at=(timezone.now() + timedelta(days=40)).replace(minute=0, second=0, microsecond=0))
    assert kinds() == {}


def test_scheduled_changes_that_came_are_told_by_their_moment() -> None:
    one, two = make_listed("acme/one"), make_listed("acme/two")
    moment = timezone.now() + timedelta(hours=3)
    make_price(one, "prompt", "0.0000003", effective_from=moment)
    ScheduledSwitch.objects.create(ai_model=two, switch=Switch.READY, value=False, effective_from=moment)
    assert kinds() == {}  # what was written at once is not scheduled
    come = kinds(moment + timedelta(minutes=1))
    assert (
        come[AlarmKind.SCHEDULED] == f"Scheduled changes came into force at {moment:%Y-%m-%d %H:%M} UTC: acme/one, acme/two."
    )
    Price.objects.filter(effective_from=moment).delete()
    ScheduledSwitch.objects.all().delete()
    assert kinds(moment + timedelta(minutes=1)) == {}


def test_drift_is_raised_again_where_it_is_another_one() -> None:
    first = {"entry": "acme/one", "what": "price", "field": "prompt", "ours": "1", "theirs": "2"}
    DriftCheck.objects.create(side="market", state="different", differences=[first])
    assert kinds()[AlarmKind.DRIFT] == "OpenRouter: 1 difference. acme/one: price."
    assert len(record()) == 1
    DriftCheck.objects.create(side="market", state="different", differences=[{**first, "theirs": "3"}])
    assert record() == []
    DriftCheck.objects.create(side="market", state="different", differences=[first, {**first, "entry": "acme/two"}])
    assert len(record()) == 1
    DriftCheck.objects.create(side="market", state="unknown", unknown=["silent"])
    assert kinds() == {}


def test_a_listed_model_with_an_error_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_listed()
    finding = Finding(model.model_id, "some-rule", Level.ERROR, "name", "It is wrong.", "Mend it.", "")
    monkeypatch.setattr(checklist, "listed_findings", lambda: [finding])
    assert kinds() == {AlarmKind.READINESS: "acme/one is listed and has errors. some-rule: It is wrong."}
