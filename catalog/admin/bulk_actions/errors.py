"""The error of a bulk action that cannot be applied."""


class NotApplicable(Exception):
    """The action cannot be applied to all selected models. The text names the model and the reason."""
