"""Facts that readers have: family, license, open weights, reasoning. And ids of every script.

The rules of ids hold for what is written from now on: a catalog that has an id such as ``a//b`` keeps it until it is changed, and
no long check holds the table while the site runs.
"""

import django.contrib.postgres.fields
import django.db.models.lookups
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import catalog.models.conditions
import catalog.models.rules
from catalog.migrations._together import together


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0019_alarms_and_drift"),
    ]

    operations = together(
        pgtrigger.migrations.RemoveTrigger(
            model_name="aimodel",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="aimodel",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="aimodel",
            name="delete_delete",
        ),
        migrations.RemoveConstraint(
            model_name="aimodel",
            name="model_id_has_no_odd_characters",
        ),
        migrations.RemoveConstraint(
            model_name="aimodel",
            name="model_aliases_are_ids",
        ),
        migrations.AddField(
            model_name="aimodel",
            name="family",
            field=models.CharField(blank=True, db_default="", default="", help_text="Such as qwen or llama.", max_length=80),
        ),
        migrations.AddField(
            model_name="aimodel",
            name="has_open_weights",
            field=models.BooleanField(
                blank=True,
                help_text="Whether the weights can be downloaded. Unknown: where a Hugging Face id is known, they can.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="aimodel",
            name="license",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Of the weights, as Hugging Face calls it: apache-2.0.",
                max_length=80,
            ),
        ),
        migrations.AddField(
            model_name="aimodel",
            name="reasoning_default_effort",
            field=models.CharField(
                blank=True,
                choices=[
                    ("max", "max"),
                    ("xhigh", "xhigh"),
                    ("high", "high"),
                    ("medium", "medium"),
                    ("low", "low"),
                    ("minimal", "minimal"),
                    ("none", "none"),
                ],
                db_default="",
                default="",
                help_text="The effort where a request asks for reasoning without one.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="aimodel",
            name="reasoning_efforts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("max", "max"),
                        ("xhigh", "xhigh"),
                        ("high", "high"),
                        ("medium", "medium"),
                        ("low", "low"),
                        ("minimal", "minimal"),
                        ("none", "none"),
                    ],
                    max_length=40,
                ),
                blank=True,
                db_default=[],
                default=list,
                help_text="The efforts that a request may ask for. None: any, or unknown.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="aimodel",
            name="reasoning_is_default",
            field=models.BooleanField(blank=True, help_text="Whether it reasons unless told not to.", null=True),
        ),
        migrations.AddField(
            model_name="aimodel",
            name="reasoning_is_mandatory",
            field=models.BooleanField(blank=True, help_text="Whether reasoning cannot be switched off.", null=True),
        ),
        migrations.AddField(
            model_name="aimodel",
            name="reasoning_takes_max_tokens",
            field=models.BooleanField(
                blank=True, help_text="Whether a request can limit the tokens of reasoning.", null=True
            ),
        ),
        migrations.AddField(
            model_name="aimodelevent",
            name="family",
            field=models.CharField(blank=True, db_default="", default="", help_text="Such as qwen or llama.", max_length=80),
        ),
        migrations.AddField(
            model_name="aimodelevent",
            name="has_open_weights",
            field=models.BooleanField(
                blank=True,
                help_text="Whether the weights can be downloaded. Unknown: where a Hugging Face id is known, they can.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="aimodelevent",
            name="license",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Of the weights, as Hugging Face calls it: apache-2.0.",
                max_length=80,
            ),
        ),
        migrations.AddField(
            model_name="aimodelevent",
            name="reasoning_default_effort",
            field=models.CharField(
                blank=True,
                choices=[
                    ("max", "max"),
                    ("xhigh", "xhigh"),
                    ("high", "high"),
                    ("medium", "medium"),
                    ("low", "low"),
                    ("minimal", "minimal"),
                    ("none", "none"),
                ],
                db_default="",
                default="",
                help_text="The effort where a request asks for reasoning without one.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="aimodelevent",
            name="reasoning_efforts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("max", "max"),
                        ("xhigh", "xhigh"),
                        ("high", "high"),
                        ("medium", "medium"),
                        ("low", "low"),
                        ("minimal", "minimal"),
                        ("none", "none"),
                    ],
                    max_length=40,
                ),
                blank=True,
                db_default=[],
                default=list,
                help_text="The efforts that a request may ask for. None: any, or unknown.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="aimodelevent",
            name="reasoning_is_default",
            field=models.BooleanField(blank=True, help_text="Whether it reasons unless told not to.", null=True),
        ),
        migrations.AddField(
            model_name="aimodelevent",
            name="reasoning_is_mandatory",
            field=models.BooleanField(blank=True, help_text="Whether reasoning cannot be switched off.", null=True),
        ),
        migrations.AddField(
            model_name="aimodelevent",
            name="reasoning_takes_max_tokens",
            field=models.BooleanField(
                blank=True, help_text="Whether a request can limit the tokens of reasoning.", null=True
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="aimodel",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_aimodelevent" ("aliases", "author", "capacity_tpm", "category", "context_length", "deprecation_at", "description", "discount_to_user", "family", "has_free_variant", "has_open_weights", "hugging_face_id", "id", "input_modalities", "instruct_type", "is_listed_on_openrouter", "is_mentioned_after_removal", "is_moderated", "is_public", "is_ready", "knowledge_cutoff", "license", "max_output_length", "max_prompt_length", "model_id", "name", "notes", "openrouter_slug", "output_modalities", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantization", "reasoning_default_effort", "reasoning_efforts", "reasoning_is_default", "reasoning_is_mandatory", "reasoning_takes_max_tokens", "released_at", "replacement_id", "supported_features", "supported_sampling_parameters", "tokenizer") SELECT new_values."aliases", new_values."author", new_values."capacity_tpm", new_values."category", new_values."context_length", new_values."deprecation_at", new_values."description", new_values."discount_to_user", new_values."family", new_values."has_free_variant", new_values."has_open_weights", new_values."hugging_face_id", new_values."id", new_values."input_modalities", new_values."instruct_type", new_values."is_listed_on_openrouter", new_values."is_mentioned_after_removal", new_values."is_moderated", new_values."is_public", new_values."is_ready", new_values."knowledge_cutoff", new_values."license", new_values."max_output_length", new_values."max_prompt_length", new_values."model_id", new_values."name", new_values."notes", new_values."openrouter_slug", new_values."output_modalities", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."quantization", new_values."reasoning_default_effort", new_values."reasoning_efforts", new_values."reasoning_is_default", new_values."reasoning_is_mandatory", new_values."reasoning_takes_max_tokens", new_values."released_at", new_values."replacement_id", new_values."supported_features", new_values."supported_sampling_parameters", new_values."tokenizer" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="b42fe6e18428ed144350ea0bc44ae05730e9cfd1",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_5c8ea",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="catalog_aimodel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="aimodel",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_aimodelevent" ("aliases", "author", "capacity_tpm", "category", "context_length", "deprecation_at", "description", "discount_to_user", "family", "has_free_variant", "has_open_weights", "hugging_face_id", "id", "input_modalities", "instruct_type", "is_listed_on_openrouter", "is_mentioned_after_removal", "is_moderated", "is_public", "is_ready", "knowledge_cutoff", "license", "max_output_length", "max_prompt_length", "model_id", "name", "notes", "openrouter_slug", "output_modalities", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantization", "reasoning_default_effort", "reasoning_efforts", "reasoning_is_default", "reasoning_is_mandatory", "reasoning_takes_max_tokens", "released_at", "replacement_id", "supported_features", "supported_sampling_parameters", "tokenizer") SELECT new_values."aliases", new_values."author", new_values."capacity_tpm", new_values."category", new_values."context_length", new_values."deprecation_at", new_values."description", new_values."discount_to_user", new_values."family", new_values."has_free_variant", new_values."has_open_weights", new_values."hugging_face_id", new_values."id", new_values."input_modalities", new_values."instruct_type", new_values."is_listed_on_openrouter", new_values."is_mentioned_after_removal", new_values."is_moderated", new_values."is_public", new_values."is_ready", new_values."knowledge_cutoff", new_values."license", new_values."max_output_length", new_values."max_prompt_length", new_values."model_id", new_values."name", new_values."notes", new_values."openrouter_slug", new_values."output_modalities", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."quantization", new_values."reasoning_default_effort", new_values."reasoning_efforts", new_values."reasoning_is_default", new_values."reasoning_is_mandatory", new_values."reasoning_takes_max_tokens", new_values."released_at", new_values."replacement_id", new_values."supported_features", new_values."supported_sampling_parameters", new_values."tokenizer" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="2b64c885f269b99b979d7012876f75581d72c194",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_0c1bf",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="catalog_aimodel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="aimodel",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_aimodelevent" ("aliases", "author", "capacity_tpm", "category", "context_length", "deprecation_at", "description", "discount_to_user", "family", "has_free_variant", "has_open_weights", "hugging_face_id", "id", "input_modalities", "instruct_type", "is_listed_on_openrouter", "is_mentioned_after_removal", "is_moderated", "is_public", "is_ready", "knowledge_cutoff", "license", "max_output_length", "max_prompt_length", "model_id", "name", "notes", "openrouter_slug", "output_modalities", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quantization", "reasoning_default_effort", "reasoning_efforts", "reasoning_is_default", "reasoning_is_mandatory", "reasoning_takes_max_tokens", "released_at", "replacement_id", "supported_features", "supported_sampling_parameters", "tokenizer") SELECT old_values."aliases", old_values."author", old_values."capacity_tpm", old_values."category", old_values."context_length", old_values."deprecation_at", old_values."description", old_values."discount_to_user", old_values."family", old_values."has_free_variant", old_values."has_open_weights", old_values."hugging_face_id", old_values."id", old_values."input_modalities", old_values."instruct_type", old_values."is_listed_on_openrouter", old_values."is_mentioned_after_removal", old_values."is_moderated", old_values."is_public", old_values."is_ready", old_values."knowledge_cutoff", old_values."license", old_values."max_output_length", old_values."max_prompt_length", old_values."model_id", old_values."name", old_values."notes", old_values."openrouter_slug", old_values."output_modalities", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."quantization", old_values."reasoning_default_effort", old_values."reasoning_efforts", old_values."reasoning_is_default", old_values."reasoning_is_mandatory", old_values."reasoning_takes_max_tokens", old_values."released_at", old_values."replacement_id", old_values."supported_features", old_values."supported_sampling_parameters", old_values."tokenizer" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="d64d2cd093058c4140e44473fa209586b79c33f0",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_e78a3",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="catalog_aimodel",
                    when="AFTER",
                ),
            ),
        ),
        AddConstraintNotValid(
            model_name="aimodel",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    (
                        "model_id__regex",
                        "^(?:[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.\\.[^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]+)(?:/(?:[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.\\.[^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]+))*$",
                    )
                ),
                field="model_id",
                name="model_id_has_no_odd_characters",
                violation_error_message="An id holds letters, digits and signs of any script, without spaces, invisible characters, commas and backslashes; no part between slashes is empty, “.” or “..”.",
            ),
        ),
        AddConstraintNotValid(
            model_name="aimodel",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    django.db.models.lookups.Exact(
                        catalog.models.conditions.IsComposed(models.F("model_id")), models.Value(True)
                    )
                ),
                field="model_id",
                name="model_id_is_composed",
                violation_error_message="An id is written in Unicode's composed form (NFC), so that what looks the same is the same.",
            ),
        ),
        AddConstraintNotValid(
            model_name="aimodel",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    ("aliases", []),
                    models.Q(
                        django.db.models.lookups.Exact(
                            models.Func(models.F("aliases"), function="array_ndims", output_field=models.IntegerField()),
                            models.Value(1),
                        ),
                        django.db.models.lookups.IsNull(
                            models.Func(
                                models.F("aliases"),
                                models.Value(None),
                                function="array_position",
                                output_field=models.IntegerField(),
                            ),
                            True,
                        ),
                        django.db.models.lookups.Regex(
                            models.Func(
                                models.F("aliases"),
                                models.Value(" "),
                                function="array_to_string",
                                output_field=models.TextField(),
                            ),
                            models.Value(
                                "^(?:[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.\\.[^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]+)(?:/(?:[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.\\.[^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]+))*( (?:[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.\\.[^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]+)(?:/(?:[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.\\.[^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]+))*)*$"
                            ),
                        ),
                        django.db.models.lookups.Regex(
                            models.Func(
                                models.F("aliases"),
                                models.Value("\n"),
                                function="array_to_string",
                                output_field=models.TextField(),
                            ),
                            models.Value(
                                "^(?:[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.\\.[^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]+)(?:/(?:[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.\\.[^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]+))*(\n(?:[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.\\.[^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]+)(?:/(?:[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.[^./,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff][^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]*|\\.\\.[^/,\\\\\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffd\\ufffe\\uffff\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]+))*)*$"
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                field="aliases",
                name="model_aliases_are_ids",
                violation_error_message="An alias is written as an id is. An id holds letters, digits and signs of any script, without spaces, invisible characters, commas and backslashes; no part between slashes is empty, “.” or “..”.",
            ),
        ),
        AddConstraintNotValid(
            model_name="aimodel",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    django.db.models.lookups.Exact(
                        catalog.models.conditions.IsComposed(
                            models.Func(
                                models.F("aliases"),
                                models.Value(" "),
                                function="array_to_string",
                                output_field=models.TextField(),
                            )
                        ),
                        models.Value(True),
                    )
                ),
                field="aliases",
                name="model_aliases_are_composed",
                violation_error_message="An id is written in Unicode's composed form (NFC), so that what looks the same is the same.",
            ),
        ),
        migrations.AddConstraint(
            model_name="aimodel",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    ("family", ""),
                    (
                        "family__regex",
                        "^[^\\u0001-\\u0020\\u007f-\\u00a0]([^\\u0001-\\u001f\\u007f-\\u009f]*[^\\u0001-\\u0020\\u007f-\\u00a0])?$",
                    ),
                    _connector="OR",
                ),
                field="family",
                name="model_family_is_one_line",
                violation_error_message="A family is one line of text, without spaces at its ends.",
            ),
        ),
        migrations.AddConstraint(
            model_name="aimodel",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    ("license", ""),
                    (
                        "license__regex",
                        "^[^\\u0001-\\u0020\\u007f-\\u00a0]([^\\u0001-\\u001f\\u007f-\\u009f]*[^\\u0001-\\u0020\\u007f-\\u00a0])?$",
                    ),
                    _connector="OR",
                ),
                field="license",
                name="model_license_is_one_line",
                violation_error_message="A license is one line of text, without spaces at its ends.",
            ),
        ),
        migrations.AddConstraint(
            model_name="aimodel",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    models.Q(
                        ("reasoning_efforts__contained_by", ["max", "xhigh", "high", "medium", "low", "minimal", "none"]),
                        django.db.models.lookups.Exact(
                            models.Func(
                                models.F("reasoning_efforts"), function="array_ndims", output_field=models.IntegerField()
                            ),
                            models.Value(1),
                        ),
                    ),
                    ("reasoning_efforts", []),
                    _connector="OR",
                ),
                field="reasoning_efforts",
                name="model_reasoning_efforts_are_known",
                violation_error_message="A reasoning effort is not one of the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="aimodel",
            constraint=catalog.models.rules.Rule(
                condition=models.Q(
                    ("reasoning_default_effort__in", ["", "max", "xhigh", "high", "medium", "low", "minimal", "none"])
                ),
                field="reasoning_default_effort",
                name="model_reasoning_default_effort_is_known",
                violation_error_message="The default effort is not one of the list.",
            ),
        ),
    )
