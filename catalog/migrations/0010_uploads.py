"""Files that staff upload, and who may."""

from typing import Any

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GROUPS = ("Editor", "Publisher")


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the permission to the groups that are still there."""
    config: Any = apps.get_app_config("catalog")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    permission = permission_model.objects.get(content_type__app_label="catalog", codename="add_upload")
    for group in group_model.objects.filter(name__in=GROUPS):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    """Going back leaves the permission in the groups."""

    dependencies = [
        ("catalog", "0009_schedule_and_proposal_permissions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uploaded_at", models.DateTimeField(auto_now_add=True)),
                ("name", models.CharField(max_length=255)),
                ("content", models.BinaryField(null=True)),
                ("format", models.CharField(blank=True, help_text="Empty: recognised.", max_length=30)),
                ("per_million", models.BooleanField(default=False)),
                ("list_on_openrouter", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("working", "At work"),
                            ("preview", "To be confirmed"),
                            ("not_allowed", "Not for you to do"),
                            ("proposed", "Proposed"),
                            ("refused", "Refused"),
                            ("applied", "Applied"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("agreed", models.CharField(blank=True, max_length=64)),
                ("typed", models.TextField(blank=True)),
                ("phase", models.CharField(blank=True, max_length=80)),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("outcome", models.JSONField(default=dict)),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "default_permissions": ("add",),
            },
        ),
        migrations.CreateModel(
            name="UploadPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pages", to="catalog.upload"
                    ),
                ),
            ],
            options={
                "ordering": ["upload", "number"],
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["waiting", "working", "preview", "not_allowed", "proposed", "refused", "applied", "failed"],
                    )
                ),
                name="upload_state_is_known",
                violation_error_message="The state is not one of the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("content__isnull", False),
                    models.Q(("state__in", ["waiting", "working", "preview", "failed"]), _negated=True),
                    _connector="OR",
                ),
                name="upload_under_way_has_its_file",
                violation_error_message="What is still to be done needs the file.",
            ),
        ),
        migrations.AddConstraint(
            model_name="uploadpage",
            constraint=models.UniqueConstraint(
                fields=("upload", "number"), name="upload_page_once", violation_error_message="This page is there already."
            ),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
