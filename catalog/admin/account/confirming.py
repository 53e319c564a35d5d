"""Before something that decides who may do what, whoever asks for it has logged in lately, or says again who they are."""

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
"""A form may be sent for so many times as long as it could be opened: what was typed is not lost."""


def is_confirmed(request: HttpRequest) -> bool:
    """Whether whoever uses the session has lately shown who they are: at the login, or since."""
    records = get_authentication_records(request, request.user)
    last = max([began_at(request.session), *(record["at"] for record in records)])
    allowed: int = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT * (TO_FILL_IN if request.method == "POST" else 1)
    return time.time() - last < allowed


def confirm_first(request: HttpRequest) -> HttpResponse | None:
    """The way to the page that asks again, where that is needed; it leads back here."""
    from allauth.account.adapter import get_adapter  # whose module asks for the adapter that asks for this module

    if is_confirmed(request) or not (methods := get_adapter().get_reauthentication_methods(request.user)):
        return None
    address = methods[0]["url"]
    return HttpResponseRedirect(f"{address}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}")


class Confirmed(ModelAdmin):
    """The base of screens for keys, users and groups: to open a form, or to send one, asks for a recent login. Lists are just shown."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Likewise."""
        answer: HttpResponse = confirm_first(request) or super().changeform_view(request, *args, **kwargs)
        return answer

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Likewise."""
        answer: HttpResponse = confirm_first(request) or super().delete_view(request, *args, **kwargs)
        return answer

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Likewise, for its actions."""
        first = confirm_first(request) if request.method == "POST" else None
        answer: HttpResponse = first or super().changelist_view(request, *args, **kwargs)
        return answer

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Likewise; only users have it."""
        answer: HttpResponse = confirm_first(request) or super().user_change_password(request, *args, **kwargs)
        return answer
