"""What axe finds wrong on a page in Chromium.

Contrast takes axe three times as long as all its other rules, so it looks there at three elements of each look instead of at all
rows of a table. A look is what the answer follows from: the styles of an element and of all that it stands in.

What axe finds has the impact of its rule, so the rules of a moderate or minor impact are not asked.
"""

from typing import TYPE_CHECKING, Any

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Page

FIND = """
async excluded => {
    const numbers = new Map(), looks = new Map(), taken = new Map();
    const number = look => numbers.get(look) ?? numbers.set(look, numbers.size).size - 1;
    const lookOf = element => {
        if (element === null) return "";
        if (!looks.has(element)) {
            const style = getComputedStyle(element);
            looks.set(element, number([
                lookOf(element.parentElement), style.color, style.backgroundColor, style.backgroundImage, style.opacity,
                style.filter, style.mixBlendMode, style.textShadow, style.fontSize, style.fontWeight, style.position,
            ].join(" ")));
        }
        return looks.get(element);
    };
    const hasText = element => element.matches("input:not([type=hidden]), select, textarea") || !element.matches("option")
        && [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const isOneOfThree = element => {
        const look = lookOf(element), before = taken.get(look) ?? 0;
        taken.set(look, before + 1);
        return before < 3;
    };
    const include = [...document.querySelectorAll("body *")]
        .filter(element => hasText(element) && element.checkVisibility({visibilityProperty: true}) && isOneOfThree(element));
    const apart = axe._audit.rules.filter(({id, impact}) => id === "color-contrast" || ["moderate", "minor"].includes(impact));
    const rules = Object.fromEntries(apart.map(({id}) => [id, {enabled: false}]));
    const options = {resultTypes: ["violations"]}, exclude = excluded.map(selector => [selector]);
    const found = [
        await axe.run({exclude}, {...options, rules}),
        await axe.run({include, exclude}, {...options, runOnly: ["color-contrast"]}),
    ];
    return found.flatMap(({violations}) => violations)
        .filter(({impact}) => ["serious", "critical"].includes(impact))
        .map(({id, nodes}) => [id, nodes.slice(0, 3).map(node => [node.html.slice(0, 200), node.failureSummary])]);
}
"""


def serious_violations(page: "Page", exclude: tuple[str, ...] = ()) -> list[Any]:
    """The rules that a page breaks in a serious or critical way, each with some elements and what is wrong with them.

    ``exclude`` has selectors of what is not looked at.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[Any] = page.evaluate(FIND, list(exclude))
    return found
