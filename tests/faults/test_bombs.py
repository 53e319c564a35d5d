"""Files and bodies that are built to fill the memory or the disk end in a refusal. Each test prints the figures."""

import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from itertools import repeat
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.floods import flood
from tests.faults.machinery import Site, wait_until
from tests.faults.measuring import poll, warm_up
from tests.faults.staff import UPLOAD, ask_database, forget_uploads, is_idle, prepare, upload

pytestmark = pytest.mark.faults

MIB = 1024 * 1024
GIB = 1024 * MIB


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    prepare(site, 1000)
    site.start()
    warm_up(site)
    yield site
    site.stop()


def xlsx(rows: Iterable[bytes]) -> bytes:
    """A workbook of one sheet, from the XML of its rows."""
    namespace = "http://schemas.openxmlformats.org"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{namespace}/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{namespace}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{namespace}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{namespace}/spreadsheetml/2006/main" '
        f'xmlns:r="{namespace}/officeDocument/2006/relationships"><sheets><sheet name="models" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{namespace}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{namespace}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(f'<worksheet xmlns="{namespace}/spreadsheetml/2006/main"><sheetData>'.encode())
            for row in rows:
                part.write(row)
            part.write(b"</sheetData></worksheet>")
    return stream.getvalue()


def cells(rows: int, columns: int) -> bytes:
    """A sheet of many cells with a text each."""
    row = b"<row>" + b'<c t="inlineStr"><is><t>a</t></is></c>' * columns + b"</row>"
    return xlsx(repeat(row, rows))


