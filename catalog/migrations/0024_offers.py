"""Offers: what a service tier or the free variant of a model states for itself. And batch, a service tier that OpenRouter has not:
a listed model needs no complete prices in it."""

import datetime
from importlib import import_module

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.math
import django.db.models.lookups
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import catalog.models.conditions
import catalog.models.fields
import catalog.models.rules
from catalog.migrations._together import together

BEFORE = import_module("catalog.migrations.0002_listing_gaps").CREATE.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
GAPS = BEFORE.replace("WHERE (\n", "WHERE moment.service_tier <> 'batch' AND (\n")


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0023_plainer_words"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = together(
        # In the order of the writers, who go from a model to its prices: each would otherwise wait for the other.
        migrations.RunSQL("LOCK TABLE catalog_aimodel, catalog_price IN SHARE ROW EXCLUSIVE MODE", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "ai_model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="catalog.aimodel",
                        verbose_name="model",
                    ),
                ),
                (
                    "variant",
                    models.CharField(
                        choices=[
                            ("flex", "Flex"),
                            ("priority", "Priority"),
                            ("ultrafast", "Ultrafast"),
                            ("batch", "Batch"),
                            ("free", "Free variant"),
                        ],
                        max_length=10,
                        verbose_name="offer",
                    ),
                ),
                (
                    "is_ready",
                    models.BooleanField(
                        blank=True, help_text="No hides this offer alone on OpenRouter.", null=True, verbose_name="ready"
                    ),
                ),
                (
                    "deprecation_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="A whole hour, UTC, at which this offer ends.",
                        null=True,
                        verbose_name="deprecation",
                    ),
                ),
                ("context_length", models.PositiveIntegerField(blank=True, null=True)),
                ("max_prompt_length", models.PositiveIntegerField(blank=True, null=True)),
                ("max_output_length", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "capacity_tpm",
                    models.PositiveBigIntegerField(blank=True, null=True, verbose_name="capacity (tokens per minute)"),
                ),
                (
                    "discount_to_user",
                    catalog.models.fields.ExactDecimalField(blank=True, decimal_places=10, max_digits=12, null=True),
                ),
                (
                    "supported_sampling_parameters",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("temperature", "temperature"),
                                ("top_p", "top_p"),
                                ("top_k", "top_k"),
                                ("min_p", "min_p"),
                                ("top_a", "top_a"),
                                ("frequency_penalty", "frequency_penalty"),
                                ("presence_penalty", "presence_penalty"),
                                ("repetition_penalty", "repetition_penalty"),
                                ("stop", "stop"),
                                ("seed", "seed"),
                                ("max_tokens", "max_tokens"),
                                ("logit_bias", "logit_bias"),
                            ],
                            max_length=40,
                        ),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "supported_features",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("tools", "Tools"),
                                ("json_mode", "JSON mode"),
                                ("structured_outputs", "Structured outputs"),
                                ("logprobs", "Log probabilities"),
                                ("web_search", "Web search"),
                                ("reasoning", "Reasoning"),
                            ],
                            max_length=40,
                        ),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "datacenters",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                (
                    "without",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("max_prompt_length", "Limit of the prompt"),
                                ("capacity_tpm", "Capacity"),
                                ("discount_to_user", "Discount"),
                                ("deprecation_at", "Deprecation"),
                                ("supported_sampling_parameters", "Sampling parameters"),
                                ("supported_features", "Features"),
                            ],
                            max_length=40,
                        ),
                        blank=True,
                        db_default=[],
                        default=list,
                        help_text="What the model has, and this offer has not.",
                        size=None,
                        verbose_name="without",
                    ),
                ),
            ],
            options={
                "ordering": ["ai_model", "variant"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="OfferEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "ai_model",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="catalog.aimodel",
                        verbose_name="model",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="catalog.offer",
                    ),
                ),
                (
                    "variant",
                    models.CharField(
                        choices=[
                            ("flex", "Flex"),
                            ("priority", "Priority"),
                            ("ultrafast", "Ultrafast"),
                            ("batch", "Batch"),
                            ("free", "Free variant"),
                        ],
                        max_length=10,
                        verbose_name="offer",
                    ),
                ),
                (
                    "is_ready",
                    models.BooleanField(
                        blank=True, help_text="No hides this offer alone on OpenRouter.", null=True, verbose_name="ready"
                    ),
                ),
                (
                    "deprecation_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="A whole hour, UTC, at which this offer ends.",
                        null=True,
                        verbose_name="deprecation",
                    ),
                ),
                ("context_length", models.PositiveIntegerField(blank=True, null=True)),
                ("max_prompt_length", models.PositiveIntegerField(blank=True, null=True)),
                ("max_output_length", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "capacity_tpm",
                    models.PositiveBigIntegerField(blank=True, null=True, verbose_name="capacity (tokens per minute)"),
                ),
                (
                    "discount_to_user",
                    catalog.models.fields.ExactDecimalField(blank=True, decimal_places=10, max_digits=12, null=True),
                ),
                (
                    "supported_sampling_parameters",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("temperature", "temperature"),
                                ("top_p", "top_p"),
                                ("top_k", "top_k"),
                                ("min_p", "min_p"),
                                ("top_a", "top_a"),
                                ("frequency_penalty", "frequency_penalty"),
                                ("presence_penalty", "presence_penalty"),
                                ("repetition_penalty", "repetition_penalty"),
                                ("stop", "stop"),
                                ("seed", "seed"),
                                ("max_tokens", "max_tokens"),
                                ("logit_bias", "logit_bias"),
                            ],
                            max_length=40,
                        ),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "supported_features",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("tools", "Tools"),
                                ("json_mode", "JSON mode"),
                                ("structured_outputs", "Structured outputs"),
                                ("logprobs", "Log probabilities"),
                                ("web_search", "Web search"),
                                ("reasoning", "Reasoning"),
                            ],
                            max_length=40,
                        ),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "datacenters",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, db_default=[], default=list, size=None
                    ),
                ),
                (
                    "without",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("max_prompt_length", "Limit of the prompt"),
                                ("capacity_tpm", "Capacity"),
                                ("discount_to_user", "Discount"),
                                ("deprecation_at", "Deprecation"),
                                ("supported_sampling_parameters", "Sampling parameters"),
                                ("supported_features", "Features"),
                            ],
                            max_length=40,
                        ),
                        blank=True,
                        db_default=[],
                        default=list,
                        help_text="What the model has, and this offer has not.",
                        size=None,
                        verbose_name="without",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="price",
            name="price_service_tier_is_known",
        ),
        migrations.AlterField(
            model_name="price",
            name="service_tier",
            field=models.CharField(
                choices=[
                    ("default", "Default"),
                    ("flex", "Flex"),
                    ("priority", "Priority"),
                    ("ultrafast", "Ultrafast"),
                    ("batch", "Batch"),
                ],
                default="default",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="priceevent",
            name="service_tier",
            field=models.CharField(
                choices=[
                    ("default", "Default"),
                    ("flex", "Flex"),
                    ("priority", "Priority"),
                    ("ultrafast", "Ultrafast"),
                    ("batch", "Batch"),
                ],
                default="default",
                max_length=10,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="datacenter",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_deletion_of_named",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE wire_id text; named_by text;",
                    func="\n        SELECT model_id, variant INTO wire_id, named_by\n        FROM catalog_offer JOIN catalog_aimodel ON catalog_aimodel.id = ai_model_id\n        WHERE datacenters @> ARRAY[OLD.id] LIMIT 1;\n        IF FOUND THEN\n            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'datacenter_of_an_offer_is_not_deleted',\n                TABLE = TG_TABLE_NAME, COLUMN = 'code',\n                MESSAGE = 'The ' || named_by || ' offer of ' || wire_id || ' is served from ' || OLD.code || '; change that first.';\n        END IF;\n        RETURN OLD;\n    ",
                    hash="7ce1faf4fe1f21fa89122747393961b011e3b1bd",
                    operation="DELETE",
                    pgid="pgtrigger_refuse_deletion_of_named_17ffc",
                    table="catalog_datacenter",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(("service_tier__in", ["default", "flex", "priority", "ultrafast", "batch"])),
                field="service_tier",
                name="price_service_tier_is_known",
                violation_error_message="The service tier is not in the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                fields=("ai_model", "variant"),
                name="offer_one_per_variant",
                violation_error_message="This offer is described twice.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(("variant__in", ["flex", "priority", "ultrafast", "batch", "free"])),
                field="variant",
                name="offer_variant_is_known",
                violation_error_message="The offer is not one of the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    models.Q(("context_length__isnull", True), ("context_length__gte", 1), _connector="OR"),
                    models.Q(("max_prompt_length__isnull", True), ("max_prompt_length__gte", 1), _connector="OR"),
                    models.Q(("max_output_length__isnull", True), ("max_output_length__gte", 1), _connector="OR"),
                ),
                field="context_length",
                name="offer_lengths_are_positive",
                violation_error_message="A length is at least one token; empty is as the model.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(("max_output_length__lte", models.F("context_length"))),
                field="max_output_length",
                name="offer_output_fits_context",
                violation_error_message="The output cannot be longer than the context.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(("max_prompt_length__lte", models.F("context_length"))),
                field="max_prompt_length",
                name="offer_prompt_fits_context",
                violation_error_message="The prompt cannot be longer than the context.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(("capacity_tpm__gte", 1), ("capacity_tpm__lte", 9007199254740991)),
                field="capacity_tpm",
                name="offer_capacity_is_positive_and_exact",
                violation_error_message="A capacity is at least one token per minute, and small enough to be written exactly.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(("discount_to_user__gt", -100), ("discount_to_user__lt", 1)),
                field="discount_to_user",
                name="offer_discount_is_below_one",
                violation_error_message="A discount is a part of the price, below 1: 0.1 takes a tenth off.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    django.db.models.lookups.LessThanOrEqual(
                        catalog.models.fields.Scale(models.F("discount_to_user")), models.Value(10)
                    )
                ),
                field="discount_to_user",
                name="offer_discount_has_ten_decimals_at_most",
                violation_error_message="A discount has ten decimals at most.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    ("deprecation_at__gte", datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                    ("deprecation_at__lte", datetime.datetime(9999, 12, 31, 0, 0, tzinfo=datetime.UTC)),
                ),
                field="deprecation_at",
                name="offer_deprecation_is_a_plausible_moment",
                violation_error_message="The deprecation must lie between 1970 and 9999.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    django.db.models.lookups.Exact(
                        django.db.models.functions.math.Mod(
                            catalog.models.conditions.Epoch(models.F("deprecation_at")), models.Value(3600)
                        ),
                        models.Value(0),
                    )
                ),
                field="deprecation_at",
                name="offer_deprecation_is_a_whole_hour",
                violation_error_message="A deprecation happens on a whole hour of UTC, such as 13:00.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    (
                        "supported_sampling_parameters__contained_by",
                        [
                            "temperature",
                            "top_p",
                            "top_k",
                            "min_p",
                            "top_a",
                            "frequency_penalty",
                            "presence_penalty",
                            "repetition_penalty",
                            "stop",
                            "seed",
                            "max_tokens",
                            "logit_bias",
                        ],
                    ),
                    django.db.models.lookups.Exact(
                        models.Func(
                            models.F("supported_sampling_parameters"),
                            function="array_ndims",
                            output_field=models.IntegerField(),
                        ),
                        models.Value(1),
                    ),
                ),
                field="supported_sampling_parameters",
                name="offer_sampling_parameters_are_known",
                violation_error_message="A sampling parameter is not one of the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    (
                        "supported_features__contained_by",
                        ["tools", "json_mode", "structured_outputs", "logprobs", "web_search", "reasoning"],
                    ),
                    django.db.models.lookups.Exact(
                        models.Func(
                            models.F("supported_features"), function="array_ndims", output_field=models.IntegerField()
                        ),
                        models.Value(1),
                    ),
                ),
                field="supported_features",
                name="offer_features_are_known",
                violation_error_message="A feature is not one of the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    (
                        "without__contained_by",
                        [
                            "max_prompt_length",
                            "capacity_tpm",
                            "discount_to_user",
                            "deprecation_at",
                            "supported_sampling_parameters",
                            "supported_features",
                        ],
                    ),
                    django.db.models.lookups.Exact(
                        models.Func(models.F("without"), function="array_ndims", output_field=models.IntegerField()),
                        models.Value(1),
                    ),
                ),
                field="without",
                name="offer_lacks_are_known",
                violation_error_message="What an offer is without is not one of the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    models.Q(("without__contains", ["max_prompt_length"]), _negated=True),
                    models.Q(("max_prompt_length__isnull", False), _negated=True),
                    _connector="OR",
                ),
                field="max_prompt_length",
                name="offer_max_prompt_length_is_set_or_lacking",
                violation_error_message="An offer has its own value or none at all, not both: clear one of the two.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    models.Q(("without__contains", ["capacity_tpm"]), _negated=True),
                    models.Q(("capacity_tpm__isnull", False), _negated=True),
                    _connector="OR",
                ),
                field="capacity_tpm",
                name="offer_capacity_tpm_is_set_or_lacking",
                violation_error_message="An offer has its own value or none at all, not both: clear one of the two.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    models.Q(("without__contains", ["discount_to_user"]), _negated=True),
                    models.Q(("discount_to_user__isnull", False), _negated=True),
                    _connector="OR",
                ),
                field="discount_to_user",
                name="offer_discount_to_user_is_set_or_lacking",
                violation_error_message="An offer has its own value or none at all, not both: clear one of the two.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    models.Q(("without__contains", ["deprecation_at"]), _negated=True),
                    models.Q(("deprecation_at__isnull", False), _negated=True),
                    _connector="OR",
                ),
                field="deprecation_at",
                name="offer_deprecation_at_is_set_or_lacking",
                violation_error_message="An offer has its own value or none at all, not both: clear one of the two.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    models.Q(("without__contains", ["supported_sampling_parameters"]), _negated=True),
                    ("supported_sampling_parameters", []),
                    _connector="OR",
                ),
                field="supported_sampling_parameters",
                name="offer_supported_sampling_parameters_is_set_or_lacking",
                violation_error_message="An offer has its own value or none at all, not both: clear one of the two.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    models.Q(("without__contains", ["supported_features"]), _negated=True),
                    ("supported_features", []),
                    _connector="OR",
                ),
                field="supported_features",
                name="offer_supported_features_is_set_or_lacking",
                violation_error_message="An offer has its own value or none at all, not both: clear one of the two.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offer",
            trigger=pgtrigger.compiler.Trigger(
                name="bump_revision",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        INSERT INTO catalog_catalogrevision (id, revision, changed_at) VALUES (1, 1, clock_timestamp())\n        ON CONFLICT (id) DO UPDATE\n        SET revision = catalog_catalogrevision.revision + 1, changed_at = excluded.changed_at;\n        PERFORM set_config('pgtrigger.ignore', coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}'), true);\n        RETURN NULL;\n    ",
                    hash="f1b0f42efe6307749c5c07427ac8cf46a5df8332",
                    level="STATEMENT",
                    operation="INSERT OR UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_bump_revision_a9bfb",
                    table="catalog_offer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offer",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncation",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF EXISTS (SELECT 1 FROM catalog_aimodel WHERE is_listed_on_openrouter UNION ALL SELECT 1 FROM catalog_scheduledswitch WHERE value) THEN\n            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'listed_models_are_not_truncated',\n                MESSAGE = 'Models are listed on OpenRouter; take them off first.';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="ed6e0145da112f9246f7956cafa40d5250bc687b",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncation_03c34",
                    table="catalog_offer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offer",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_unknown_datacenters",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (cardinality(NEW.datacenters) > 0)",
                    func="\n        IF EXISTS (SELECT FROM unnest(NEW.datacenters) AS place WHERE place IS NULL OR place NOT IN (SELECT id FROM catalog_datacenter))\n        THEN\n            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_datacenters_are_known',\n                TABLE = TG_TABLE_NAME, COLUMN = 'datacenters', MESSAGE = 'A datacenter of this offer is not there any more.';\n        END IF;\n        NEW.datacenters := ARRAY(SELECT DISTINCT place FROM unnest(NEW.datacenters) AS place ORDER BY place);\n        RETURN NEW;\n    ",
                    hash="f0c8ba5cec2fa85f745cf76ce8daf2b6118ee7ef",
                    operation='INSERT OR UPDATE OF "datacenters"',
                    pgid="pgtrigger_refuse_unknown_datacenters_c834c",
                    table="catalog_offer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offer",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_offerevent" ("ai_model_id", "capacity_tpm", "context_length", "datacenters", "deprecation_at", "discount_to_user", "id", "is_ready", "max_output_length", "max_prompt_length", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "supported_features", "supported_sampling_parameters", "variant", "without") SELECT new_values."ai_model_id", new_values."capacity_tpm", new_values."context_length", new_values."datacenters", new_values."deprecation_at", new_values."discount_to_user", new_values."id", new_values."is_ready", new_values."max_output_length", new_values."max_prompt_length", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."supported_features", new_values."supported_sampling_parameters", new_values."variant", new_values."without" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="cf52f6db97833f5e6d6baa85bf20482293e36482",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_31907",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="catalog_offer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offer",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_offerevent" ("ai_model_id", "capacity_tpm", "context_length", "datacenters", "deprecation_at", "discount_to_user", "id", "is_ready", "max_output_length", "max_prompt_length", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "supported_features", "supported_sampling_parameters", "variant", "without") SELECT new_values."ai_model_id", new_values."capacity_tpm", new_values."context_length", new_values."datacenters", new_values."deprecation_at", new_values."discount_to_user", new_values."id", new_values."is_ready", new_values."max_output_length", new_values."max_prompt_length", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."supported_features", new_values."supported_sampling_parameters", new_values."variant", new_values."without" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="49b11e91a204d734c65b907ad684ab2aa7b1d2f3",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_5a434",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="catalog_offer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offer",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_offerevent" ("ai_model_id", "capacity_tpm", "context_length", "datacenters", "deprecation_at", "discount_to_user", "id", "is_ready", "max_output_length", "max_prompt_length", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "supported_features", "supported_sampling_parameters", "variant", "without") SELECT old_values."ai_model_id", old_values."capacity_tpm", old_values."context_length", old_values."datacenters", old_values."deprecation_at", old_values."discount_to_user", old_values."id", old_values."is_ready", old_values."max_output_length", old_values."max_prompt_length", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."supported_features", old_values."supported_sampling_parameters", old_values."variant", old_values."without" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="bb49221b72029f3d4b06b9dbd2c70b0f8199a6ea",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_709a3",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="catalog_offer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offerevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="e5a470af66a9d7190fa5ed6cf39f5efdbb59ba0e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d9dac",
                    table="catalog_offerevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(GAPS, BEFORE),
    )
