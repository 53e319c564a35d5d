"""A new wire format is one new file and one line: one is added to a copy of the project and read back from it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.factories import make_listed

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = "catalog/formats/__init__.py"

FILE = '''"""One line a model: its id and its prompt price."""

from catalog.formats.format import Format, Record, closed, data_list, listed, usd
from catalog.listing import Selection
from catalog.models import PriceKind


def records(entries, provider):
    """One item a model."""
    line = next(line for line in entries[0].prices if line.kind == PriceKind.PROMPT)
    yield Record(entries[0].model.model_id, entries, {"id": entries[0].model.model_id, "prompt": format(line.usd, "f")})


FORMAT = Format(
    name="short",
    title="The short list",
    selection=Selection.PUBLIC,
    records=records,
    envelope=data_list,
    schema=listed(closed({"id": {"type": "string"}, "prompt": usd("token")}, {})),
)
'''
READ = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from django.test import Client
client = Client(headers={"host": "localhost"})
operation = client.get("/schema/?format=json").json()["paths"]["/v1/models"]["get"]
parameter = next(one for one in operation["parameters"] if one["name"] == "format")
call_command("export_models", "--format=short", f"--output={sys.argv[1]}")
print(json.dumps({
    "served": client.get("/v1/models?format=short").content.decode(),
    "exported": open(sys.argv[1]).read(),
    "described": parameter["schema"]["enum"],
    "offered": client.get("/v1/models?format=none").json()["error"]["message"],
    "counted": 'format="short"' in client.get("/metrics").content.decode(),
}))
from catalog.publication import publisher
publisher.clear()
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_file_and_a_line_make_a_format_that_is_served_exported_described_and_counted(tmp_path: Path) -> None:
    make_listed("acme/one")
    copy = tmp_path / "copy"
    for name in ("catalog", "catalog_site", "templates"):
        shutil.copytree(ROOT / name, copy / name)
    shutil.copy(ROOT / "pyproject.toml", copy)  # it states the version
    (copy / "catalog/formats/short.py").write_text(FILE)
    registry = (copy / REGISTRY).read_text()
    assert registry.count("wandb\n") == registry.count("        wandb.FORMAT,\n") == 1
    registry = registry.replace("wandb\n", "short, wandb\n").replace(
        "        wandb.FORMAT,\n", "        wandb.FORMAT,\n        short.FORMAT,\n"
    )
    (copy / REGISTRY).write_text(registry)
    found = read(copy, tmp_path)
    assert json.loads(found["served"]) == {"data": [{"id": "acme/one", "prompt": "0.0000001"}]}
    assert found["exported"] == found["served"]
    assert "short" in found["described"]
    assert "short" in found["offered"]
    assert found["counted"]


def read(copy: Path, tmp_path: Path) -> Any:
    """What the copy answers, on this test's database."""
    database = connection.settings_dict
    environment = {
        "DATABASE_URL": f"postgres://{database['USER']}:{database.get('PASSWORD', '')}@/{database['NAME']}?host={database['HOST']}",
        "DJANGO_SETTINGS_MODULE": "catalog_site.settings",
        "SECRET_KEY": "0123456789" * 6,
        "ALLOWED_HOSTS": "localhost",
        "BEHIND_TLS": "false",
        "DATA_DIR": str(tmp_path / "data"),
    }
    done = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / "exported.json")],
        cwd=copy,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
