"""How many examples a property test takes."""

from hypothesis import settings


def examples(few: int, many: int) -> int:
    """``few`` in each run of the tests, which are always the same; ``many``, again and again, in ``make fuzz``."""
    return many if settings.get_current_profile_name() == "fuzz" else few
