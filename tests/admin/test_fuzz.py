"""The admin's addresses and forms, sent whatever: an answer in words, never a server error.

Each address of the resolver is asked with generated parts and queries, and posted generated forms: those that a browser would send,
with some values replaced. New addresses are met by themselves.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings as django_settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from pytest_django.fixtures import Settings

from catalog.admin.bulk_actions.operations import OPERATIONS
from catalog.models import ApiKey, ParameterDescriptor, Proposal, Provider
from tests.admin.common import data_of
from tests.examples import examples
from tests.factories import make_datacenter, make_listed, make_model
from tests.permissions.common import content

bounded = settings(
    max_examples=examples(4, 60),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a form is short enough as it is; to shrink one takes minutes
    suppress_health_check=list(HealthCheck),
)

# fmt: off
NASTY = [
    "", " ", "x", "-1", "0", "1", "2", "007", "1.5", "-0", "²", "٣", "1e999", "Infinity", "-Infinity", "NaN", "sNaN", "1e-999", str(2**31),
    str(2**63), str(2**64), "-" + str(2**63), "9" * 5000, "99999999999", "0x1", "1_000", "1,2", "$3", "10%", "\0", "a\0b", '"', "'", "\\",
    "%", "%s", "%(x)s", "{", "{}", "[]", "[" * 5000, "null", "true", "None", "..", "/", "__", "_", '"\\ud800"', '"\\u0000"',
    '{"a": "\\udfff"}', "[1e999]", "\ufffd", "\u202e", "🦙", "a" * 5000, "\r\n", "<script>", "://", "?", "2027-01-01",
    "9999-12-31T23:59:59", "0001-01-01", "10000-01-01", "2026-02-30", "24:00:00", "2027-01-01T00:00:00+99:99", "acme/one", "on", "_save",
    "__all__", "text", "input:text", "q__regex=(", "pk", "id", "a=%00", "_popup=1&_to_field=password",
]
"""What one would type to break it."""
READ = [
    "_changelist_filters", "_popup", "_to_field", "o", "p", "e", "all", "q", "s", "extended", "page", "term", "app_label", "model_name",
    "field_name", "at", "a", "b", "from", "to", "left", "right", "revision", "format", "next", "version", "_facets", "modality",
    "deprecation", "readiness", "scheduled", "changed", "moment", "step", "before", "after", "entry", "repository",
]
"""Names of parameters that a page of the admin or its theme reads."""
LOOKUPS = [
    "", "__exact", "__in", "__isnull", "__year", "__gte", "__contains", "__regex", "__id__exact", "__date", "__0", "__nonsense",
]
POSTED = [
    "action", "_selected_action", "select_across", "index", "_save", "_popup", "_back", "_agreed", "_typed", "_propose", "_reason",
    "_version", "_merge", "apply", "at", "cancel", "price", "switch", "deprecation", "state", "post", "operation", "percent", "usd",
    "datacenter", "model_id", "hugging_face_id", "file", "format", "decision", "accept", "reject", "next",
]
"""Names that a form of the admin sends."""
# fmt: on
ACTIONS = ["delete_selected", "export_models_csv", "nonsense"]

values = st.one_of(st.sampled_from(NASTY), st.text(max_size=20), st.integers().map(str))


def addresses(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each address of the admin, with the places in it that take a value."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern) and prefix.startswith("admin/") and "^" not in str(pattern.pattern):
            yield prefix + str(pattern.pattern), tuple(pattern.pattern.converters)


ADDRESSES = list(addresses())


@pytest.fixture
def session(settings: Settings) -> str:
    """A row of each table, and the session of a superuser."""
    settings.HUGGING_FACE_URL = "http://127.0.0.1:9"  # nobody is asked
    place = make_datacenter()
    make_listed(datacenters=(place,), has_free_variant=True)
    draft = make_model("acme/two", prices={})
    ParameterDescriptor.objects.create(ai_model=draft, name="temperature", type="range", minimum=0, maximum=2, default=0.7)
    ApiKey.objects.create_key(name="key")
    Provider.objects.get_or_create(defaults={"slug": "acme", "name": "Acme"})
    user = User.objects.create_superuser("root")
    changes = [{"model_id": "acme/two", "is_new": False, "pk": draft.pk, "differences": [[["field", "name"], "a", "b"]]}]
    Proposal.objects.create(proposed_by=user, changes=changes)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    client.get("/admin/")  # which records that the session is used; undone, every request would do so again
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


def signed_in(session: str) -> Client:
    """A client of its own in that session, as an address may end it."""
    client = Client(headers={"host": "localhost"})
    client.cookies[django_settings.SESSION_COOKIE_NAME] = session
    return client


def path_of(data: DataObject, address: str, names: tuple[str, ...]) -> str:
    """The address, with something in each of its places: mostly what is there."""
    path = "/" + address
    model = next((one for one in admin.site._registry if f"/{one._meta.app_label}/{one._meta.model_name}/" in path), None)
    keys = [str(key) for key in model._default_manager.values_list("pk", flat=True)[:3]] if model else []
    for name in names:
        there = {"table": ["models", "prices"], "file_format": ["csv", "xlsx"]}.get(name, keys or ["1"])
        value = data.draw(st.one_of(st.sampled_from(there), st.sampled_from(there), values))
        start, _, rest = path.partition("<")
        path = start + quote(value, safe="") + rest.partition(">")[2]
    return path


def field_names(path: str) -> list[str]:
    """The fields that the page's model can be filtered by, and those of what it leads to."""
    found = []
    for model in admin.site._registry:
        if f"/{model._meta.app_label}/{model._meta.model_name}/" in path:
            found += [field.name for field in model._meta.get_fields()]
    return found or ["name"]


