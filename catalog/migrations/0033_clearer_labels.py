"""Help texts and labels that read at once. Only the state changes; no SQL runs."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import migrations, models

from catalog.migrations._reword import Reword
from catalog.models.colors import validate_accent

NOT_A_COLOR = "Write a color as #rrggbb, in small letters."

HELP_TEXTS = {
    "aimodel": {
        "model_id": "Clients and OpenRouter send it as “model”. If you change it, OpenRouter sees a removed and a new model.",
        "released_at": "The release date (UTC), sent as “created”.",
        "capacity_tpm": "Input tokens per minute. Empty: not declared.",
        "discount_to_user": "0.1 lowers what users pay by 10%; a negative number raises it. Empty: no discount.",
    },
    "price": {"min_prompt_tokens": "Only for prompts of more tokens than this."},
}

MESSAGES = {
    "alarmrecipient": {"alarm_recipient_has_one_address": "Enter either an email address or a webhook address."},
    "proposal": {"proposal_is_accepted_by_somebody_else": "Somebody else must accept what you have proposed."},
    "provider": {"provider_accent_color_is_a_color": NOT_A_COLOR},
}

ALARMS = {
    "reader_quiet": "A reader went quiet",
    "stale": "A reader was sent a stale list",
    "losses": "A list that would lose entries was refused",
    "readiness": "A listed model has an error",
    "deprecation": "A deprecation is approaching",
    "scheduled": "A scheduled change came into force",
    "proposal": "A proposal is waiting for a decision",
    "drift": "OpenRouter or a server differs from what we publish",
}

LABELS = {
    "alarm": {"kind": ALARMS},
    "securityevent": {
        "kind": {
            "login": "Logged in",
            "login_failed": "Login failed",
            "logout": "Logged out",
            "code_failed": "Second factor failed",
            "second_factor_added": "Second factor added",
            "second_factor_removed": "Second factor removed",
            "recovery_codes_made": "Recovery codes generated",
            "recovery_code_used": "Recovery code used",
            "session_ended": "Session ended",
            "password_changed": "Password changed",
            "user_added": "User added",
            "user_changed": "User changed",
            "user_deleted": "User deleted",
            "group_added": "Group added",
            "group_changed": "Group changed",
            "group_deleted": "Group deleted",
            "key_added": "API key added",
            "key_changed": "API key changed",
            "key_revoked": "API key revoked",
            "refused": "Refused",
        },
    },
}

NAMES = {
    "aimodel": {
        "has_open_weights": "open weights",
        "reasoning_default_effort": "default reasoning effort",
        "reasoning_is_default": "reasoning on by default",
        "reasoning_is_mandatory": "reasoning always on",
        "reasoning_takes_max_tokens": "reasoning tokens can be limited",
    },
    "alarmrecipient": {"email": "email address"},
}


class Migration(migrations.Migration):
    dependencies = [("catalog", "0032_plainer_rules")]

    operations = [
        Reword(HELP_TEXTS, MESSAGES, LABELS, NAMES),
        migrations.AlterField(
            model_name="alarmrecipient",
            name="kinds",
            field=ArrayField(
                base_field=models.CharField(choices=list(ALARMS.items()), max_length=20),
                blank=True,
                default=list,
                help_text="The alarms that it gets. Empty: all of them.",
                verbose_name="alarms",
            ),
        ),
        *(
            migrations.AlterField(
                model_name=table,
                name="accent_color",
                field=models.CharField(
                    blank=True,
                    db_default="",
                    default="",
                    help_text="The color of links and buttons, such as #7e22ce. For dark pages it is made lighter.",
                    max_length=7,
                    validators=[RegexValidator("^#[0-9a-f]{6}$", NOT_A_COLOR), validate_accent],
                    verbose_name="color",
                ),
            )
            for table in ("provider", "providerevent")
        ),
    ]
