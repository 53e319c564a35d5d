"""Django's formats of dates and numbers, by language."""
