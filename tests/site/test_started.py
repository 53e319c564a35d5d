"""The site on a started server with two workers, whose database stops answering."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from tests.faults.machinery import Site, wait_until
from tests.started import site_with_sample

pytestmark = pytest.mark.slow
MODEL = "/models/mistral-small-3.2-24b-instruct"
PATHS = ("/", "/fr/?q=qwen&sort=newest", MODEL, f"/ar{MODEL}?prompt_tokens=5000", "/pricing", "/zh-hans/pricing", "/deprecations",
         "/compare?models=qwen3-5-9b,phi-4", "/makers/qwen", "/docs/", "/ko/docs/openrouter", "/docs/history", "/sitemap.xml",
         "/llms.txt", "/pricing.md", "/suggest.json?q=qwen", "/changes", "/changes.atom")  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sample_cluster: Path) -> Iterator[Site]:
    site = site_with_sample(sample_cluster, tmp_path_factory.mktemp("site"))
    site.start()
    yield site
    site.stop()


@contextmanager
def without_database(site: Site) -> Iterator[None]:
    """PostgreSQL stands still, so that nobody starts it again."""
    postmaster = psutil.Process(int((site.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0]))
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def got(site: Site, path: str, accept: str = "text/html,*/*;q=0.8") -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", path, headers={"Accept": accept})
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    body = answer.read().decode()
    connection.close()
    return answer.status, headers, body


def test_its_pages_go_on_and_say_that_they_are_of_the_last_good_copy(site: Site) -> None:
    for _ in range(8):  # so that each worker has each of them
        for path in PATHS:
            assert got(site, path)[0] == 200, path
    with without_database(site):
        wait_until(lambda: all("age" in got(site, path)[1] for path in ("/", "/pricing") * 4), "both workers know of it")
        for path in PATHS:
            status, headers, body = got(site, path)
            assert status == 200, (path, body[:300])
            if headers["content-type"].startswith("text/html"):
                assert "age" in headers, path
                assert 'class="banner warning"' in body, path
        status, headers, body = got(site, "/nothing")
        assert status == 404
    assert got(site, "/docs/app")[0] == 200


def test_who_prefers_markdown_gets_it_also_where_the_page_is_kept_and_nobody_else_does(site: Site) -> None:
    for _ in range(6):
        for accept, media_type in (
            ("text/html,*/*;q=0.8", "text/html"),
            ("text/markdown", "text/markdown"),
            ("*/*", "text/html"),
        ):
            status, headers, _ = got(site, "/pricing", accept)
            assert (status, headers["content-type"]) == (200, f"{media_type}; charset=utf-8")
            assert headers["vary"] == "Accept, Accept-Encoding"
