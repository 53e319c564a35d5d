"""Who asks, what is there to be asked for, and what a browser would send to each address."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from http.cookies import SimpleCookie
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from catalog.admin.timeline.rows import SWITCH
from catalog.history import Wanted, find, summarized
from catalog.models import (
    AIModel,
    Alarm,
    AlarmKind,
    AlarmRecipient,
    ApiKey,
    DriftCheck,
    DriftState,
    Proposal,
    Provider,
    Reader,
    ScheduledSwitch,
    SecurityEvent,
    SecurityEventKind,
    Switch,
    Upload,
    UploadState,
)
from catalog.models.upload import REPOSITORY
from tests.admin.common import agree, data_of, new_model
from tests.factories import make_datacenter, make_listed, make_model

ANONYMOUS, SUPERUSER, KEY = "anonymous", "superuser", "key"
ROLES = (ANONYMOUS, "Viewer", "Editor", "Publisher", SUPERUSER, KEY)
AHEAD = datetime(2099, 1, 1, tzinfo=UTC)
NOT_TABLES = ("event", "session", "migrations", "context", "log", "revision")
"""How the tables end that say who did what, and not what is there."""


def addresses(patterns: Any = None, prefix: str = "") -> Iterator[str]:
    """Each address of the resolver, as the resolver has it. An expression stands for one of its addresses."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + EXPRESSIONS.get(str(pattern.pattern), str(pattern.pattern))


EXPRESSIONS = {r"^(?P<app_label>catalog|auth)/$": "catalog/", r"(?P<url>.*)$": "nothing-is-here"}


class There:
    """A row of each table, and the paths that lead to them."""

    def __init__(self) -> None:
        self.place, self.other_place = make_datacenter(), make_datacenter("ams1")
        self.model = make_listed(datacenters=(self.place,), author="acme", has_free_variant=True)
        self.draft = make_model("acme/two")
        self.switch = ScheduledSwitch.objects.create(
            ai_model=self.draft, switch=Switch.READY, value=False, effective_from=AHEAD
        )
        self.restored_at = now = timezone.now()
        self.users = {role: User.objects.create_user(f"the-{role}", is_staff=True) for role in ROLES[1:4]}
        for group, user in self.users.items():
            user.groups.add(Group.objects.get(name=group))
        self.users[SUPERUSER] = root = User.objects.create_superuser("root")
        self.colleague = User.objects.create_user("colleague", is_staff=True)
        self.api_key, self.secret = ApiKey.objects.create_key(name="key")
        ApiKey.objects.update(last_used_at=AHEAD)
        Provider.objects.get_or_create(defaults={"slug": "acme", "name": "Acme"})
        changes = [
            {"model_id": "acme/two", "is_new": False, "pk": self.draft.pk, "differences": [[["field", "name"], "a", "b"]]}
        ]
        Proposal.objects.create(proposed_by=self.colleague, changes=changes)
        AlarmRecipient.objects.create(name="all", email="all@example.com")
        Alarm.objects.create(kind=AlarmKind.STALE, subject="x", text="x", began_at=now, seen_at=now)
        DriftCheck.objects.create(side="market", state=DriftState.SAME)
        SecurityEvent.objects.create(kind=SecurityEventKind.LOGIN)
        Reader.objects.create(agent="x", network="127.0.0.1", format_name="openrouter", first_seen_at=now)
        self.upload = Upload.objects.create(uploaded_by=root, name="x.csv", state=UploadState.APPLIED)
        (latest,) = summarized(find(Wanted(kind="added"))[:1])
        self.change = latest.key
        self.reading = Upload.objects.create(uploaded_by=root, name="x/x", format=REPOSITORY, state=UploadState.READ)

    def path(self, address: str) -> str:
        """One path of an address."""
        values = {
            "<language:language>": "fr",
            "<path:model_id>": self.model.model_id,
            "<path:content_type_id>": ContentType.objects.get_for_model(AIModel).pk,
            "<slug:topic>": "openrouter",
            "<uidb64>": "MQ",
            "<token>": "guessed",
            "<str:change>": self.change,
            "<int:user_id>": self.colleague.pk,
            "<str:maker>": "acme",
            "<slug:table>": "prices",
            "<slug:file_format>": "csv",
            "<slug:page>": "first-day",
            "<path:name>": "architecture.svg",
            "<int:pk>": self.reading.pk if "from-hugging-face" in address else self.upload.pk,
        }
        for model in admin.site._registry:
            if f"admin/{model._meta.app_label}/{model._meta.model_name}/" in address:
                row = self.colleague if model is User else model._default_manager.order_by("pk").first()
                values["<path:object_id>"] = values["<id>"] = row.pk if row else 1
        for place, value in values.items():
            address = address.replace(place, str(value))
        return "/" + address.replace("<path:object_id>", str(self.model.pk))

    def typed(self, address: str) -> dict[str, Any]:
        """What somebody types into the form at that address, so that it does something."""
        end = address.removesuffix("<path:object_id>/change/").removeprefix("admin/")
        rows: dict[str, dict[str, Any]] = {
            "login/": {"username": "root", "password": "guessed"},
            "catalog/datacenter/add/": {"code": "new", "name": "New", "country": "DE"},
            "catalog/apikey/add/": {"name": "new"},
            "catalog/alarmrecipient/add/": {"name": "new", "email": "new@example.com"},
            "auth/user/add/": {"username": "new", "group": self.users["Viewer"].groups.get().pk},
            "auth/group/add/": {"name": "new"},
            "auth/user/<id>/password/": {"password1": "vault-keeps-it", "password2": "vault-keeps-it"},
            "catalog/aimodel/price-list/": {f"price:{self.draft.pk}:prompt.token:0.10": "0.3"},
            "catalog/aimodel/timeline/": {"cancel": f"{SWITCH}:{self.switch.pk}:{AHEAD.isoformat()}"},
            "catalog/aimodel/<path:object_id>/restore/": {"at": self.restored_at.isoformat()},
            "catalog/aimodel/upload/": {"file": SimpleUploadedFile("x.csv", b"id,name\n")},
            "catalog/aimodel/upload/<int:pk>/": {"_drop": "1"},
            "catalog/aimodel/from-hugging-face/": {"repository": "acme/one"},
            "catalog/proposal/": {"_decline": "1", "_answer": "No."},
            "auth/user/": {"first_name": "Changed", "is_superuser": "on"},
        }
        if end in rows:
            return rows[end]
        return {"post": "yes"} if end.endswith("delete/") else {"name": "Changed"} if end != address else {}

    def described(self, action: str) -> dict[str, Any]:
        """What somebody types into the form of an action on models."""
        price = {"price": "prompt.token", "tier": "default", "amount": "0.3"}
        typed: dict[str, dict[str, Any]] = {
            "change_prices_by_percent": {"percent": "10", "kinds": ["prompt"]},
            "change_prices_to_an_amount": price,
            "add_datacenter": {"datacenter": self.other_place.pk},
            "remove_datacenter": {"datacenter": self.place.pk},
            "deprecate": {"deprecation": "2098-01-01T00:00"},
            "change_offer": {"offer": "free", "is_ready": "False"},
            "end_offer": {"offer": "free"},
            "clone": {"model_id": "acme/clone", "name": "Clone"},
        }
        return {"_described": "1", **typed.get(action, {})}


