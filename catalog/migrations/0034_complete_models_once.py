"""A listed model with several changed prices is asked once whether it is complete: the prices after the first pass the question over."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from catalog.migrations._together import together


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0033_clearer_labels"),
    ]

    operations = together(
        pgtrigger.migrations.RemoveTrigger(
            model_name="aimodel",
            name="bump_revision",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="aimodel",
            name="refuse_incomplete_listing",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="datacenter",
            name="bump_revision",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="modeldatacenter",
            name="bump_revision",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="offer",
            name="bump_revision",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="parameterdescriptor",
            name="bump_revision",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="price",
            name="bump_revision",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="price",
            name="refuse_incomplete_listing",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="provider",
            name="bump_revision",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="scheduledswitch",
            name="bump_revision",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="scheduledswitch",
            name="refuse_incomplete_listing",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="aimodel",
            trigger=pgtrigger.compiler.Trigger(
                name="bump_revision",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO catalog_catalogrevision (id, revision, changed_at) VALUES (1, 1, clock_timestamp())\n        ON CONFLICT (id) DO UPDATE\n        SET revision = catalog_catalogrevision.revision + 1, changed_at = excluded.changed_at;\n        PERFORM set_config('pgtrigger.ignore', coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}'), true);\n        PERFORM set_config('catalog.found_complete', '', true);\n        RETURN NULL;\n    ",
                    hash="ec382f756a02cadcd12114039468a7e8d910cfa2",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_bump_revision_eaed4",
                    table="catalog_aimodel",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="aimodel",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_incomplete_listing",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    declare="DECLARE gaps record; wire_id text; since timestamptz;",
                    func="\n                IF current_setting('catalog.found_complete', true) = NEW.id::text THEN\n                    RETURN NULL;\n                END IF;\n                SELECT model_id,\n                    CASE WHEN is_listed_on_openrouter OR EXISTS (SELECT FROM catalog_scheduledswitch WHERE ai_model_id = NEW.id)\n                        THEN catalog_listed_from(id, clock_timestamp())\n                    END\n                INTO wire_id, since FROM catalog_aimodel WHERE id = NEW.id;\n                IF since IS NOT NULL THEN\n                    SELECT string_agg(gap.sentence, ' ') AS sentences, (array_agg(gap.field))[1] AS field\n                    INTO gaps FROM catalog_listing_gaps(NEW.id, since) AS gap;\n                    IF gaps.field IS NOT NULL THEN\n                        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'listed_model_is_complete',\n                            TABLE = TG_TABLE_NAME, COLUMN = gaps.field,\n                            MESSAGE = wire_id || ' cannot be listed on OpenRouter: ' || gaps.sentences;\n                    END IF;\n                END IF;\n                PERFORM set_config('catalog.found_complete', NEW.id::text, true);\n                RETURN NULL;\n            ",
                    hash="497a30449c5625162e0cdc5fa148ea5e6e16ccfe",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_refuse_incomplete_listing_8fb85",
                    table="catalog_aimodel",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="datacenter",
            trigger=pgtrigger.compiler.Trigger(
                name="bump_revision",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO catalog_catalogrevision (id, revision, changed_at) VALUES (1, 1, clock_timestamp())\n        ON CONFLICT (id) DO UPDATE\n        SET revision = catalog_catalogrevision.revision + 1, changed_at = excluded.changed_at;\n        PERFORM set_config('pgtrigger.ignore', coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}'), true);\n        PERFORM set_config('catalog.found_complete', '', true);\n        RETURN NULL;\n    ",
                    hash="4c4678e21f73954f318975c4519590df48679c0e",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_bump_revision_405ed",
                    table="catalog_datacenter",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="modeldatacenter",
            trigger=pgtrigger.compiler.Trigger(
                name="bump_revision",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO catalog_catalogrevision (id, revision, changed_at) VALUES (1, 1, clock_timestamp())\n        ON CONFLICT (id) DO UPDATE\n        SET revision = catalog_catalogrevision.revision + 1, changed_at = excluded.changed_at;\n        PERFORM set_config('pgtrigger.ignore', coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}'), true);\n        PERFORM set_config('catalog.found_complete', '', true);\n        RETURN NULL;\n    ",
                    hash="b0195c05a688b574633914ca8e2b38040ffd64ab",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_bump_revision_d661d",
                    table="catalog_aimodel_datacenters",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offer",
            trigger=pgtrigger.compiler.Trigger(
                name="bump_revision",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO catalog_catalogrevision (id, revision, changed_at) VALUES (1, 1, clock_timestamp())\n        ON CONFLICT (id) DO UPDATE\n        SET revision = catalog_catalogrevision.revision + 1, changed_at = excluded.changed_at;\n        PERFORM set_config('pgtrigger.ignore', coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}'), true);\n        PERFORM set_config('catalog.found_complete', '', true);\n        RETURN NULL;\n    ",
                    hash="20f8acfd3dfd73362c44d76bbc89e1394c10033c",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_bump_revision_a9bfb",
                    table="catalog_offer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="parameterdescriptor",
            trigger=pgtrigger.compiler.Trigger(
                name="bump_revision",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO catalog_catalogrevision (id, revision, changed_at) VALUES (1, 1, clock_timestamp())\n        ON CONFLICT (id) DO UPDATE\n        SET revision = catalog_catalogrevision.revision + 1, changed_at = excluded.changed_at;\n        PERFORM set_config('pgtrigger.ignore', coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}'), true);\n        PERFORM set_config('catalog.found_complete', '', true);\n        RETURN NULL;\n    ",
                    hash="17a117d06b788e8283573b99e62cd8e8a0745777",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_bump_revision_bafac",
                    table="catalog_parameterdescriptor",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="price",
            trigger=pgtrigger.compiler.Trigger(
                name="bump_revision",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO catalog_catalogrevision (id, revision, changed_at) VALUES (1, 1, clock_timestamp())\n        ON CONFLICT (id) DO UPDATE\n        SET revision = catalog_catalogrevision.revision + 1, changed_at = excluded.changed_at;\n        PERFORM set_config('pgtrigger.ignore', coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}'), true);\n        PERFORM set_config('catalog.found_complete', '', true);\n        RETURN NULL;\n    ",
                    hash="1e021b9017e6093a0f8bf7fe08c2bc31c2659930",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_bump_revision_46834",
                    table="catalog_price",
                    when="BEFORE",
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
                    func="\n                IF current_setting('catalog.found_complete', true) = COALESCE(NEW.ai_model_id, OLD.ai_model_id)::text THEN\n                    RETURN NULL;\n                END IF;\n                SELECT model_id,\n                    CASE WHEN is_listed_on_openrouter OR EXISTS (SELECT FROM catalog_scheduledswitch WHERE ai_model_id = COALESCE(NEW.ai_model_id, OLD.ai_model_id))\n                        THEN catalog_listed_from(id, clock_timestamp())\n                    END\n                INTO wire_id, since FROM catalog_aimodel WHERE id = COALESCE(NEW.ai_model_id, OLD.ai_model_id);\n                IF since IS NOT NULL THEN\n                    SELECT string_agg(gap.sentence, ' ') AS sentences, (array_agg(gap.field))[1] AS field\n                    INTO gaps FROM catalog_listing_gaps(COALESCE(NEW.ai_model_id, OLD.ai_model_id), since) AS gap;\n                    IF gaps.field IS NOT NULL THEN\n                        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'listed_model_is_complete',\n                            TABLE = TG_TABLE_NAME, COLUMN = gaps.field,\n                            MESSAGE = wire_id || ' cannot be listed on OpenRouter: ' || gaps.sentences;\n                    END IF;\n                END IF;\n                PERFORM set_config('catalog.found_complete', COALESCE(NEW.ai_model_id, OLD.ai_model_id)::text, true);\n                RETURN NULL;\n            ",
                    hash="f91bc7f8e133b47f8de06bb2398e08f45bbb33d4",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_incomplete_listing_d855f",
                    table="catalog_price",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="provider",
            trigger=pgtrigger.compiler.Trigger(
                name="bump_revision",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO catalog_catalogrevision (id, revision, changed_at) VALUES (1, 1, clock_timestamp())\n        ON CONFLICT (id) DO UPDATE\n        SET revision = catalog_catalogrevision.revision + 1, changed_at = excluded.changed_at;\n        PERFORM set_config('pgtrigger.ignore', coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}'), true);\n        PERFORM set_config('catalog.found_complete', '', true);\n        RETURN NULL;\n    ",
                    hash="c90b3a1b275a073ee7cbd8d6454b8d6dbba6476c",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_bump_revision_629e8",
                    table="catalog_provider",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledswitch",
            trigger=pgtrigger.compiler.Trigger(
                name="bump_revision",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO catalog_catalogrevision (id, revision, changed_at) VALUES (1, 1, clock_timestamp())\n        ON CONFLICT (id) DO UPDATE\n        SET revision = catalog_catalogrevision.revision + 1, changed_at = excluded.changed_at;\n        PERFORM set_config('pgtrigger.ignore', coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}'), true);\n        PERFORM set_config('catalog.found_complete', '', true);\n        RETURN NULL;\n    ",
                    hash="faf0eafef014b39ec1fdef2681057802931025f4",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_bump_revision_b67b8",
                    table="catalog_scheduledswitch",
                    when="BEFORE",
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
                    func="\n                IF current_setting('catalog.found_complete', true) = COALESCE(NEW.ai_model_id, OLD.ai_model_id)::text THEN\n                    RETURN NULL;\n                END IF;\n                SELECT model_id,\n                    CASE WHEN is_listed_on_openrouter OR EXISTS (SELECT FROM catalog_scheduledswitch WHERE ai_model_id = COALESCE(NEW.ai_model_id, OLD.ai_model_id))\n                        THEN catalog_listed_from(id, clock_timestamp())\n                    END\n                INTO wire_id, since FROM catalog_aimodel WHERE id = COALESCE(NEW.ai_model_id, OLD.ai_model_id);\n                IF since IS NOT NULL THEN\n                    SELECT string_agg(gap.sentence, ' ') AS sentences, (array_agg(gap.field))[1] AS field\n                    INTO gaps FROM catalog_listing_gaps(COALESCE(NEW.ai_model_id, OLD.ai_model_id), since) AS gap;\n                    IF gaps.field IS NOT NULL THEN\n                        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'listed_model_is_complete',\n                            TABLE = TG_TABLE_NAME, COLUMN = gaps.field,\n                            MESSAGE = wire_id || ' cannot be listed on OpenRouter: ' || gaps.sentences;\n                    END IF;\n                END IF;\n                PERFORM set_config('catalog.found_complete', COALESCE(NEW.ai_model_id, OLD.ai_model_id)::text, true);\n                RETURN NULL;\n            ",
                    hash="2b08f622e6cbb1df58401353880b7a6797b57395",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_incomplete_listing_74b86",
                    table="catalog_scheduledswitch",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
    )
