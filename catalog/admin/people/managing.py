"""Who may manage which account and group: nobody can give, or get, permissions that they do not have."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Q, QuerySet
from pghistory.models import Context

from catalog.models import Proposal, Upload

LAST_SUPERUSER = (
    "Nothing was changed: without this account nobody could manage users any more. "
    "Make somebody else an active superuser with staff status first."
)


class LastSuperuser(Exception):
    """A change would leave no superuser who can log in."""


def permissions_of(account: User) -> QuerySet[Permission]:
    """The permissions granted to an account and its groups, whether or not it is active or a superuser."""
    return Permission.objects.filter(Q(user=account) | Q(group__user=account)).distinct()


def may_give(giver: Any, permissions: QuerySet[Permission]) -> bool:
    """Whether a user has all of these permissions."""
    return giver.is_superuser or not permissions.exclude(pk__in=permissions_of(giver)).exists()


def may_manage(manager: Any, account: User) -> bool:
    """Whether an account has no permissions that its manager lacks: whoever sets its password can use them."""
    return manager.is_superuser or (not account.is_superuser and may_give(manager, permissions_of(account)))


def groups_to_give(giver: Any) -> QuerySet[Group]:
    """The groups with only permissions that the giver has."""
    groups = Group.objects.order_by("name")
    if giver.is_superuser:
        return groups
    beyond = Permission.objects.exclude(pk__in=permissions_of(giver))
    return groups.exclude(permissions__in=beyond)


def permissions_to_give(giver: Any) -> QuerySet[Permission]:
    """The permissions that the giver has."""
    every = Permission.objects.select_related("content_type")
    return every if giver.is_superuser else every.filter(pk__in=permissions_of(giver))


@contextmanager
def keeping_a_superuser() -> Iterator[None]:
    """A transaction that raises ``LastSuperuser`` if it leaves no superuser who can log in. Concurrent ones wait for each other."""
    superusers = User.objects.filter(is_superuser=True, is_active=True, is_staff=True)
    with transaction.atomic():
        had_one = bool(superusers.select_for_update())
        yield
        if had_one and not superusers.exists():
            raise LastSuperuser


def has_acted(account: User) -> bool:
    """Whether the history, a proposal, an upload or the admin's log names the account."""
    own = Proposal.objects.filter(Q(proposed_by=account) | Q(decided_by=account))
    done = [own, Upload.objects.filter(uploaded_by=account), LogEntry.objects.filter(user=account)]
    return any(rows.exists() for rows in done) or Context.objects.filter(metadata__user=account.pk).exists()
