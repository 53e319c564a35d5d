"""Operations that a migration groups: ``catalog/migrations/_together.py``."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pgtrigger
import pgtrigger.migrations
import pytest
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState, StateApps

from catalog.migrations._together import Together, together

ONCE = models.UniqueConstraint(fields=["owner", "key"], condition=~models.Q(key=""), name="thing_once_per_key")
FEW = models.CheckConstraint(condition=models.Q(count__lte=5), name="thing_count_is_small")
MORE = models.CheckConstraint(condition=models.Q(count__lte=9), name="thing_count_is_small")
KEPT = pgtrigger.compiler.Trigger(
    name="kept",
    sql=pgtrigger.compiler.UpsertTriggerSql(
        func="RETURN NULL;", hash="0", operation="DELETE", pgid="pgtrigger_kept_0", table="catalog_thing", when="BEFORE"
    ),
)
MADE = (
    migrations.CreateModel("owner", [("id", models.BigAutoField(primary_key=True))]),
    migrations.CreateModel("thing", [("id", models.BigAutoField(primary_key=True)), ("count", models.IntegerField())]),
    migrations.AddConstraint("thing", FEW),
)
FIELDS = (
    migrations.AddField("thing", "key", models.CharField(max_length=9, db_index=True, default="")),
    migrations.AddField("thing", "owner", models.ForeignKey("catalog.owner", models.CASCADE)),
)
RULES = (
    migrations.AddConstraint("thing", ONCE),
    migrations.AddIndex("thing", models.Index("key", "count", name="thing_by_key")),
    migrations.RemoveConstraint("thing", FEW.name),
    migrations.AddConstraint("thing", MORE),
    pgtrigger.migrations.AddTrigger("thing", KEPT),
)


def state_after(*operations: Operation) -> ProjectState:
    """A state, rendered as Django does before a migration."""
    state = ProjectState()
    for operation in operations:
        operation.state_forwards("catalog", state)
    assert state.apps
    return state


def done(operations: Sequence[Operation], start: ProjectState, *, backwards: bool = False) -> tuple[list[str], ProjectState]:
    """The SQL of a migration, and the state after it."""
    migration: Any = migrations.Migration("changed", "catalog")
    migration.operations = operations
    with connection.schema_editor(collect_sql=True) as editor:
        state = (migration.unapply if backwards else migration.apply)(start, editor)
    return [str(statement) for statement in editor.collected_sql], state


@pytest.mark.django_db
@pytest.mark.parametrize("backwards", [False, True])
def test_grouped_operations_have_the_sql_and_the_state_of_each_alone(backwards: bool) -> None:
    alone = [*FIELDS, *RULES]
    grouped = together(*alone)
    assert [type(operation) for operation in grouped] == [Together, Together]
    sql, state = done(grouped, state_after(*MADE), backwards=backwards)
    assert len(sql) >= len(alone)
    assert (sql, state) == done(alone, state_after(*MADE), backwards=backwards)


@pytest.mark.django_db
def test_the_models_are_rendered_once_for_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    start = state_after(*MADE, *FIELDS)
    rendered: Counter[str] = Counter()
    render = ModelState.render

    def counted(self: ModelState, apps: StateApps) -> type[models.Model]:
        rendered[self.name] += 1
        return render(self, apps)

    monkeypatch.setattr(ModelState, "render", counted)
    done(together(*RULES), start)
    assert rendered == {"owner": 1, "thing": 1}


def test_other_operations_stay_on_their_own() -> None:
    longer = migrations.AlterField("thing", "key", models.TextField())
    alone = [migrations.RunSQL("SELECT 1"), FIELDS[0], longer, longer, FIELDS[1], RULES[0]]
    assert together(*alone) == alone
