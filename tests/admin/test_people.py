"""Who manages accounts, groups and keys, and what is kept of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.admin.labels import changed_by_texts
from catalog.models import ApiKey, Proposal, SecurityEvent
from tests.admin.common import LIST, change, data_of, form_data, staff
from tests.factories import make_listed, make_model

pytestmark = pytest.mark.django_db

USERS, KEYS = "/admin/auth/user/", "/admin/catalog/apikey/"
PASSWORD = "a vault keeps it"  # noqa: S105


def with_permissions(client: Client, name: str, *codenames: str) -> User:
    """Somebody on that client who may do just that."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return user


@pytest.fixture
def root(client: Client) -> User:
    user = User.objects.create_superuser("root")
    client.force_login(user)
    return user


@pytest.fixture
def manager(client: Client) -> User:
    """A user administrator who is no superuser, and may look at models."""
    return with_permissions(client, "manager", "view_user", "add_user", "change_user", "delete_user", "view_aimodel")


def events() -> list[tuple[str, str, str]]:
    return list(SecurityEvent.objects.exclude(kind="login").order_by("pk").values_list("kind", "about", "details"))


def test_a_user_administrator_makes_nobody_a_superuser(client: Client, manager: User) -> None:
    for account in (manager, User.objects.create_user("other", is_staff=True)):
        url = f"{USERS}{account.pk}/change/"
        assert client.post(url, form_data(client, url) | {"is_superuser": "on"}).status_code == 302
        account.refresh_from_db()
        assert not account.is_superuser


def test_a_user_administrator_gives_no_permission_that_they_lack(client: Client, manager: User) -> None:
    url = f"{USERS}{manager.pk}/change/"
    publisher, wanted = Group.objects.get(name="Publisher"), Permission.objects.get(codename="list_on_openrouter")
    for typed in ({"groups": [publisher.pk]}, {"user_permissions": [wanted.pk]}):
        page = client.post(url, form_data(client, url) | typed)
        assert "is not one of the available choices" in page.content.decode()
    assert not User.objects.get(pk=manager.pk).has_perm("catalog.list_on_openrouter")
    invited = client.post(f"{USERS}add/", {"username": "new", "email": "", "group": publisher.pk})
    assert "is not one of the available choices" in invited.content.decode()
    assert not User.objects.filter(username="new").exists()


@pytest.mark.parametrize("page", ["change/", "password/", "password-link/", "delete/"])
def test_an_account_that_may_do_more_is_not_theirs_to_manage(client: Client, manager: User, page: str) -> None:
    publisher = User.objects.create_user("boss", is_staff=True, is_active=False)
    publisher.groups.add(Group.objects.get(name="Publisher"))
    for account in (User.objects.create_superuser("root"), publisher):
        old = account.password
        sent = client.post(f"{USERS}{account.pk}/{page}", {"password1": PASSWORD, "password2": PASSWORD, "post": "yes"})
        assert sent.status_code == 403
        account.refresh_from_db()
        assert account.password == old


def test_deleting_several_takes_none_that_may_do_more(client: Client, manager: User) -> None:
    accounts = [User.objects.create_superuser("root"), User.objects.create_user("other")]
    form = {"action": "delete_selected", "_selected_action": [one.pk for one in accounts], "post": "yes"}
    assert client.post(USERS, form).status_code == 403
    assert User.objects.count() == 3


def test_a_group_gets_and_loses_only_what_its_manager_has(client: Client) -> None:
    manager = with_permissions(client, "manager", "view_group", "change_group", "view_aimodel")
    own = Group.objects.create(name="own")
    manager.groups.add(own)
    url = f"/admin/auth/group/{own.pk}/change/"
    wanted = Permission.objects.get(codename="list_on_openrouter")
    assert "is not one of the available" in client.post(url, {"name": "own", "permissions": [wanted.pk]}).content.decode()
    assert client.post(f"/admin/auth/group/{Group.objects.get(name='Editor').pk}/change/", {"name": "x"}).status_code == 403


@pytest.mark.parametrize("typed", [{"is_active": None}, {"is_superuser": None}, {"is_staff": None}])
def test_the_last_superuser_stays_one(client: Client, root: User, typed: dict[str, Any]) -> None:
    url = f"{USERS}{root.pk}/change/"
    data = {name: value for name, value in (form_data(client, url) | typed).items() if value is not None}
    assert "nobody could manage users" in client.post(url, data, follow=True).content.decode()
    root.refresh_from_db()
    assert root.is_active
    assert root.is_superuser
    assert root.is_staff
    User.objects.create_superuser("second")
    assert client.post(url, data).status_code == 302
    root.refresh_from_db()
    assert not (root.is_active and root.is_superuser and root.is_staff)


