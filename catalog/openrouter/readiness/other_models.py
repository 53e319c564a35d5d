"""Findings of a model that depend on other models. Each is one query."""

from collections.abc import Iterable

from django.db import connection

from catalog.models import AIModel
from catalog.models.many import numbers, one_of
from catalog.openrouter.readiness.finding import OWN, Finding, Level


def hidden_references(model_pks: Iterable[int]) -> list[Finding]:
    """The public ones of these models whose replacement no format names, because it is not public. One query."""
    rows = AIModel.objects.filter(pk__in=one_of(list(model_pks)), is_public=True, replacement__is_public=False)
    return [
        Finding(model_id, "replacement-not-public", Level.WARNING, "replacement",
                f"Its replacement, {replacement}, is not public, so no format names it.",
                "Make the replacement public, or choose another one.", OWN)
        for model_id, replacement in rows.order_by("model_id").values_list("model_id", "replacement__model_id")
    ]  # fmt: skip


CASE_TWIN = "id-differs-in-case"


def case_twins(model_pks: Iterable[int]) -> list[Finding]:
    """Those of these models whose ids differ from an older model's only by capitals. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT younger.model_id, older.model_id FROM catalog_aimodel AS younger JOIN catalog_aimodel AS older
            ON lower(older.model_id) = lower(younger.model_id) AND older.id < younger.id
            WHERE younger.id = ANY(%s::bigint[]) ORDER BY younger.model_id, older.model_id
            """,
            [numbers(model_pks)],
        )
        return [
            Finding(model_id, CASE_TWIN, Level.WARNING, "model_id",
                    f"Its id differs from {twin} only by capitals: they are two models.",
                    "Use one of them, or give it another id.", OWN)
            for model_id, twin in cursor.fetchall()
        ]  # fmt: skip
