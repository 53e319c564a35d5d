"""What a model needs to be listed on OpenRouter, by field, before the database checks it at commit."""

from django.db import connection

NEEDED = ("released_at", "input_modalities", "output_modalities", "quantization", "context_length")
"""The fields that a model needs to be listed, besides its prices: so that forms can say so beforehand. The database decides."""

NEEDED_FOR_TEXT = ("max_output_length",)
"""Those that only a model that generates text needs."""

NEEDED_PRICES = (
    "To be listed on OpenRouter, a model that generates text needs a prompt and a completion price per token, a model that generates "
    "embeddings needs a prompt price per token, and any other model needs one unconditional price, such as a price per image."
)
"""Which prices a model needs to be listed, for the help text of forms."""


def missing_for_listing(model_pk: int) -> list[tuple[str, str]]:
    """The field and the sentence of each thing for which the database will refuse to commit a model as it is now. Empty if it is
    complete, or neither listed nor scheduled to be."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT gap.field, gap.sentence
            FROM (SELECT id, catalog_listed_from(id, clock_timestamp()) AS since FROM catalog_aimodel WHERE id = %s) AS model
            CROSS JOIN LATERAL catalog_listing_gaps(id, since) AS gap WHERE since IS NOT NULL
            """,
            [model_pk],
        )
        return cursor.fetchall()