def test_the_last_superuser_does_not_delete_itself(client: Client, root: User) -> None:
    client.post(f"{USERS}{root.pk}/delete/", {"post": "yes"})
    client.post(USERS, {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"})
    assert User.objects.filter(pk=root.pk).exists()


def test_an_account_that_has_changed_something_is_not_deleted(client: Client, root: User) -> None:
    editor, model = User.objects.create_superuser("ada"), make_model()
    own = Client(headers={"host": "localhost"})
    own.force_login(editor)
    own.post(change(model), form_data(own, change(model)) | {"name": "Changed"})
    page = client.post(f"{USERS}{editor.pk}/delete/", {"post": "yes"})
    assert "ada: this account has changed something." in page.content.decode()
    assert User.objects.filter(pk=editor.pk).exists()
    idle = User.objects.create_user("idle")
    assert client.post(f"{USERS}{idle.pk}/delete/", {"post": "yes"}).status_code == 302
    assert ("user_deleted", "idle", "") in events()


def test_the_history_names_who_is_gone(client: Client, root: User) -> None:
    model = make_model()
    client.post(change(model), form_data(client, change(model)) | {"name": "Changed"})
    assert "root, edit form" in client.get(f"{LIST}{model.pk}/history/").content.decode()
    context = {"user": 10**9, "user_name": "ada", "source": "form"}
    assert [one.who for one in changed_by_texts([context, {"user": 10**9}])] == ["ada", f"user {10**9}"]


def test_changes_of_accounts_groups_and_keys_are_security_events(client: Client, root: User) -> None:
    editor = Group.objects.get(name="Editor")
    client.post(f"{USERS}add/", {"username": "ada", "email": "ada@example.com", "group": editor.pk})
    ada = User.objects.get(username="ada")
    url = f"{USERS}{ada.pk}/change/"
    publisher = Group.objects.get(name="Publisher")
    client.post(url, form_data(client, url) | {"groups": [publisher.pk], "first_name": "Ada"})
    client.post(f"{USERS}{ada.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD, "set-password": "1"})
    client.post("/admin/auth/group/add/", {"name": "own", "permissions": [Permission.objects.get(codename="view_price").pk]})
    client.post(f"{KEYS}add/", {"name": "back end"})
    key = ApiKey.objects.get()
    client.post(f"{KEYS}{key.pk}/change/", {"name": "back end", "revoked": "on"})
    added, changed, password, group, made, revoked = events()
    assert added[:2] == ("user_added", "ada")
    assert "groups: Editor" in added[2]
    assert changed[:2] == ("user_changed", "ada")
    assert re.fullmatch(r"groups: Publisher; .*First name", changed[2])
    assert password == ("password_changed", "ada", "")
    assert group[:2] == ("group_added", "own")
    assert "Can view price" in group[2]
    assert made[:2] == ("key_added", "back end")
    assert revoked == ("key_revoked", "back end", "revoked: yes")
    assert set(SecurityEvent.objects.values_list("actor_name", flat=True)) == {"root"}


def test_a_colleague_is_invited_and_sets_a_password_by_the_link_once(client: Client, root: User) -> None:
    group = Group.objects.get(name="Editor")
    page = client.post(f"{USERS}add/", {"username": "ada", "email": "", "group": group.pk})
    assert "no-store" in page["Cache-Control"]
    (link,) = re.findall(r'id="link"[^>]*>(http[^<]+)<', page.content.decode())
    ada = User.objects.get(username="ada")
    assert (ada.is_staff, ada.is_superuser, ada.has_usable_password(), list(ada.groups.all())) == (
        True,
        False,
        False,
        [group],
    )
    theirs = Client(headers={"host": "localhost"})
    form = theirs.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    assert link.split("/")[-2] not in address  # no Referer holds the token
    weak = theirs.post(address, {"new_password1": "ada", "new_password2": "ada"})
    assert "too short" in weak.content.decode()
    assert theirs.post(address, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
    assert "does not work any more" in Client(headers={"host": "localhost"}).get(link, follow=True).content.decode()
    assert ("password_changed", "ada", "by a link") in events()


def test_the_invitation_is_e_mailed_where_that_is_configured(client: Client, root: User, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    form = {"username": "ada", "email": "ada@example.com", "group": Group.objects.get(name="Viewer").pk}
    page = client.post(f"{USERS}add/", form).content.decode()
    (message,) = mail.outbox
    assert message.to == ["ada@example.com"]
    assert "/set-password/" in message.body
    assert "/set-password/" not in page
    settings.EMAIL_BACKEND = "tests.admin.test_people.NoServer"
    page = client.post(f"{USERS}add/", form | {"username": "eve"}).content.decode()
    assert "The mail server did not accept the message: refused" in page
    assert "/set-password/" in page


class NoServer:
    """A mail server that takes nothing."""

    def __init__(self, **options: Any) -> None:
        pass

    def send_messages(self, messages: Any) -> int:
        raise OSError("refused")


def test_an_administrator_makes_a_link_for_a_new_password(client: Client, root: User) -> None:
    ada = User.objects.create_user("ada", password=PASSWORD, is_staff=True)
    address = f"{USERS}{ada.pk}/password-link/"
    assert "/set-password/" not in client.get(address).content.decode()
    assert "/set-password/" in client.post(address).content.decode()
    assert ("user_changed", "ada", "link for a new password") in events()
    assert client.get(f"{USERS}999999/password-link/").status_code == 302


def test_nobody_accepts_what_they_proposed(client: Client) -> None:
    publisher = User.objects.get(username=staff(client, "Publisher").get("/admin/").context["user"].get_username())
    changes = [{"model_id": "x", "is_new": False, "pk": 1, "differences": []}]
    proposal = Proposal.objects.create(proposed_by=publisher, changes=changes)
    address = f"/admin/catalog/proposal/{proposal.pk}/change/"
    assert "Review and accept" not in client.get(address).content.decode()
    assert "Somebody else must accept" in client.post(address, {"_accept": "1"}, follow=True).content.decode()
    decided = {"status": "accepted", "decided_by": publisher, "decided_at": timezone.now()}
    with pytest.raises(IntegrityError, match="proposal_is_accepted_by_somebody_else"), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(**decided)
    assert client.post(address, {"_withdraw": "1"}).status_code == 302


def test_a_key_says_whether_it_works_and_what_it_opens(client: Client, root: User, settings: Settings) -> None:
    settings.FORMATS_BEHIND_KEY = ["openrouter"]
    now = timezone.now()
    ends = {"active": None, "expired": now - timedelta(days=1)}
    keys: dict[str, Any] = {name: ApiKey.objects.create_key(name=name, expiry_date=end)[0] for name, end in ends.items()}
    keys["revoked"] = ApiKey.objects.create_key(name="revoked", expiry_date=now - timedelta(days=1), revoked=True)[0]
    for name, key in keys.items():
        assert key.status == name
        found = client.get(f"{KEYS}?status={name}").context["cl"].result_list
        assert [one.name for one in found] == [name]
        page = client.get(f"{KEYS}{key.pk}/change/").content.decode()
        assert key.status.label in page
        assert key.hashed_key not in page
        assert "/api/ai/models" in page
        assert "/v1/models" in page
    assert data_of(client.get(f"{KEYS}{keys['active'].pk}/change/"))["name"] == "active"


def test_amounts_are_for_those_who_may_view_prices(client: Client) -> None:
    model = make_listed(prices={"prompt": "0.00000123", "completion": "0.00000456"})
    with_permissions(client, "blind", "view_aimodel", "view_proposal")
    pages = [
        LIST,
        change(model),
        f"{LIST}{model.pk}/history/",
        f"{LIST}{model.pk}/compare/?old=2026-01-01T00:00&new=2099-01-01T00:00",
    ]
    for page in pages:
        text = client.get(page).content.decode()
        assert "acme/one" in text
        assert not re.search(r"1\.23|0\.00000123|4\.56", text), page
    for page in (f"{LIST}{model.pk}/seen/?at=2099-01-01T00:00", f"{LIST}listing/", f"{LIST}tables/prices.csv"):
        assert client.get(page).status_code == 403
    sees = Client(headers={"host": "localhost"})
    with_permissions(sees, "sees", "view_aimodel", "view_price")
    assert all(re.search(r"1\.23|0\.00000123", sees.get(page).content.decode()) for page in pages)
