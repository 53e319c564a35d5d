"""Users and groups, in the admin's look."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from catalog.admin.bad_input import ValidatesInitialData

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(ValidatesInitialData, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    """Staff accounts."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(ValidatesInitialData, DjangoGroupAdmin, ModelAdmin):
    """Viewer, Editor, Publisher, and whatever else a provider needs."""