def query_of(data: DataObject, path: str) -> str:
    """A query: names that are read, and lookups on the model's fields."""
    lookups = st.builds(str.__add__, st.sampled_from(field_names(path)), st.sampled_from(LOOKUPS))
    names = st.one_of(st.sampled_from(READ), lookups, st.text(max_size=8))
    return urlencode(data.draw(st.lists(st.tuples(names, values), max_size=3)))


def ask(session: str, data: DataObject, address: str, names: tuple[str, ...]) -> None:
    """Ask for a page."""
    path = path_of(data, address, names)
    path = f"{path}?{query_of(data, path)}"
    note(path)
    assert signed_in(session).get(path).status_code < 500


def send(session: str, data: DataObject, address: str, names: tuple[str, ...]) -> None:
    """Send what the page has to send, with some of it replaced."""
    client, path = signed_in(session), path_of(data, address, names)
    page, form = client.get(path), {}
    context = (page.status_code == 200 and page.context) or {}
    if "adminform" in context:
        form = data_of(page)
    elif "cl" in context:
        chosen = data.draw(st.sampled_from([*(operation.name for operation in OPERATIONS), *ACTIONS]))
        rows = [str(row.pk) for row in context["cl"].result_list]
        form = {"action": chosen, "index": "0", "select_across": "0", "_selected_action": rows}
    elif context.get("form"):
        form = {name: field.initial or "" for name, field in context["form"].fields.items()}
    names_sent = st.sampled_from([*form, *POSTED])
    form |= data.draw(st.dictionaries(names_sent, st.one_of(values, st.lists(values, max_size=2)), max_size=4))
    if context and data.draw(st.booleans()):
        form |= {"post": "yes", "_agreed": "0", "apply": "1"}
    note(f"{path} {form}")
    before = content()
    status = client.post(path, form).status_code
    assert status < 500
    assert status < 400 or content() == before


@pytest.mark.slow(seconds=20)
@pytest.mark.hypothesis
@pytest.mark.django_db
@pytest.mark.parametrize("work", [ask, send])
def test_no_address_of_the_admin_is_a_server_error(work: Any, session: str, subtests: pytest.Subtests) -> None:
    for address, names in ADDRESSES:

        @bounded
        @given(data=st.data(), address=st.just(address), names=st.just(names))
        def call(data: DataObject, address: str, names: tuple[str, ...]) -> None:
            with transaction.atomic():
                work(session, data, address, names)
                transaction.set_rollback(True)

        with subtests.test(address):
            call()
