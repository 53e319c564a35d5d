"""Keys with which pipelines import, in the name of their owners."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

from catalog.migrations._together import together


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0027_listing_without_text"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = together(
        migrations.RunSQL(
            "LOCK TABLE auth_user, catalog_apikey, catalog_upload IN SHARE ROW EXCLUSIVE MODE", migrations.RunSQL.noop
        ),
        migrations.AddField(
            model_name="apikey",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[("propose", "Plan imports, and propose them"), ("apply", "Plan imports, and apply them")],
                    max_length=10,
                ),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="imports",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="api_key",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.apikey"
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="fingerprint",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="upload",
            name="idempotency_key",
            field=models.CharField(blank=True, db_default="", default="", max_length=255),
        ),
        migrations.AddField(
            model_name="upload",
            name="proposes",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="upload",
            name="skip",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=300), blank=True, db_default=[], default=list, size=None
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scopes__contained_by", ["propose", "apply"]),
                    django.db.models.lookups.Exact(
                        models.Func(models.F("scopes"), function="array_ndims", output_field=models.IntegerField()),
                        models.Value(1),
                    ),
                ),
                name="api_key_scopes_are_known",
                violation_error_message="A scope is not one of the list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scopes", []), models.Q(("expiry_date__isnull", False), ("owner__isnull", False)), _connector="OR"
                ),
                name="api_key_for_imports_has_an_owner_and_an_end",
                violation_error_message="A key for imports needs an owner and an expiry date.",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.UniqueConstraint(
                condition=models.Q(("idempotency_key", ""), _negated=True),
                fields=("api_key", "idempotency_key"),
                name="upload_once_per_idempotency_key",
                violation_error_message="This request was already taken.",
            ),
        ),
    )
