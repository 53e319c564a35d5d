"""Users and groups, in the admin's look."""

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm

from catalog.admin.account.confirming import Confirmed
from catalog.admin.bad_input import ValidatesInitialData
from catalog.admin.labels import NOTHING
from catalog.admin.people.events import Recorded
from catalog.admin.people.invitations import InvitationForm, InvitesMixin
from catalog.admin.people.managing import (
    LAST_SUPERUSER,
    LastSuperuser,
    groups_to_give,
    has_acted,
    keeping_a_superuser,
    may_give,
    may_manage,
    permissions_to_give,
)
from catalog.admin.reviews.messages import discard_messages
from catalog.models import SecurityEventKind

admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)  # allauth's tables have pages of their own, or are not used
admin.site.unregister(Authenticator)


@admin.register(User)
class UserAdmin(InvitesMixin, Recorded, Confirmed, ValidatesInitialData, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg, misc]
    """Staff accounts. A user administrator manages only accounts with no more permissions than their own."""

    change_form_outer_before_template = "admin/account/sessions_of.html"
    form = UserChangeForm
    add_form = InvitationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "group_names", "is_active", "last_login"]
    empty_value_display = NOTHING
    search_help_text = "Search by username, name or email address"
    add_fieldsets = [(None, {"fields": ["username", "email", "group"]})]
    kinds = (SecurityEventKind.USER_ADDED, SecurityEventKind.USER_CHANGED, SecurityEventKind.USER_DELETED)
    recorded_fields = ("groups", "user_permissions", "is_superuser", "is_staff", "is_active", "email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With the groups, which the list shows."""
        accounts: QuerySet[User] = super().get_queryset(request).prefetch_related("groups")
        return accounts

    @admin.display(description="Groups")
    def group_names(self, account: User) -> str:
        """The groups of a user; a superuser may do everything."""
        names = ["Superuser"] * account.is_superuser + [group.name for group in account.groups.all()]
        return ", ".join(names) or NOTHING

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whether they may change an account: not one with more permissions."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_manage(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whether they may delete an account: not one with more permissions."""
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and (obj is None or may_manage(request.user, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only a superuser can make others superusers. Nobody can change the times of the last login and of joining."""
        fields = [*super().get_readonly_fields(request, obj), "last_login", "date_joined"]
        return fields if request.user.is_superuser else [*fields, "is_superuser"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only the groups and permissions that they may give."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.queryset = groups_to_give(request.user) if db_field.name == "groups" else permissions_to_give(request.user)
        return field

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """Refuse to delete accounts that have changed something: the history would lose their names."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        kept = [
            f"{one}: this account has changed something. Clear Active instead, and the history keeps its name."
            for one in objs
            if has_acted(one)
        ]
        return deleted, counts, lacking, [*protected, *kept]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form, unless it would leave no superuser."""
        parent = super().changeform_view
        return self.keeping_a_superuser(request, lambda: parent(request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that deletes, unless it would leave no superuser."""
        parent = super().delete_view
        return self.keeping_a_superuser(request, lambda: parent(request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list, unless an action of it would leave no superuser."""
        parent = super().changelist_view
        return self.keeping_a_superuser(request, lambda: parent(request, *args, **kwargs))

    def keeping_a_superuser(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        """The view's answer, or a redirect back with nothing changed."""
        if request.method != "POST":
            return view()
        try:
            with keeping_a_superuser():
                return view()
        except LastSuperuser:
            discard_messages(request)
            messages.error(request, LAST_SUPERUSER)
            return HttpResponseRedirect(request.get_full_path())


@admin.register(Group)
class GroupAdmin(Recorded, Confirmed, ValidatesInitialData, DjangoGroupAdmin, ModelAdmin):
    """Viewer, Editor, Publisher, and a provider's own groups."""

    kinds = (SecurityEventKind.GROUP_ADDED, SecurityEventKind.GROUP_CHANGED, SecurityEventKind.GROUP_DELETED)
    recorded_fields = ("permissions",)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Whether they may change a group: not one with more permissions than theirs."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_give(request.user, obj.permissions.all()))

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Whether they may delete a group: not one with more permissions than theirs."""
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and (obj is None or may_give(request.user, obj.permissions.all()))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:  # type: ignore[override]
        """Offer only the permissions that they may give."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.queryset = permissions_to_give(request.user)
        return field
