"""The command that imports."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.factories import let_deferred_rules_speak
from tests.importing.flat import Answer, Import


@pytest.fixture
def run(tmp_path: Path) -> Import:
    def run(*entries: Any, document: Any = None, text: str | bytes | None = None, **options: Any) -> Answer:
        source = tmp_path / "feed.json"
        content = json.dumps({"data": entries} if document is None else document) if text is None else text
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = io.StringIO()
        try:
            call_command("import_models", str(source), stdout=out, stderr=out, json=options.pop("json", True), **options)
        except SystemExit as exit_:
            return Answer(int(str(exit_.code)), out.getvalue())
        let_deferred_rules_speak()
        return Answer(0, out.getvalue())

    return run
