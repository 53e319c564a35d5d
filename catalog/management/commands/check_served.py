"""``manage.py check_served [--json]``."""

from catalog.management.comparing import ComparingCommand
from catalog.models import DriftSide


class Command(ComparingCommand):
    """Compare what we publish with what our servers serve."""

    help = "Compares what is published with what SERVED_URLS serve. Exits 1 on a difference, 2 where they cannot be asked."
    side = DriftSide.SERVED
