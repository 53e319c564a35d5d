"""``manage.py check_market [--json]``."""

from catalog.management.comparing import ComparingCommand
from catalog.models import DriftSide


class Command(ComparingCommand):
    """Compare the published catalog with what OpenRouter shows."""

    help = "Compares the published catalog with what OpenRouter shows. Exits with 1 on a difference, 2 if OpenRouter cannot be reached."
    side = DriftSide.MARKET
