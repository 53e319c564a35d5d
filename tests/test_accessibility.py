"""What is wrong with a page is found wherever it stands."""

from typing import TYPE_CHECKING

import pytest

from tests import browser
from tests.accessibility import serious_violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, browser.needs_chromium]
ROWS = "<tr><td>Text</td></tr>" * 50
PAGE = "<html lang=en><title>T</title><body style='color: black; background: white'><main><h1>T</h1><table>{}</table></main>"


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("<tr><td style='color: #ccc'>Text</td></tr>", "color-contrast"),
        ("<tr style='background: #333'><td>Text</td></tr>", "color-contrast"),
        ("<tr><td class=pale>Text</td></tr><style>.pale { opacity: 0.3 }</style>", "color-contrast"),
        ("<tr><td><input value=Text></td></tr>", "label"),
    ],
)
def test_a_row_that_cannot_be_read_is_found_among_equal_ones(page: "Page", row: str, rule: str) -> None:
    page.set_content(PAGE.format(ROWS + ROWS))
    assert serious_violations(page) == []
    page.set_content(PAGE.format(ROWS + row + ROWS))
    ((broken, elements),) = serious_violations(page)
    assert broken == rule
    assert len(elements) == 1
