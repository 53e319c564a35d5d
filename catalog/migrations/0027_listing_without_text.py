"""A model that generates no text is listed without a max output length and without completion prices.

Both belong to text output: OpenRouter's Model Document V2 has ``max_length`` at text output alone, and bills embeddings by the prompt
price. Where it is not known yet what a model generates, both are needed as before.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("catalog.migrations.0024_offers").GAPS

REPLACE = """
CREATE OR REPLACE FUNCTION catalog_listing_gaps(target bigint, at timestamptz)
RETURNS TABLE (field text, sentence text) LANGUAGE sql STABLE AS $$
    WITH model AS (
        SELECT *, 'text' = ANY (output_modalities) OR output_modalities = '{}' AS writes_text
        FROM catalog_aimodel WHERE id = target
    ), line AS (
        SELECT
            service_tier, kind, usd, effective_from,
            unit = 'token' AND min_prompt_tokens IS NULL AND utc_start IS NULL AND utc_days = '{}'
                AND cache_ttl_seconds IS NULL AS is_base,
            lead(effective_from, 1, 'infinity') OVER (
                PARTITION BY kind, unit, service_tier, min_prompt_tokens, utc_start, utc_end, utc_days, cache_ttl_seconds
                ORDER BY effective_from
            ) AS until
        FROM catalog_price WHERE ai_model_id = target
    ), sold AS (
        SELECT * FROM line WHERE usd IS NOT NULL
    ), moment AS (
        SELECT service_tier, at AS moment FROM line
        UNION SELECT 'default', at
        UNION SELECT service_tier, effective_from FROM line WHERE effective_from > at
    ), incomplete AS (
        SELECT needed.kind, moment.service_tier, min(moment.moment) AS since
        FROM model CROSS JOIN moment CROSS JOIN (VALUES ('prompt'), ('completion')) AS needed (kind)
        WHERE moment.service_tier <> 'batch' AND (writes_text OR needed.kind = 'prompt') AND (
            moment.service_tier = 'default'
            OR EXISTS (
                SELECT FROM sold WHERE sold.service_tier = moment.service_tier
                    AND sold.effective_from <= moment.moment AND moment.moment < sold.until
            )
        ) AND NOT EXISTS (
            SELECT FROM sold WHERE sold.service_tier = moment.service_tier AND sold.kind = needed.kind AND is_base
                AND sold.effective_from <= moment.moment AND moment.moment < sold.until
        )
        GROUP BY needed.kind, moment.service_tier
    )
    SELECT gap.field, gap.sentence FROM model CROSS JOIN LATERAL (
        VALUES
            ('released_at', released_at IS NULL, 'It needs its release date.'),
            ('input_modalities', input_modalities = '{}', 'It needs an input modality.'),
            ('output_modalities', output_modalities = '{}', 'It needs an output modality.'),
            ('quantization', quantization IS NULL, 'It needs its quantization.'),
            ('context_length', context_length IS NULL, 'It needs its context length.'),
            ('max_output_length', writes_text AND max_output_length IS NULL, 'It needs its max output length.')
    ) AS gap (field, is_open, sentence)
    WHERE gap.is_open
    UNION ALL
    SELECT 'prices', format(
        'It needs a %s price per token in the %s tier%s.', kind, service_tier,
        CASE WHEN since > at THEN to_char(since AT TIME ZONE 'UTC', '" from "YYYY-MM-DD HH24:MI" UTC on"') ELSE '' END
    )
    FROM incomplete CROSS JOIN model
    WHERE NOT (has_free_variant AND NOT EXISTS (SELECT FROM line));
$$
"""


class Migration(migrations.Migration):
    """Replace the function. Backwards, models that are listed by the new rule stay; the old one is asked when they are next saved."""

    dependencies = [("catalog", "0026_reason_of_an_upload")]

    operations = [migrations.RunSQL(REPLACE, BEFORE)]
