"""Every page as Markdown, and ``/llms.txt``."""

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.site.languages import LANGUAGES
from catalog.site.markdown import markdown
from tests.factories import make_model
from tests.site.common import PREFIXES, page

pytestmark = pytest.mark.django_db
URL = "https://acme.example/fr/pricing"


def test_what_is_read_is_kept_and_what_is_used_is_left_out() -> None:
    html = """<body><nav>Menu</nav><main><h1>A <bdi>b*</bdi></h1><form><label>x</label></form>
    <p>One <a href="/models/a(b)">link</a> &amp; <code>c_d</code><span class="hidden">unseen</span></p>
    <ul><li>first</li><li><div><p>se</p><p>cond</p></div></li></ul><svg><text>no</text></svg>
    <table><thead><tr><th>K</th><th>V</th></tr></thead><tbody><tr><td colspan="2">all</td></tr>
    <tr><td>1|2</td><td><small>per</small> <span class="condition">x</span></td></tr></tbody></table>
    <h2>Box</h2><form><input></form><h2>Facts</h2><dl><div><dt>Context</dt><dd>1K</dd></div><div><dt>Status</dt>
    <dd><span class="badge new">New</span></dd></div></dl>
    <pre><code>{"a":   1}
&lt;b&gt;</code></pre></main><footer>end</footer></body>"""
    assert markdown(html, URL) == (
        "# A b\\*\n\nOne [link](https://acme.example/models/a%28b%29) & `c_d`\n\n- first\n- se cond\n\n"
        "| K | V |\n| --- | --- |\n| all | |\n| 1\\|2 | per x |\n\n"
        "## Facts\n\n- Context: 1K\n- Status: (New)\n\n"
        '```\n{"a":   1}\n<b>\n```\n'
    )


def test_a_list_within_a_list_is_indented() -> None:
    html = "<main><ul><li><p>A:</p><ul><li>one</li> <li>two</li></ul></li>\n<li>B - c</li></ul></main>"
    assert markdown(html, URL) == "- A:\n  - one\n  - two\n- B - c\n"


@pytest.mark.django_db(transaction=True)  # so that a list that has not changed is made once, and not for each request
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_is_there_as_markdown_with_its_prices(client: Client, language: str) -> None:
    call_command("load_sample")
    for path, as_markdown in (
        ("/", "/index.md"),
        ("/pricing", "/pricing.md"),
        ("/changes", "/changes.md"),
        ("/deprecations", "/deprecations.md"),
        ("/compare?models=qwen3-5-9b,bge-m3", "/compare.md?models=qwen3-5-9b,bge-m3"),
        ("/makers/qwen", "/makers/qwen.md"),
        ("/models/deepseek-v3.1", "/models/deepseek-v3.1.md"),
        ("/docs/", "/docs/index.md"),
        ("/docs/openrouter", "/docs/openrouter.md"),
    ):
        answer = client.get(PREFIXES[language] + as_markdown)
        assert answer.status_code == 200, as_markdown
        assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        text = answer.content.decode()
        document = page(client, path, language)
        assert text.startswith("# ")
        for price in document.all("data"):
            if not any("hidden" in (one.attributes.get("class") or "") for one in price.within):
                assert price.text in text, (as_markdown, price.text)
        assert document.one("link", type="text/markdown").attributes["href"] == PREFIXES[language] + as_markdown
        asked = client.get(PREFIXES[language] + path, headers={"accept": "text/markdown"})
        assert asked.content == answer.content
        assert asked.headers["Vary"] == "Accept, Accept-Encoding"


def test_browsers_get_html_and_redirections_stay_markdown(client: Client) -> None:
    make_model("a/one", aliases=["first"])
    for accept in ("text/html,application/xhtml+xml,*/*;q=0.8", "*/*", ""):
        assert client.get("/", headers={"accept": accept}).headers["Content-Type"].startswith("text/html")
    assert client.get("/models/first.md").headers["Location"] == "/models/a/one.md"
    assert client.get("/compare.md?models=first").headers["Location"] == "/compare.md?models=a/one"
    make_model("notes.md")
    assert "notes.md" in page(client, "/models/notes.md").one("main").text
    assert client.get("/models/notes.md.md").content.startswith(b"# Acme One")


def test_an_answer_can_be_asked_for_again(client: Client) -> None:
    make_model()
    first = client.get("/pricing.md")
    assert client.get("/pricing.md", headers={"if-none-match": first.headers["ETag"]}).status_code == 304


@pytest.mark.django_db(transaction=True)  # likewise
def test_llms_txt_leads_to_everything(client: Client) -> None:
    call_command("load_sample")
    text = client.get("/llms.txt").content.decode()
    assert text.startswith("# Acme Inference\n\n> ")
    assert "- [Price list](http://localhost/pricing.md)" in text
    assert "`qwen3-5-9b`, input $0.09/1M tokens, output $0.13/1M tokens, context 262144" in text
    for line in text.splitlines():
        if line.startswith("- ["):
            address = line.partition("](http://localhost")[2].partition(")")[0]
            assert client.get(address).status_code == 200, line
