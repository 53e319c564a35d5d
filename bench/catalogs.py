"""Catalogs to measure with: any number of listed models, four prices each, two datacenters, and their history."""

from django.db import connection, transaction

from catalog.history import INSERTED, events
from catalog.models import AIModel, Price


def fill(models: int) -> None:
    """Put so many listed models into an empty catalog: four prices and two datacenters each, all in one transaction.

    The checks at commit are passed over, which take a minute for ten thousand; what is measured begins after this. The triggers
    that write the history are passed over too, so that of models and prices is written here, as added with the first release.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            SET LOCAL session_replication_role = replica;
            INSERT INTO catalog_datacenter (id, code, name, country, region) VALUES
                (1, 'fra1', 'Frankfurt', 'DE', 'eu-central-1'), (2, 'iad1', 'Ashburn', 'US', 'us-east-1');
            INSERT INTO catalog_aimodel (model_id, name, author, hugging_face_id, openrouter_slug, description, category,
                released_at, input_modalities, output_modalities, context_length, max_output_length, quantization, tokenizer,
                instruct_type, supported_sampling_parameters, supported_features, is_moderated, has_free_variant, is_ready,
                is_public, is_listed_on_openrouter, notes)
            SELECT 'acme/model-' || to_char(n, 'FM00000'), 'Acme Model ' || n, 'acme', 'Acme/Model-' || n, 'acme/model-' || n,
                'A model to measure with, with a description of about the length that they have: what it is for, what it is '
                'good at, how it was trained and by whom, and what to mind when it is used for something else than that.',
                'text', '2026-01-01'::timestamptz + n * interval '1 minute', '{text,image}', '{text}', 131072, 32768, 'fp8',
                'Qwen3', '', '{temperature,top_p,top_k,min_p,frequency_penalty,presence_penalty,stop,seed,max_tokens}',
                '{tools,json_mode,structured_outputs,reasoning}', false, false, true, true, true, ''
            FROM generate_series(1, %(models)s) AS n;
            INSERT INTO catalog_aimodel_datacenters (aimodel_id, datacenter_id)
                SELECT model.id, place.id FROM catalog_aimodel AS model CROSS JOIN catalog_datacenter AS place;
            INSERT INTO catalog_price (ai_model_id, kind, unit, usd, service_tier, utc_days, min_prompt_tokens, effective_from)
                SELECT id, kind, 'token', usd, 'default', '{}', above, '2026-01-01'
                FROM catalog_aimodel CROSS JOIN (VALUES ('prompt', 0.00000012, NULL), ('completion', 0.00000048, NULL),
                    ('input_cache_read', 0.00000003, NULL), ('prompt', 0.00000024, 128000)) AS kinds (kind, usd, above);
            SET LOCAL session_replication_role = origin;
            INSERT INTO catalog_provider (id, slug, name, headquarters, api_base_url, docs_url, privacy_policy_url,
                terms_of_service_url, status_page_url) VALUES (1, 'acme', 'Acme', '', 'https://api.acme.example/v1', '', '', '',
                '');
            """,
            {"models": models},
        )
        for table in (AIModel, Price):
            columns = ", ".join(f'"{field.column}"' for field in table._meta.local_concrete_fields)
            cursor.execute(
                f"""
                INSERT INTO {events(table).model._meta.db_table} (pgh_created_at, pgh_label, pgh_obj_id, {columns})
                SELECT '2026-01-01', %s, id, {columns} FROM {table._meta.db_table} ORDER BY id
                """,  # noqa: S608 -- names of tables and columns
                [INSERTED],
            )
        cursor.execute("ANALYZE")
