"""The manual in the admin: its pages lead to each other, and each screen leads to its section."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, resolve, reverse

from catalog.admin.manual import rendering, views
from catalog.admin.manual.help import HELP, section_for
from catalog.admin.manual.rendering import page_address
from tests.admin.common import LIST, change, form_data
from tests.factories import make_listed, make_model

pytestmark = pytest.mark.django_db

NO_SCREENS = {
    *("app_list", "autocomplete", "jsi18n", "logout", "search", "view_on_site", None),
    *("login", "login_again", "admin_password_reset", "password_reset_done"),  # before one is logged in
    *("manual", "manual_file", "manual_page"),
}


def leads_somewhere(address: str) -> bool:
    """Whether the manual has that page and anchor, or that file."""
    path, _, anchor = address.partition("#")
    found = resolve(path)
    if found.url_name == "manual_file":
        return found.kwargs["name"] in rendering.files()
    page = rendering.pages().get(found.kwargs["page"])
    return page is not None and (not anchor or f'id="{anchor}"' in rendering.rendered(page.read_text()).html)


def screens(patterns: Any) -> set[str | None]:
    """The names of the addresses below these."""
    below = (screens(one.url_patterns) if isinstance(one, URLResolver) else {one.name} for one in patterns)
    return set().union(*below)


@pytest.mark.parametrize("name", rendering.pages())
def test_every_link_and_picture_of_a_page_leads_somewhere_in_the_manual(name: str) -> None:
    page = rendering.rendered(rendering.pages()[name].read_text())
    here = page_address(name)
    for target in re.findall(r'(?:href|src)="([^"]+)"', page.html):
        address = here + target if target.startswith("#") else target
        assert address.startswith("https://") or leads_somewhere(address), target
    ids = re.findall(r' id="([^"]+)"', page.html)
    assert len(ids) == len(set(ids))
    # Nothing of the page breaks the policy, and no HTML of the file is left as text.
    assert not re.search(r'style="|&lt;(picture|img|!--)', page.html)


def test_every_screen_of_the_admin_has_a_section_of_the_manual_and_every_section_is_there() -> None:
    below = [
        one for one in get_resolver().url_patterns if isinstance(one, URLResolver) and str(one.pattern).startswith("admin/")
    ]
    assert {name for name in screens(below) - NO_SCREENS if section_for(str(name)) is None} == set()
    assert {section for section in HELP.values() if not leads_somewhere(page_address(section))} == set()
    assert set(views.FOR_STAFF) <= set(rendering.pages())


@pytest.mark.parametrize(
    ("screen", "section"),
    [
        ("admin:index", "admin#dashboard"),
        ("admin:catalog_aimodel_changelist", "catalog#models"),
        ("admin:catalog_aimodel_add", "catalog#models"),
        ("admin:catalog_aimodel_upload", "admin#uploads-and-tables"),
        ("admin:catalog_alarmrecipient_changelist", "alarms#recipients"),
        ("sessions", "admin#logging-in"),
    ],
)
def test_a_screen_links_to_its_section(admin_client: Client, screen: str, section: str) -> None:
    assert f'href="{page_address(section)}" target="_blank">Help<' in admin_client.get(reverse(screen)).content.decode()


def test_a_form_for_many_models_links_to_its_own_section(publisher_client: Client) -> None:
    form = {"action": "change_prices_by_percent", "index": "0", "_selected_action": [make_model().pk]}
    content = publisher_client.post(LIST, form).content.decode()
    assert f'href="{page_address("admin#actions-on-many-models")}" target="_blank">Help<' in content


def test_a_review_links_to_the_section_on_reviews(publisher_client: Client) -> None:
    address = change(make_listed())
    content = publisher_client.post(address, form_data(publisher_client, address) | {"name": "Changed"}).content.decode()
    assert f'href="{page_address("admin#before-the-live-feed-changes")}" target="_blank">Help<' in content


def test_html_and_scripts_in_a_page_are_shown_as_text() -> None:
    html = rendering.rendered('# T\n<script>1</script> <b onclick="1">b</b> [x](javascript:1) ![x](javascript:1)').html
    assert not re.search(r"<(script|b|a|img)\b", html)
    assert "&lt;script&gt;" in html


def test_a_link_to_a_file_that_only_the_repository_has_is_left_out() -> None:
    assert rendering.rendered("# T\n[changes](../CHANGELOG.md) and [feeds](feed.md#fresh)").html == (
        '<p>changes and <a href="/admin/manual/feed/#fresh">feeds</a></p>\n'
    )


@pytest.mark.parametrize(
    "address",
    [
        "nothing/",
        "files/architecture.py",
        "files/admin.md",
        "files/../manage.py",
        "files/%2e%2e/manage.py",
        "files//etc/passwd",
    ],
)
def test_only_what_the_folder_has_is_served(admin_client: Client, address: str) -> None:
    assert admin_client.get(f"/admin/manual/{address}").status_code == 404


def test_a_picture_is_served(admin_client: Client) -> None:
    answer = admin_client.get("/admin/manual/files/pictures/admin-light.png")
    assert answer["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("address", ["/admin/manual/", "/admin/manual/admin/"])
def test_without_the_folder_a_sentence_says_so(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str
) -> None:
    monkeypatch.setattr(rendering, "DOCS", tmp_path / "docs")
    answer = admin_client.get(address)
    assert answer.status_code == 200
    assert "The manual is not installed here" in answer.content.decode()
