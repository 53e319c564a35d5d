"""The primary key of an API key is its prefix, so that no address and no log of the admin holds its hash."""

from django.db import migrations

LOG = """
    UPDATE django_admin_log SET object_id = {new} FROM catalog_apikey key WHERE object_id = {old} AND content_type_id = (
        SELECT id FROM django_content_type WHERE app_label = 'catalog' AND model = 'apikey'
    );
"""
WITH_HASH = "key.prefix || '.' || key.hashed_key"


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0015_slugs_are_names"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RunSQL(
            LOG.format(old="key.id", new="key.prefix") + "UPDATE catalog_apikey SET id = prefix",
            LOG.format(old="key.id", new=WITH_HASH) + "UPDATE catalog_apikey SET id = prefix || '.' || hashed_key",
        ),
    ]
