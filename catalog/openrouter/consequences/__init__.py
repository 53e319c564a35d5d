"""What OpenRouter does when an entry of the feeds changes.

``rules`` has what it does in each case, with the sentence for staff and its source; ``entries``, ``facts`` and ``prices`` decide
which rule applies; ``comparing`` puts them together. Nothing is read from the database here; ``catalog.review`` calls it.

OpenRouter does not document two things. ``"0"`` for ``image`` and ``request`` in the flat listing counts here as no price, because
every listing that providers publish has it if there is no such price. For most fields, OpenRouter does not say what happens to a
value that is no longer in the feed; the sentences say so.
"""

from catalog.openrouter.consequences.comparing import consequences
from catalog.openrouter.consequences.consequence import (
    AS_SCHEDULED,
    Consequence,
    Effect,
    as_scheduled,
    cancelled,
    entry_name,
)
from catalog.openrouter.consequences.rules import ENTRY_REMOVED, RULES

__all__ = [
    "AS_SCHEDULED",
    "ENTRY_REMOVED",
    "RULES",
    "Consequence",
    "Effect",
    "as_scheduled",
    "cancelled",
    "consequences",
    "entry_name",
]
