"""Ids that people may mistake for others. They are allowed: an id is what the provider's servers accept."""

import unicodedata

LOOKING_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")
"""Scripts with look-alike letters."""


def look_alike(text: str) -> str:
    """Why an id may be mistaken for another one: look-alike letters of different scripts, or other forms of letters. Empty if it
    cannot be mistaken."""
    if text.isascii():
        return ""
    scripts = {unicodedata.name(character, "").partition(" ")[0] for character in text if character.isalpha()}
    mixed = [script for script in LOOKING_ALIKE if script in scripts]
    if len(mixed) > 1:
        return f"It mixes letters of scripts that look alike ({' and '.join(one.capitalize() for one in mixed)})."
    if (usual := unicodedata.normalize("NFKC", text)) != text:
        return f"It looks like '{usual}', but is a different id."
    return ""
