"""What a model lacks to be listed on OpenRouter, as a function of the database.

The one spelling of the rule: the deferred triggers refuse by it, readiness shows it. A later version is a new migration
that replaces the function.
"""

from django.db import migrations

# A model's entries in the feed are its service tiers that have prices, and the default tier always. Each must have the
# lines that the flat feed needs, now and at every later moment at which a row begins: so that no passing of time
# makes an entry malformed. A model without any price is complete if it is offered for free alone.
CREATE = """
CREATE FUNCTION catalog_listing_gaps(target bigint, at timestamptz)
RETURNS TABLE (field text, sentence text) LANGUAGE sql STABLE AS $$
    WITH model AS (
        SELECT * FROM catalog_aimodel WHERE id = target
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
        FROM moment CROSS JOIN (VALUES ('prompt'), ('completion')) AS needed (kind)
        WHERE (
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
            ('released_at', released_at IS NULL, 'It needs the moment it was released.'),
            ('input_modalities', input_modalities = '{}', 'It needs an input modality.'),
            ('output_modalities', output_modalities = '{}', 'It needs an output modality.'),
            ('quantization', quantization IS NULL, 'It needs its quantization.'),
            ('context_length', context_length IS NULL, 'It needs its context length.'),
            ('max_output_length', max_output_length IS NULL, 'It needs its longest output.')
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
    """Create the function."""

    dependencies = [("catalog", "0001_catalog_models")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION catalog_listing_gaps(bigint, timestamptz)")]
