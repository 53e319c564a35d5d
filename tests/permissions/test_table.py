"""Who may do what, at every address and by every action: ``table.txt`` says it, and this asks."""

import re
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from catalog.uploads import queue
from tests.permissions.common import ROLES, SUPERUSER, Asking, There, actions, addresses, form_for

TABLE = Path(__file__).with_name("table.txt")

pytestmark = [pytest.mark.django_db, pytest.mark.slow(seconds=30)]

Rows = dict[str, tuple[str, ...]]


def expected() -> Rows:
    """The cells of each row; one cell stands for all roles."""
    rows = {}
    for line in TABLE.read_text().splitlines():
        if line.startswith("/"):
            name, *cells = re.split(r"\s{2,}", line.strip())
            rows[name] = tuple(cells if len(cells) > 1 else cells * len(ROLES))
    return rows


def line_of(name: str, cells: tuple[str, ...]) -> str:
    """A row as the table has it."""
    shown = cells if len(set(cells)) > 1 else cells[:1]
    return f"{name:<62}  {'  '.join(f'{cell:<11}' for cell in shown)}".rstrip()


def said(answer: Any) -> str:
    """A status, or that one has to log in."""
    return "login" if answer.status_code == 302 and "/login/" in answer["Location"] else str(answer.status_code)


def asked() -> Rows:
    """What each role gets. Of a view that did not look at a superuser's session, other sessions are not asked."""
    there = There()
    acts, forms = dict(actions(there)), dict[str, dict[str, Any]]()
    rows: dict[str, dict[str, str]] = {}
    public: set[str] = set()

    def post(asking: Asking, path: str, form: dict[str, Any]) -> str:
        answer, has_changed = asking.post(path, form)
        return said(answer) + "+" * has_changed

    for role in sorted(ROLES, key=lambda role: role != SUPERUSER):
        asking = Asking(there, role)
        for address in addresses():
            path, cells = there.path(address), rows.setdefault(f"/{address}", {})
            if address in public and role in there.users:
                cells[role] = cells[SUPERUSER]
                continue
            answer = asking.get(path)
            if role == SUPERUSER:
                forms[address] = form_for(there, address, answer)
            cells[role] = f"{said(answer)}/{post(asking, path, forms[address])}"
            if role == SUPERUSER and not answer.wsgi_request.session.accessed:
                public.add(address)
        for name, form in acts.items():
            rows.setdefault(f"/{name}", {})[role] = post(asking, there.path(name.partition(" ")[0]), form)
    return {name: tuple(cells[role] for role in ROLES) for name, cells in rows.items()}


def test_each_may_do_what_the_table_says_and_no_address_or_action_is_left_out(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.LOGIN_ATTEMPTS = 10_000  # each role asks from the same address
    monkeypatch.setattr(queue, "start_runner", lambda: None)  # uploads are taken, and undone
    now, wanted = asked(), expected()
    different = [line_of(name, now.get(name, ("gone",))) for name in {**wanted, **now} if now.get(name) != wanted.get(name)]
    assert not different, "\n".join(["table.txt says otherwise, or nothing, of these:", *different])


def test_the_table_has_no_server_error_and_changes_nothing_for_those_without_a_name() -> None:
    for name, cells in expected().items():
        assert not re.search(r"\b5", " ".join(cells)), name
        assert "+" not in cells[0] + cells[-1], name
