"""A repository on Hugging Face is read by the queue of uploads, and has a state of its own once it was read."""

from django.db import migrations, models
from django.db.models import Q

STATES = {
    "waiting": "Waiting",
    "working": "At work",
    "preview": "To be confirmed",
    "not_allowed": "Not for you to do",
    "proposed": "Proposed",
    "refused": "Refused",
    "applied": "Applied",
    "failed": "Failed",
    "read": "Read",
}


class Migration(migrations.Migration):
    """Going back is refused while such a row is there; remove those first."""

    dependencies = [("catalog", "0012_mentioned_after_removal")]

    operations = [
        migrations.RemoveConstraint(model_name="upload", name="upload_state_is_known"),
        migrations.AlterField(
            model_name="upload",
            name="state",
            field=models.CharField(choices=list(STATES.items()), default="waiting", max_length=12),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=Q(state__in=list(STATES)),
                name="upload_state_is_known",
                violation_error_message="The state is not one of the list.",
            ),
        ),
    ]
