"""``manage.py check_market [--json]``."""

from catalog.management.comparing import ComparingCommand
from catalog.models import DriftSide


class Command(ComparingCommand):
    """Compare what we publish with what OpenRouter shows."""

    help = "Compares what is published with what OpenRouter shows. Exits 1 on a difference, 2 where it cannot be asked."
    side = DriftSide.MARKET