class Asking:
    """Somebody of a role, who asks and leaves everything as it was."""

    def __init__(self, there: There, role: str) -> None:
        self.client = Client(headers={"host": "localhost"}, raise_request_exception=False)
        if role == KEY:
            self.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {there.secret}"
        elif role != ANONYMOUS:
            self.client.force_login(there.users[role])
            self.client.get("/admin/")  # which records that the session is used; undone, every request would do so again
        self.cookies = self.client.cookies.output()
        self.content = content()

    def get(self, path: str) -> Any:
        """The answer to GET."""
        with self.undone():
            return self.client.get(path)

    def post(self, path: str, form: dict[str, Any]) -> tuple[Any, bool]:
        """The answer to POST, after the review where there is one; and whether it has changed anything."""
        for file in form.values():
            if isinstance(file, SimpleUploadedFile):
                file.seek(0)  # it was read before, by somebody else
        with self.undone():
            return agree(self.client, path, form), content() != self.content

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo what is done meanwhile, a logout too."""
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        self.client.cookies = SimpleCookie(self.cookies.replace("Set-Cookie: ", ""))


def form_of(page: Any) -> dict[str, Any]:
    """What the form of a page sends if nothing is typed."""
    context: Any = page.status_code == 200 and page.context
    if context and "adminform" in context:
        return data_of(page)
    if context and "form" in context and hasattr(context["form"], "fields"):
        return {name: field.initial for name, field in context["form"].fields.items() if isinstance(field.initial, str)}
    return {}


def form_for(there: There, address: str, page: Any) -> dict[str, Any]:
    """What a browser sends from that page, filled in, where somebody types something there."""
    if address == "admin/catalog/aimodel/add/":
        return new_model(page.client, model_id="acme/new")
    typed = there.typed(address) if address.startswith("admin/") else {}
    return form_of(page) | typed if typed else {}


@cache
def _digest(without: tuple[str, ...]) -> str:
    """The query for a digest of the tables."""
    tables = [
        name for name in connection.introspection.table_names() if not name.endswith(NOT_TABLES) and name not in without
    ]
    parts = (
        f"SELECT '{name}' || coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') AS rows FROM {name} t"
        for name in tables
    )
    return f"SELECT md5(string_agg(rows, ' ' ORDER BY rows)) FROM ({' UNION ALL '.join(parts)}) AS all_rows"


def content(without: tuple[str, ...] = ()) -> str:
    """All that is in the tables, as a digest."""
    with connection.cursor() as cursor:
        cursor.execute(_digest(without))
        return str(cursor.fetchone()[0])


def actions(there: There) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each action of each list, and the form that carries it out on the first row: as ``address action``."""
    request = RequestFactory().get("/")
    request.user = there.users[SUPERUSER]
    rows = {User: there.colleague, AIModel: there.model}
    for model, model_admin in admin.site._registry.items():
        row = rows.get(model) or model._default_manager.order_by("pk").first()
        for name in model_admin.get_actions(request):
            form = {"action": name, "index": "0", "_selected_action": [row.pk if row else 1]}
            form |= {"post": "yes"} if name == "delete_selected" else there.described(name)
            yield f"admin/{model._meta.app_label}/{model._meta.model_name}/ {name}", form
