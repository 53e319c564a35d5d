"""The formats of dates and times in the whole admin. Django's formats for English show no time zone, and no setting changes
them."""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i e"
