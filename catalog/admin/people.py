"""Users and groups, in the admin's look."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from catalog.admin.account.confirming import Confirmed
from catalog.admin.bad_input import ValidatesInitialData

admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)  # allauth's tables have pages of their own, or are not used
admin.site.unregister(Authenticator)


@admin.register(User)
class UserAdmin(Confirmed, ValidatesInitialData, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Staff accounts."""

    change_form_outer_before_template = "admin/account/sessions_of.html"

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(Confirmed, ValidatesInitialData, DjangoGroupAdmin, ModelAdmin):
    """Viewer, Editor, Publisher, and whatever else a provider needs."""
