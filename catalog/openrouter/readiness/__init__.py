"""What OpenRouter would reject, misread or not bill, and what a model still needs to be listed.

One checklist for the admin, ``check_listing``, imports and the API (``checklist``). ``rules`` has the rules for an entry of the listing:
those of OpenRouter's "Provider Integration" documentation, each with its source, and some of our own; ``price_rules`` has the
checks of prices. ``database`` asks what only the database knows: it checks what the feed requires (``catalog_listing_gaps``) and
refuses incomplete models. All of them make findings (``finding``).
"""
