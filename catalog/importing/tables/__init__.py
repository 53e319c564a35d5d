"""The three tables that staff exchange as CSV or XLSX: models, prices and offers.

A models table has one row per model, and its columns are the fields of ``AIModel``. A prices table has one row per line of a price
list: ``usd_per_million_tokens`` for token prices, ``usd_per_unit`` for the rest, or ``ends``; ``effective_from`` is empty for
prices from now on, and a future time for scheduled prices. An offers table has one row per offer that has values of its own.

If a column is absent, its field does not change; an empty cell empties its field. A line of a price list without a row stays as it
is, scheduled ones too: a table often has only some lines. A row with ``ends`` ends its line.
"""
