"""Why a bulk action was not applied."""


class NotApplicable(Exception):
    """The action cannot be applied to all chosen models. The text says to which one not, and why."""
