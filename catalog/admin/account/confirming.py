"""Pages that decide who may do what require a recent login, or ask for the password or second factor again."""

import time
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from unfold.admin import ModelAdmin

from catalog.admin.account.sessions import began_at

TO_FILL_IN = 2
"""A form may be sent for this many times as long as it may be opened, so that nobody loses what they typed."""


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the user has recently logged in or confirmed their identity."""
    records = get_authentication_records(request, request.user)
    last = max([began_at(request.session), *(record["at"] for record in records)])
    allowed: int = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT * (TO_FILL_IN if request.method == "POST" else 1)
    return time.time() - last < allowed


def confirm_first(request: HttpRequest) -> HttpResponse | None:
    """The redirect to the page that asks for the password or second factor again, and then leads back here; None if it is not
    needed."""
    from allauth.account.adapter import get_adapter  # whose module asks for the adapter that asks for this module

    if is_confirmed(request) or not (methods := get_adapter().get_reauthentication_methods(request.user)):
        return None
    address = methods[0]["url"]
    return HttpResponseRedirect(f"{address}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}")


class Confirmed(ModelAdmin):
    """The base of the screens for keys, users and groups. Opening or sending a form requires a recent login; lists do not."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form, after a recent login."""
        answer: HttpResponse = confirm_first(request) or super().changeform_view(request, *args, **kwargs)
        return answer

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that deletes, after a recent login."""
        answer: HttpResponse = confirm_first(request) or super().delete_view(request, *args, **kwargs)
        return answer

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list; its actions require a recent login."""
        first = confirm_first(request) if request.method == "POST" else None
        answer: HttpResponse = first or super().changelist_view(request, *args, **kwargs)
        return answer

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form for a user's password, after a recent login."""
        answer: HttpResponse = confirm_first(request) or super().user_change_password(request, *args, **kwargs)
        return answer
