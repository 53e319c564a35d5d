"""Nobody accepts what they proposed. It holds for what is decided from now on: earlier proposals stay as they are."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0024_offers"),
    ]

    operations = [
        AddConstraintNotValid(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("decided_by", models.F("proposed_by")), ("status", "accepted"), _negated=True),
                name="proposal_is_accepted_by_somebody_else",
                violation_error_message="Somebody else has to accept what you have proposed.",
            ),
        ),
    ]
