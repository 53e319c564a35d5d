"""Dates and moments as the whole admin writes them: Django's own for English have no zone, and no settings change them."""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i e"
