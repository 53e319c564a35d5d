"""The two tables that staff exchange as CSV or XLSX: models, and prices.

A models table has one row a model and its columns are the fields of ``AIModel``. A prices table has one row a line of a
price list: ``usd_per_million_tokens`` for what is sold per token, ``usd_per_unit`` for the rest, or ``ends``;
``effective_from`` is empty for what holds from now on, and a moment ahead for what is scheduled.

A column that is absent says nothing, and an empty cell empties its field. A line of a price list without a row stays as it
is, scheduled ones too: a table is often a part. A line goes by a row that says so in ``ends``.
"""
