"""The three kinds of staff, as groups."""

from typing import Any

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

EDITED = ["aimodel", "price", "datacenter", "parameterdescriptor"]
GROUPS = {
    "Viewer": [f"view_{model}" for model in EDITED],
    "Editor": [f"{action}_{model}" for model in EDITED for action in ("view", "add", "change", "delete")],
}
GROUPS["Publisher"] = [*GROUPS["Editor"], "list_on_openrouter"]


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the groups with their permissions, which Django would create only after the last migration."""
    config: Any = apps.get_app_config("catalog")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, codenames in GROUPS.items():
        group, _ = group_model.objects.get_or_create(name=name)
        group.permissions.add(*permission_model.objects.filter(content_type__app_label="catalog", codename__in=codenames))


class Migration(migrations.Migration):
    """Going back leaves the groups: people may be in them."""

    dependencies = [("catalog", "0002_listing_gaps"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
