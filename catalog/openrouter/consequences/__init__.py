"""What OpenRouter does when an entry of the feeds changes.

``rules`` holds what it does in each case, with the sentence for staff and its source; ``entries``, ``facts`` and ``prices`` decide which
rule applies; ``comparing`` puts them together. Nothing is read from the database here; ``catalog.review`` calls it.

Two things are not documented by OpenRouter and decided here. ``"0"`` for ``image`` and ``request`` in the flat listing counts as no price,
because every listing in the field has it where there is no such price. And for most fields it is not stated what happens to a value that
is no longer in the feed; the sentences say so.
"""

from catalog.openrouter.consequences.comparing import consequences
from catalog.openrouter.consequences.consequence import AS_SCHEDULED, Consequence, Effect, as_scheduled, cancelled
from catalog.openrouter.consequences.rules import ENTRY_REMOVED, RULES

__all__ = ["AS_SCHEDULED", "ENTRY_REMOVED", "RULES", "Consequence", "Effect", "as_scheduled", "cancelled", "consequences"]
