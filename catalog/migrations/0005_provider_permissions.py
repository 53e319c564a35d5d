"""Who may see and change the provider's facts and the API keys."""

from typing import Any

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GROUPS = {
    "Viewer": ["view_provider"],
    "Editor": ["view_provider"],
    "Publisher": [f"{action}_{model}" for model in ("provider", "apikey") for action in ("view", "add", "change")],
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the permissions to the groups that are still there."""
    config: Any = apps.get_app_config("catalog")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, codenames in GROUPS.items():
        for group in group_model.objects.filter(name=name):
            group.permissions.add(
                *permission_model.objects.filter(content_type__app_label="catalog", codename__in=codenames)
            )


class Migration(migrations.Migration):
    """Going back leaves the permissions; they go with their tables."""

    dependencies = [("catalog", "0004_names_and_provider")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
