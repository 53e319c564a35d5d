"""The readiness of an offer can be scheduled.

The lists of the last release ignore the new switches: they have names of their own, so none is taken for the model's. Its dashboard and
timeline, and the form and history of a model that has one, fail: see docs/upgrade.md. The database applies what is due, whichever release
writes first.
"""

from importlib import import_module

from django.db import migrations, models

import catalog.models.rules
from catalog.migrations._together import together

_FUNCTIONS = import_module("catalog.migrations.0007_scheduled_switches").FUNCTIONS
BEFORE = _FUNCTIONS[_FUNCTIONS.index("CREATE PROCEDURE catalog_settle_switches") :].replace("CREATE", "CREATE OR REPLACE", 1)

SETTLE = """
-- Write the switches that are due into the columns of their models and offers. A switch that becomes due during this transaction is left
-- for the next one: its record would have the time at which the transaction began, which is before it was due. The row of an offer that
-- then has no value of its own is removed.
CREATE OR REPLACE PROCEDURE catalog_settle_switches() LANGUAGE sql AS $$
    WITH come AS (
        DELETE FROM catalog_scheduledswitch WHERE effective_from <= now()
        RETURNING ai_model_id, switch, value, effective_from
    ), newest AS (
        SELECT DISTINCT ON (ai_model_id, switch) * FROM come ORDER BY ai_model_id, switch, effective_from DESC
    ), of_offers AS (
        SELECT ai_model_id, split_part(switch, '.', 1) AS variant, value FROM newest WHERE switch LIKE '%.is_ready'
    ), settled AS (
        SELECT offer.id, of_offers.value, of_offers.value IS NULL AND NOT EXISTS (
            SELECT FROM jsonb_each(to_jsonb(offer) - '{id,ai_model_id,variant,is_ready}'::text[]) AS fact
            WHERE fact.value NOT IN ('null', '[]')
        ) AS states_nothing
        FROM catalog_offer AS offer JOIN of_offers USING (ai_model_id, variant)
    ), removed AS (
        DELETE FROM catalog_offer WHERE id IN (SELECT id FROM settled WHERE states_nothing)
    ), changed AS (
        UPDATE catalog_offer AS offer SET is_ready = settled.value
        FROM settled WHERE offer.id = settled.id AND NOT states_nothing
    ), added AS (
        INSERT INTO catalog_offer (ai_model_id, variant, is_ready)
        SELECT * FROM of_offers WHERE value IS NOT NULL
        AND NOT EXISTS (SELECT FROM catalog_offer AS offer WHERE (offer.ai_model_id, offer.variant) = (of_offers.ai_model_id, of_offers.variant))
    )
    UPDATE catalog_aimodel AS model SET
        is_listed_on_openrouter = coalesce(
            (SELECT value FROM newest WHERE ai_model_id = model.id AND switch = 'is_listed_on_openrouter'),
            is_listed_on_openrouter
        ),
        is_ready = coalesce((SELECT value FROM newest WHERE ai_model_id = model.id AND switch = 'is_ready'), is_ready)
    WHERE id IN (SELECT ai_model_id FROM newest WHERE switch IN ('is_listed_on_openrouter', 'is_ready'))
$$;
"""

WITHOUT_OFFERS = """
CALL catalog_settle_switches();
DELETE FROM catalog_scheduledswitch WHERE switch LIKE '%.is_ready';
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE catalog_scheduledswitchevent DISABLE TRIGGER USER;
DELETE FROM catalog_scheduledswitchevent WHERE switch LIKE '%.is_ready';
ALTER TABLE catalog_scheduledswitchevent ENABLE TRIGGER USER;
"""
"""The reverse: switches that are due are applied. Those of offers that are not due are removed, with their records, which the last
release cannot read."""

SWITCH = models.CharField(
    choices=[
        ("is_listed_on_openrouter", "Listed on OpenRouter"),
        ("is_ready", "Ready"),
        ("flex.is_ready", "Flex: ready"),
        ("priority.is_ready", "Priority: ready"),
        ("ultrafast.is_ready", "Ultrafast: ready"),
        ("batch.is_ready", "Batch: ready"),
        ("free.is_ready", "Free variant: ready"),
    ],
    max_length=30,
)
VALUE = models.BooleanField(
    blank=True,
    default=True,
    help_text="Unknown: the offer uses the model's value.",
    null=True,
    verbose_name="turned on",
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0030_prices_that_apply")]

    operations = together(
        migrations.RemoveConstraint(model_name="scheduledswitch", name="switch_is_known"),
        migrations.AlterField(model_name="scheduledswitch", name="switch", field=SWITCH),
        migrations.AlterField(model_name="scheduledswitch", name="value", field=VALUE),
        migrations.AlterField(model_name="scheduledswitchevent", name="switch", field=SWITCH.clone()),
        migrations.AlterField(model_name="scheduledswitchevent", name="value", field=VALUE.clone()),
        migrations.AddConstraint(
            model_name="scheduledswitch",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    switch__in=[
                        "is_listed_on_openrouter",
                        "is_ready",
                        "flex.is_ready",
                        "priority.is_ready",
                        "ultrafast.is_ready",
                        "batch.is_ready",
                        "free.is_ready",
                    ]
                ),
                field="switch",
                name="switch_is_known",
                violation_error_message="The switch is not in the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledswitch",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    ("value__isnull", False),
                    models.Q(("switch__in", ["is_listed_on_openrouter", "is_ready"]), _negated=True),
                    _connector="OR",
                ),
                field="value",
                name="switch_of_a_model_has_a_value",
                violation_error_message="A switch of a model must be on or off. Only a switch of an offer can be “same as the model”.",
            ),
        ),
        migrations.RunSQL(SETTLE, BEFORE),
        migrations.RunSQL(migrations.RunSQL.noop, WITHOUT_OFFERS),
    )
