"""Measures export and import as commands, bulk changes, and the admin's list of models."""

import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from bench.data_directories import database, manage
from bench.table import Row


def commands(work: Path, data_dir: Path) -> Iterator[Row]:
    """Export and import of ten thousand as commands, what their rehearsal costs a colleague, and the admin's list."""

    def run(where: Path, *arguments: str) -> float:
        began = time.perf_counter()
        manage(where, "manage.py", *arguments)
        return time.perf_counter() - began

    def against(what: str, took: float, most: float) -> Row:
        noise = f"export {min(exports):.1f} to {max(exports):.1f} s"
        met = "met" if took <= most * export else "MISSED"
        return Row(what, f"{took / export:.1f} ({took:.1f} / {export:.1f} s)", noise, f"at most {most:g}: {met}")

    target = work / "export.json"
    exporting = ("export_models", "--format", "openrouter", "--output", str(target))
    exports = [run(data_dir, *exporting) for _ in range(3)]
    export = statistics.median(exports)
    yield Row("export_models of 10,000 with 40,000 prices, the command as a whole", f"{export:.1f} s", "")
    fresh = work / "fresh"
    manage(fresh, "manage.py", "migrate", "-v0")
    with database(fresh):
        yield against("import_models of those 10,000, against exporting them", run(fresh, "import_models", str(target)), 4)
        yield against("import_models again, nothing to do", run(fresh, "import_models", str(target)), 2)
        took = run(fresh, "import_models", str(target), "--list-on-openrouter")
        yield Row("import_models, and listing them", f"{took:.1f} s", "")
    found = json.loads(manage(data_dir, "-m", "bench.writes", str(target)).splitlines()[-1])
    yield against(
        "a bulk change of 30,000 prices of 10,000 models, once confirmed, against exporting them", found["apply"], 5
    )
    yield against("the preview of that change, the page with its review, against exporting them", found["preview"], 10)
    met = "met" if found["locked"] <= found["apply"] else "MISSED"
    figure = f"{found['locked']:.1f} of {found['apply']:.1f} s"
    yield Row("the write lock held for that change", figure, "", f"at most as long as the writing: {met}")
    figure = f"{found['locked_in_preview']:.1f} of {found['preview']:.1f} s"
    yield Row(
        "the write lock held for its preview", figure, "", f"never: {'met' if not found['locked_in_preview'] else 'MISSED'}"
    )
    met = "met" if found["locked_in_import"] <= found["import"] / 2 else "MISSED"
    figure = f"{found['locked_in_import']:.1f} of {found['import']:.1f} s"
    yield Row("the write lock held by import_models of 10,000 changed models", figure, "", f"at most half of it: {met}")
    met = "met" if found["longest_save"] < 1 else "MISSED"
    figure = f"{found['longest_save'] * 1000:.0f} ms ({found['rehearsal']:.1f} s of rehearsal)"
    what = "a colleague's longest save while an import of 10,000 changes is rehearsed"
    yield Row(what, figure, f"{found['saves']} saves", f"under a second: {met}")
    timing = manage(
        data_dir, "manage.py", "shell", "--no-imports", "-c",
        "import time\nfrom django.contrib.auth.models import User\nfrom django.test import Client\n"
        "client = Client(headers={'host': 'localhost'})\n"
        "client.force_login(User.objects.create_superuser(f'bench-{time.time_ns()}'))\n"
        "client.get('/admin/catalog/aimodel/')\n"
        "began = time.perf_counter()\nassert client.get('/admin/catalog/aimodel/').status_code == 200\n"
        "print(time.perf_counter() - began)",
    )  # fmt: skip
    yield Row("the admin's list of 10,000 models, one page", f"{float(timing.split()[-1]) * 1000:.0f} ms", "")
