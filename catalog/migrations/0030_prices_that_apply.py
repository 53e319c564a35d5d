"""Allow a model that generates neither text nor embeddings to be listed with any unconditional price.

Images are sold per image, speech per second or character. Such models had to have a prompt price per token, so staff entered 0, which
Model Document V2 showed as a free line. Text and embeddings are billed by prompt tokens, so they still need this price.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("catalog.migrations.0027_listing_without_text").REPLACE

REPLACE = """
CREATE OR REPLACE FUNCTION catalog_listing_gaps(target bigint, at timestamptz)
RETURNS TABLE (field text, sentence text) LANGUAGE sql STABLE AS $$
    WITH model AS (
        SELECT *, 'text' = ANY (output_modalities) OR output_modalities = '{}' AS writes_text,
            'embeddings' = ANY (output_modalities) AS embeds
        FROM catalog_aimodel WHERE id = target
    ), line AS (
        SELECT
            service_tier, kind, usd, effective_from, unit = 'token' AS is_per_token,
            min_prompt_tokens IS NULL AND utc_start IS NULL AND utc_days = '{}' AND cache_ttl_seconds IS NULL AS is_base,
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
    ), needed AS (
        SELECT 'prompt' AS kind, 'a prompt price per token' AS what FROM model WHERE writes_text OR embeds
        UNION ALL SELECT 'completion', 'a completion price per token' FROM model WHERE writes_text
        UNION ALL SELECT NULL, 'a price without a condition' FROM model WHERE NOT writes_text AND NOT embeds
    ), incomplete AS (
        SELECT needed.kind, needed.what, moment.service_tier, min(moment.moment) AS since
        FROM moment CROSS JOIN needed
        WHERE moment.service_tier <> 'batch' AND (
            moment.service_tier = 'default'
            OR EXISTS (
                SELECT FROM sold WHERE sold.service_tier = moment.service_tier
                    AND sold.effective_from <= moment.moment AND moment.moment < sold.until
            )
        ) AND NOT EXISTS (
            SELECT FROM sold WHERE sold.service_tier = moment.service_tier AND is_base
                AND (needed.kind IS NULL OR (sold.kind = needed.kind AND is_per_token))
                AND sold.effective_from <= moment.moment AND moment.moment < sold.until
        )
        GROUP BY needed.kind, needed.what, moment.service_tier
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
        'It needs %s in the %s tier%s.', what, service_tier,
        CASE WHEN since > at THEN to_char(since AT TIME ZONE 'UTC', '" from "YYYY-MM-DD HH24:MI" UTC on"') ELSE '' END
    )
    FROM incomplete CROSS JOIN model
    WHERE NOT (has_free_variant AND NOT EXISTS (SELECT FROM line));
$$
"""


class Migration(migrations.Migration):
    """Replace the function. After a reversal, models that only the new rule allows stay listed; the old rule applies when they are next saved."""

    dependencies = [("catalog", "0029_triggers_for_many_rows")]

    operations = [migrations.RunSQL(REPLACE, BEFORE)]
