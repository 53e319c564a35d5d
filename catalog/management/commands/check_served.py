"""``manage.py check_served [--json]``."""

from catalog.management.comparing import ComparingCommand
from catalog.models import DriftSide


class Command(ComparingCommand):
    """Compare the published catalog with what our servers serve."""

    help = "Compares the published catalog with what SERVED_URLS serve. Exits with 1 on a difference, 2 if one cannot be reached."
    side = DriftSide.SERVED
