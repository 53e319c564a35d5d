"""``manage.py remove_second_factor USERNAME``."""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.db import transaction

from catalog.admin.account.sessions import end_sessions
from catalog.management.command import CatalogCommand
from catalog.models import SecurityEventKind, StaffSession
from catalog.security_events import record_event


class Command(CatalogCommand):
    """Remove a user's second factors, for somebody who has lost them and the recovery codes."""

    help = "Removes a user's authenticator app, passkeys and recovery codes, and ends the user's sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The user's name."""
        parser.add_argument("username")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Remove them, and record it."""
        user = get_user_model()._default_manager.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['username']}.")
        removed = Authenticator.objects.filter(user=user)
        kinds = ", ".join(sorted({one.get_type_display() for one in removed}))
        if not kinds:
            self.stdout.write(f"{user.get_username()} has no second factor.")
            return
        removed.delete()
        record_event(SecurityEventKind.SECOND_FACTOR_REMOVED, about=user.get_username(), details=kinds)
        ended = end_sessions(None, StaffSession.objects.filter(user=user), about=user.get_username())
        self.stdout.write(f"Removed from {user.get_username()}: {kinds}. Sessions ended: {ended}.")
