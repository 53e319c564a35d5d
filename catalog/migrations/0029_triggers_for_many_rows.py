"""Two deferred rules pass over what they need not ask: models that are not listed, and names that a model does not have."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from catalog.migrations._together import together


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0028_imports_from_pipelines"),
    ]

    operations = together(
        pgtrigger.migrations.RemoveTrigger(
            model_name="aimodel",
            name="refuse_incomplete_listing",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="aimodel",
            name="refuse_ambiguous_name",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="price",
            name="refuse_incomplete_listing",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="scheduledswitch",
            name="refuse_incomplete_listing",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="aimodel",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_incomplete_listing",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    declare="DECLARE gaps record; wire_id text; since timestamptz;",
                    func="\n                SELECT model_id,\n                    CASE WHEN is_listed_on_openrouter OR EXISTS (SELECT FROM catalog_scheduledswitch WHERE ai_model_id = NEW.id)\n                        THEN catalog_listed_from(id, clock_timestamp())\n                    END\n                INTO wire_id, since FROM catalog_aimodel WHERE id = NEW.id;\n                IF since IS NOT NULL THEN\n                    SELECT string_agg(gap.sentence, ' ') AS sentences, (array_agg(gap.field))[1] AS field\n                    INTO gaps FROM catalog_listing_gaps(NEW.id, since) AS gap;\n                    IF gaps.field IS NOT NULL THEN\n                        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'listed_model_is_complete',\n                            TABLE = TG_TABLE_NAME, COLUMN = gaps.field,\n                            MESSAGE = wire_id || ' cannot be listed on OpenRouter: ' || gaps.sentences;\n                    END IF;\n                END IF;\n                RETURN NULL;\n            ",
                    hash="cf8e707a5de0e142113c3a0bba7e69a239bbdf78",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_refuse_incomplete_listing_8fb85",
                    table="catalog_aimodel",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="aimodel",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_ambiguous_name",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    declare="DECLARE names text[]; also text[]; slugs text[]; paid text[]; wire_id text; is_free boolean; other text; shared text;",
                    func="\n        SELECT model_id, has_free_variant, aliases::text[], (aliases || model_id)::text[],\n            CASE openrouter_slug WHEN '' THEN '{}' ELSE ARRAY[openrouter_slug] END\n        INTO wire_id, is_free, also, names, slugs FROM catalog_aimodel WHERE id = NEW.id;\n        IF is_free THEN\n            names := names || ARRAY(SELECT name || ':free' FROM unnest(names) AS name);\n            slugs := slugs || ARRAY(SELECT name || ':free' FROM unnest(slugs) AS name);\n        END IF;\n        paid := ARRAY(SELECT left(name, -5) FROM unnest(names) AS name WHERE name LIKE '%:free');\n        SELECT model_id, name INTO other, shared FROM (\n            SELECT model_id, (SELECT name FROM unnest(aliases) AS name WHERE name = ANY (names || slugs) LIMIT 1) AS name\n            FROM catalog_aimodel\n            WHERE aliases <> '{}' AND aliases && (names || slugs)::varchar[] AND id <> NEW.id\n            UNION ALL\n            SELECT model_id, model_id FROM catalog_aimodel WHERE model_id = ANY (names) AND id <> NEW.id\n        ) AS others LIMIT 1;\n        IF NOT FOUND AND paid <> '{}' THEN\n            SELECT model_id, name INTO other, shared FROM (\n                SELECT model_id, (SELECT name || ':free' FROM unnest(aliases) AS name WHERE name = ANY (paid) LIMIT 1) AS name\n                FROM catalog_aimodel\n                WHERE aliases <> '{}' AND aliases && paid::varchar[] AND has_free_variant AND id <> NEW.id\n                UNION ALL\n                SELECT model_id, model_id || ':free' FROM catalog_aimodel\n                WHERE model_id = ANY (paid) AND has_free_variant AND id <> NEW.id\n                UNION ALL\n                SELECT model_id, openrouter_slug || ':free' FROM catalog_aimodel\n                WHERE openrouter_slug <> '' AND openrouter_slug = ANY (paid) AND openrouter_slug || ':free' = ANY (also)\n                    AND has_free_variant AND id <> NEW.id\n            ) AS others LIMIT 1;\n        END IF;\n        IF NOT FOUND AND also <> '{}' THEN\n            SELECT model_id, openrouter_slug INTO other, shared FROM catalog_aimodel\n            WHERE openrouter_slug <> '' AND openrouter_slug = ANY (also) AND id <> NEW.id LIMIT 1;\n        END IF;\n        IF FOUND THEN\n            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'model_names_are_unique',\n                TABLE = TG_TABLE_NAME, COLUMN = 'aliases',\n                MESSAGE = 'The name ' || shared || ' would find both ' || wire_id || ' and ' || other || '.';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="6978143e50c47ec60b87ce19954506fd6668cb4b",
                    operation='INSERT OR UPDATE OF "model_id", "aliases", "has_free_variant", "openrouter_slug"',
                    pgid="pgtrigger_refuse_ambiguous_name_dc24b",
                    table="catalog_aimodel",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="price",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_incomplete_listing",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    declare="DECLARE gaps record; wire_id text; since timestamptz;",
                    func="\n                SELECT model_id,\n                    CASE WHEN is_listed_on_openrouter OR EXISTS (SELECT FROM catalog_scheduledswitch WHERE ai_model_id = COALESCE(NEW.ai_model_id, OLD.ai_model_id))\n                        THEN catalog_listed_from(id, clock_timestamp())\n                    END\n                INTO wire_id, since FROM catalog_aimodel WHERE id = COALESCE(NEW.ai_model_id, OLD.ai_model_id);\n                IF since IS NOT NULL THEN\n                    SELECT string_agg(gap.sentence, ' ') AS sentences, (array_agg(gap.field))[1] AS field\n                    INTO gaps FROM catalog_listing_gaps(COALESCE(NEW.ai_model_id, OLD.ai_model_id), since) AS gap;\n                    IF gaps.field IS NOT NULL THEN\n                        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'listed_model_is_complete',\n                            TABLE = TG_TABLE_NAME, COLUMN = gaps.field,\n                            MESSAGE = wire_id || ' cannot be listed on OpenRouter: ' || gaps.sentences;\n                    END IF;\n                END IF;\n                RETURN NULL;\n            ",
                    hash="7140a3cc8e56229d0c78e201a37b2bc15e1ede74",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_incomplete_listing_d855f",
                    table="catalog_price",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledswitch",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_incomplete_listing",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    declare="DECLARE gaps record; wire_id text; since timestamptz;",
                    func="\n                SELECT model_id,\n                    CASE WHEN is_listed_on_openrouter OR EXISTS (SELECT FROM catalog_scheduledswitch WHERE ai_model_id = COALESCE(NEW.ai_model_id, OLD.ai_model_id))\n                        THEN catalog_listed_from(id, clock_timestamp())\n                    END\n                INTO wire_id, since FROM catalog_aimodel WHERE id = COALESCE(NEW.ai_model_id, OLD.ai_model_id);\n                IF since IS NOT NULL THEN\n                    SELECT string_agg(gap.sentence, ' ') AS sentences, (array_agg(gap.field))[1] AS field\n                    INTO gaps FROM catalog_listing_gaps(COALESCE(NEW.ai_model_id, OLD.ai_model_id), since) AS gap;\n                    IF gaps.field IS NOT NULL THEN\n                        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'listed_model_is_complete',\n                            TABLE = TG_TABLE_NAME, COLUMN = gaps.field,\n                            MESSAGE = wire_id || ' cannot be listed on OpenRouter: ' || gaps.sentences;\n                    END IF;\n                END IF;\n                RETURN NULL;\n            ",
                    hash="a77690609ddf340b111432aebc7f40e9044b2df2",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_incomplete_listing_74b86",
                    table="catalog_scheduledswitch",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
    )