def blanks(size: int) -> bytes:
    """A sheet of so many bytes of nothing."""
    return xlsx(repeat(b" " * MIB, size // MIB))


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "lists for entries, 64 MiB": ("a.json", lambda: b'{"data":[' + b"[]," * (64 * MIB // 3 - 10) + b"[]]}"),
    "a list of lists, 64 MB": ("a.json", lambda: b"[" + b"[]," * 21_000_000 + b"[]]"),
    "objects for entries, 64 MiB": ("a.json", lambda: b'{"data":[' + b"{}," * (64 * MIB // 3 - 10) + b"{}]}"),
    "450,000 entries with an object each": (
        "a.json",
        lambda: b'{"data":[' + b",".join(b'{"id":"acme/%d","x":{}}' % number for number in range(450_000)) + b"]}",
    ),
    "50,000 entries that lack everything": (
        "a.json",
        lambda: b'{"data":[' + b",".join(b'{"id":"acme/%d"}' % number for number in range(50_000)) + b"]}",
    ),
    "one entry with 3,000,000 keys": (
        "a.json",
        lambda: b'{"data":[{"id":"a",' + b",".join(b'"%d":1' % number for number in range(3_000_000)) + b"}]}",
    ),
    "one text of 64 MiB": ("a.json", lambda: b'{"data":[{"id":"' + b"a" * (64 * MIB - 100) + b'"}]}'),
    "a text of 60 MB of escapes": ("a.json", lambda: b'{"data":[{"id":"' + rb"\u00e9" * 10_000_000 + b'"}]}'),
    "nested 30,000,000 deep": ("a.json", lambda: b'{"data":' + b"[" * 30_000_000 + b"]" * 30_000_000 + b"}"),
    "a number of 60,000,000 digits": (
        "a.json",
        lambda: b'{"data":[{"id":"a","context_length":' + b"9" * 60_000_000 + b"}]}",
    ),
    "6,000,000 numbers": ("a.json", lambda: b'{"data":[' + b"1e9999," * 6_000_000 + b"1]}"),
    "a table of 2,900,000 empty cells": ("a.csv", lambda: b"model_id,name\n" + (b"," * 192 + b"\n") * 15_000),
    "a table of 60,000,000 empty cells": ("a.csv", lambda: b"model_id,name\n" + (b"," * 192 + b"\n") * 310_000),
    "a table of one line of 64 MiB": ("a.csv", lambda: b"model_id," + b"a" * (64 * MIB - 100)),
    "a table of 20,000,000 quotes": ("a.csv", lambda: b'model_id,name\na,"' + b'""' * 20_000_000),
    "XLSX with 2,900,000 cells": ("a.xlsx", lambda: cells(14_500, 200)),
    "XLSX with 40,000,000 cells": ("a.xlsx", lambda: cells(200_000, 200)),
    "XLSX that unpacks to 4 GiB": ("a.xlsx", lambda: blanks(4 * GIB)),
}
"""Files by what they are."""


class Memory:
    """The memory of the site's processes and of its database: the sum of what each has alone and its part of what they share."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.peak = 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def now(self) -> int:
        """Bytes."""
        assert self.site.process is not None
        database = int((self.site.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
        total = 0
        for parent in (self.site.process.pid, database):
            with suppress(psutil.Error):
                process = psutil.Process(parent)
                for one in [process, *process.children(recursive=True)]:
                    with suppress(psutil.Error):
                        total += one.memory_full_info().pss
        return total

    def _watch(self) -> None:
        while not self.stopped.wait(0.1):
            self.peak = max(self.peak, self.now())

    def __enter__(self) -> "Memory":
        self.thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stopped.set()
        self.thread.join()


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_is_built_to_fill_the_memory_is_refused(site: Site, name: str) -> None:
    file, make = BOMBS[name]
    content = make()
    rest = Memory(site).now()
    with Memory(site) as memory:
        began = time.monotonic()
        status, text = upload(site, file, content)
        del content
        polls = poll(site, 20)
        wait_until(lambda: is_idle(site), "it has been worked on", seconds=1000)  # IMPORT_SECONDS, at most
        took = time.monotonic() - began
    states = "SELECT coalesce(string_agg(state, ' '), 'not taken') FROM catalog_upload"
    state = ask_database(site, states)
    print(f"{name}: rest {rest / MIB:.0f} MiB, peak {memory.peak / MIB:.0f} MiB, {took:.0f} s, {status}, {state}")  # noqa: T201
    assert status in (200, 302, 413), text[:500]
    assert state in ("refused", "not taken")
    assert memory.peak - rest < GIB
    assert [one.fault for one in polls if one.fault] == []
    forget_uploads(site)


def test_a_body_of_a_stranger_that_is_built_to_fill_the_memory_or_the_disk_is_refused(site: Site) -> None:
    rest = Memory(site).now()
    fields = b"&".join(b"f%d=1" % number for number in range(150_000))
    with Memory(site) as memory:
        for path in ("/admin/login/", "/", "/v1/models", UPLOAD):
            connection = HTTPConnection("127.0.0.1", site.port, timeout=120)
            for body in (b"a" * (64 * MIB), fields):
                with suppress(ConnectionError):  # it is not read to its end
                    connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
                    answer = connection.getresponse()
                    answer.read()
                    assert 400 <= answer.status < 500
                connection.close()
    print(f"bodies of strangers: rest {rest / MIB:.0f} MiB, peak {memory.peak / MIB:.0f} MiB")  # noqa: T201
    assert memory.peak - rest < GIB


def test_a_storm_of_filtered_lists_leaves_the_memory_bounded(tmp_path: Path) -> None:
    """Each answer is another one, of megabytes; no limit by address is in their way."""
    limits = {"REQUESTS_PER_MINUTE": "1000000", "MAX_REQUESTS_PER_ADDRESS": "1000"}
    storm = Site(tmp_path, **limits)
    prepare(storm, 7500)
    storm.start()
    try:
        warm_up(storm)
        before = max(worker.memory_info().rss for worker in storm.workers())
        peak = before
        with flood("filtered lists", storm.port, 8) as answers:
            began = time.monotonic()
            while (lasted := time.monotonic() - began) < 30 or (answers["200"] <= 50 and lasted < 300):  # on a busy machine
                peak = max(peak, *(worker.memory_info().rss for worker in storm.workers()))
                time.sleep(0.1)
        after = max(worker.memory_info().rss for worker in storm.workers())
        figures = ", ".join(
            f"{what} {size / MIB:.0f} MiB" for what, size in [("rest", before), ("peak", peak), ("after", after)]
        )
        print(f"filtered lists, a worker: {figures}; {dict(answers)}")  # noqa: T201
        assert answers["200"] > 50
        assert peak - before < GIB
    finally:
        storm.stop()
