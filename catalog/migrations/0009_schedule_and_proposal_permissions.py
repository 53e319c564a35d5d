"""Who may schedule, and who may see what is proposed."""

from typing import Any

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

EDITS = [f"{action}_scheduledswitch" for action in ("view", "add", "change", "delete")]
GROUPS = {
    "Viewer": ["view_scheduledswitch", "view_proposal"],
    "Editor": [*EDITS, "view_proposal"],
    "Publisher": [*EDITS, "view_proposal"],
}
PUBLISH = "Can change what the OpenRouter feeds show"


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the permissions to the groups that are still there, and say what listing has come to mean."""
    config: Any = apps.get_app_config("catalog")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    permissions = permission_model.objects.filter(content_type__app_label="catalog")
    permissions.filter(codename="list_on_openrouter").update(name=PUBLISH)
    for name, codenames in GROUPS.items():
        for group in group_model.objects.filter(name=name):
            group.permissions.add(*permissions.filter(codename__in=codenames))


class Migration(migrations.Migration):
    """Going back leaves the permissions in the groups."""

    dependencies = [("catalog", "0008_proposals")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
