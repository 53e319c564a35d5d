"""Alarms: what is wrong or has happened (``occurrences``), recorded once (``recording``), and sent (``sending``)."""

from catalog.alarms.recording import record
from catalog.alarms.sending import send_due

__all__ = ["record", "send_due"]
