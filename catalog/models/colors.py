"""Colors of readable text: contrast as WCAG 2 measures it."""

from django.core.exceptions import ValidationError

COLOR = r"^#[0-9a-f]{6}$"
READABLE = 4.5
"""The least contrast of text (WCAG 2.2, 1.4.3)."""

LIGHT_PAPER, DARK_PAPER = "#ffffff", "#0d1117"
"""The background colors of the site's pages."""

LIGHT_TINT, DARK_TINT = 8, 20
"""The percentage of the accent color in soft highlights, on which the accent is also the color of text."""

Channels = tuple[int, int, int]


def channels(color: str) -> Channels:
    """Red, green and blue of ``#rrggbb``."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def mixed(color: str, other: str, percent: int) -> str:
    """A mix with this percentage of the first color."""
    parts = zip(channels(color), channels(other), strict=True)
    return "#" + "".join(f"{(own * percent + rest * (100 - percent)) // 100:02x}" for own, rest in parts)


def contrast(one: str, other: str) -> float:
    """The contrast of two colors, from 1 (the same) to 21 (black on white)."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(value / 255) for value in channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4


def on_light(accent: str) -> float:
    """The lowest contrast of text in this color on a light page."""
    return contrast(accent, mixed(accent, LIGHT_PAPER, LIGHT_TINT))


def for_dark(accent: str) -> str:
    """The same color, made as much lighter as text on a dark page needs."""
    lighter = (mixed("#ffffff", accent, percent) for percent in range(0, 101, 5))
    return next(
        color for color in lighter if contrast(color, mixed(color, DARK_PAPER, DARK_TINT)) >= READABLE or color == "#ffffff"
    )


def validate_accent(value: str) -> None:
    """Refuse a color in which text would be hard to read on white."""
    if value and (found := on_light(value)) < READABLE:
        raise ValidationError(
            f"This color is too light: text in it has a contrast of {found:.1f} on your pages, and needs {READABLE}. "
            "Choose a darker one."
        )
