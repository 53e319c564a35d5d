"""The provider's own look: logo, color, words and links, and what staff see of them before they save."""

import base64
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client

from catalog.models import Provider, colors
from catalog.models.logos import LARGEST_LOGO
from tests.factories import make_model
from tests.site.common import Document, page

pytestmark = pytest.mark.django_db
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
CHANGE = "/admin/catalog/provider/1/change/"


def data_address(data: bytes, kind: str = "svg+xml") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def test_a_provider_gives_its_look_words_and_links_to_every_page(client: Client) -> None:
    make_model()
    Provider.objects.create(
        name="Acme",
        logo=data_address(SVG),
        accent_color="#0f766e",
        intro="Models at <b>cost</b>.",
        deprecation_policy="We tell you 60 days before.",
        sign_up_url="https://acme.example/join",
        terms_of_service_url="https://acme.example/terms",
    )
    document = page(client, "/", "ar")
    assert document.one("img", **{"class": "logo"}).attributes["src"] == document.one("link", rel="icon").attributes["href"]
    assert document.one("a", href="https://acme.example/join")
    assert document.one("a", href="https://acme.example/terms")
    assert "Models at <b>cost</b>." in document.one("p", dir="auto").text
    assert "We tell you 60 days before." in page(client, "/deprecations").one("main").text
    theme = client.get(str(document.all("link", rel="stylesheet")[1].attributes["href"]))
    assert theme.headers["Content-Type"].startswith("text/css")
    assert "#0f766e" in theme.content.decode()


def test_without_any_the_pages_have_their_own(client: Client) -> None:
    make_model()
    document = page(client, "/")
    assert len(document.all("link", rel="stylesheet")) == 1
    assert not document.all("img", **{"class": "logo"})
    assert client.get("/logo").status_code == 404


def test_the_preview_of_a_link_shows_the_logo_unless_it_is_an_svg(client: Client) -> None:
    make_model()
    provider = Provider.objects.create(logo=data_address(PNG, "png"))
    href = page(client, "/").one("img", **{"class": "logo"}).attributes["src"]
    assert page(client, "/").one("meta", property="og:image").attributes["content"] == f"http://localhost{href}"
    assert client.get(str(href)).content == PNG
    provider.logo = data_address(SVG)
    provider.save()
    assert not page(client, "/").all("meta", property="og:image")


def test_no_script_in_a_logo_can_run(client: Client) -> None:
    Provider.objects.create(logo=data_address(SVG))
    answer = client.get("/logo")
    assert answer.content == SVG
    assert answer.headers["Content-Type"] == "image/svg+xml"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/logo", headers={"if-none-match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("accent", ["#7e22ce", "#0f766e", "#b91c1c", "#000000", "#1d4ed8"])
def test_text_in_the_color_can_be_read_in_light_and_in_dark(client: Client, accent: str) -> None:
    css = client.get("/theme.css", {"accent": accent}).content.decode()
    found = dict(re.findall(r"--([\w-]+): light-dark\((#\w+, #\w+)\)", css))
    light, dark = found["accent"].split(", ")
    light_soft, dark_soft = found["accent-soft"].split(", ")
    for text, paper in (
        (light, colors.LIGHT_PAPER),
        (light, light_soft),
        (dark, colors.DARK_PAPER),
        (dark, dark_soft),
        ("#ffffff", light),
        (colors.DARK_PAPER, dark),
    ):
        assert colors.contrast(text, paper) >= colors.READABLE, (text, paper)


def test_a_color_that_cannot_be_read_or_is_none_is_refused(client: Client) -> None:
    for accent in ("#ffff00", "#8b8b8b", "red", "#12345", "#0f766e;}body{display:none", "#0F766E", "", "#0f766e\n"):
        assert client.get("/theme.css", {"accent": accent}).status_code == 404, accent
    with pytest.raises(ValidationError, match=r"contrast of 1\.1"):
        Provider(accent_color="#ffff00").full_clean()
    with pytest.raises(IntegrityError, match="provider_accent_color_is_a_color"):
        Provider.objects.create(accent_color="red")


def test_the_contrast_is_wcags() -> None:
    assert colors.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colors.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_logo_that_is_no_picture_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError, match="provider_logo_is_a_picture"):
        Provider.objects.create(logo="data:text/html;base64,AAAA")


def form(**more: Any) -> dict[str, Any]:
    return {"slug": "acme", "name": "Acme", "headquarters": "", **more}


@pytest.mark.parametrize(
    ("name", "data", "kind"), [("a.svg", SVG, "svg+xml"), ("b.png", PNG, "png"), ("c.jpg", b"\xff\xd8\xff\xe0", "jpeg")]
)
def test_staff_upload_a_logo_and_take_it_away(admin_client: Client, name: str, data: bytes, kind: str) -> None:
    Provider.objects.create()
    answer = admin_client.post(CHANGE, form(logo_file=SimpleUploadedFile(name, data)))
    assert answer.status_code == 302, answer.content
    assert Provider.objects.get().logo == data_address(data, kind)
    admin_client.post(CHANGE, form(logo=data_address(data, kind), intro="Hello"))
    assert Provider.objects.get().logo
    admin_client.post(CHANGE, form(logo=data_address(data, kind), remove_logo="on"))
    assert Provider.objects.get().logo == ""


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<html><script>", "not an SVG, PNG"),
        (SVG + b" " * LARGEST_LOGO, "a logo may have at most 100,000"),
        (b"GIF89a", "not an SVG"),
    ],
)
def test_a_file_that_is_no_logo_is_refused_in_words(admin_client: Client, data: bytes, sentence: str) -> None:
    Provider.objects.create()
    answer = admin_client.post(CHANGE, form(logo_file=SimpleUploadedFile("x.svg", data)))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert Provider.objects.get().logo == ""


def test_the_preview_shows_what_is_typed_and_saves_nothing(admin_client: Client) -> None:
    make_model()
    Provider.objects.create(name="Before")
    assert 'formaction="/preview"' in admin_client.get(CHANGE).content.decode()
    answer = admin_client.post(
        "/preview", form(intro="Soon.", accent_color="#0f766e", logo=data_address(SVG), sign_up_url="https://a.example/")
    )
    document = Document(answer.content.decode())
    assert "Soon." in document.one("main").text
    assert document.one("img", **{"class": "logo"}).attributes["src"] == data_address(SVG)
    assert document.one("meta", name="robots")
    assert Provider.objects.get().name == "Before"
    refused = admin_client.post("/preview", form(accent_color="#ffff00"))
    assert refused.status_code == 400
    assert "too light" in refused.content.decode()
    chosen = admin_client.post("/preview", form(logo_file=SimpleUploadedFile("x.svg", SVG)))
    assert Document(chosen.content.decode()).one("img", **{"class": "logo"}).attributes["src"] == data_address(SVG)
    refused = admin_client.post("/preview", form(logo_file=SimpleUploadedFile("x.svg", b"GIF89a")))
    assert refused.content.decode() == "logo: This is not an SVG, PNG, JPEG or WebP picture."


def test_only_staff_who_may_change_the_provider_preview(client: Client) -> None:
    make_model()
    assert client.post("/preview", form()).status_code == 403
    user = User.objects.create_user("viewer", is_staff=True)
    client.force_login(user)
    assert client.post("/preview", form()).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="change_provider"))
    client.force_login(User.objects.get())
    assert client.post("/preview", form()).status_code == 200
    assert client.get("/preview").status_code == 405
