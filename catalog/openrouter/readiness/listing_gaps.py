"""What a model needs to be listed, asked of the rule itself: the database's function ``catalog_listing_gaps``.

Its text is in the newest migration that replaces it: ``grep -l "FUNCTION catalog_listing_gaps" catalog/migrations/*``.
"""

from collections.abc import Iterable

from django.db import connection

from catalog.models.many import numbers
from catalog.openrouter.readiness.finding import REQUIRED, Finding, Level

GAP_REMEDIES = {"prices": "Add it to the price list, without a condition."}


def gaps(model_pks: Iterable[int]) -> list[Finding]:
    """What these models need to be listed, now and at every later time, as the database finds it. One query.

    It uses the statement's time, which does not change during the query, so the planner can inline the function.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT model_id, gap.field, gap.sentence
            FROM catalog_aimodel CROSS JOIN LATERAL catalog_listing_gaps(id, statement_timestamp()) AS gap
            WHERE id = ANY(%s::bigint[]) ORDER BY model_id
            """,
            [numbers(model_pks)],
        )
        return [
            Finding(model_id, f"{field.replace('_', '-')}-missing", Level.ERROR, field, sentence,
                    GAP_REMEDIES.get(field, "Fill it in."), REQUIRED)
            for model_id, field, sentence in cursor.fetchall()
        ]  # fmt: skip
