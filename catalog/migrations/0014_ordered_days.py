"""The days of a price in the order of the week: in another order they were another line, beside the first."""

import pgtrigger
import pgtrigger.compiler
import pgtrigger.migrations
from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ORDER = """
        IF NEW.utc_days <@ '{monday,tuesday,wednesday,thursday,friday,saturday,sunday}'::varchar[] THEN
            NEW.utc_days := ARRAY(
                SELECT day FROM unnest('{monday,tuesday,wednesday,thursday,friday,saturday,sunday}'::varchar[]) WITH ORDINALITY AS week (day, place)
                WHERE day = ANY (NEW.utc_days) ORDER BY place
            );
        END IF;
        RETURN NEW;
    """


def order(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the trigger order the days that are there, but for a row whose line is there in order already: which one holds is for
    staff to say. The past of a price does not change by it, so the trigger that keeps it is not asked."""
    with pgtrigger.ignore("catalog.Price:keep_begun_prices"), schema_editor.connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE catalog_price AS price SET utc_days = utc_days WHERE cardinality(utc_days) > 1 AND NOT EXISTS (
                SELECT 1 FROM catalog_price AS other
                WHERE other.id <> price.id AND other.utc_days @> price.utc_days AND other.utc_days <@ price.utc_days
                AND (other.ai_model_id, other.kind, other.unit, other.service_tier, other.effective_from)
                    = (price.ai_model_id, price.kind, price.unit, price.service_tier, price.effective_from)
                AND (other.min_prompt_tokens, other.utc_start, other.utc_end, other.cache_ttl_seconds)
                    IS NOT DISTINCT FROM (price.min_prompt_tokens, price.utc_start, price.utc_end, price.cache_ttl_seconds)
            )
            """
        )


class Migration(migrations.Migration):
    """Going back leaves them in order."""

    dependencies = [
        ("catalog", "0013_repositories_in_the_queue"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="price",
            trigger=pgtrigger.compiler.Trigger(
                name="order_days",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (cardinality(NEW.utc_days) > 1)",
                    func=ORDER,
                    hash="f504f1bb3b3e148a5f66b3d07dcfdb6327d34514",
                    operation='INSERT OR UPDATE OF "utc_days"',
                    pgid="pgtrigger_order_days_13a23",
                    table="catalog_price",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunPython(order, migrations.RunPython.noop, elidable=True),
    ]
