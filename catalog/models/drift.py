"""The results of the scheduled comparisons with OpenRouter and our servers."""

from django.db import models


class DriftSide(models.TextChoices):
    """The other side of a comparison."""

    MARKET = "market", "OpenRouter"
    SERVED = "served", "Our servers"


class DriftState(models.TextChoices):
    """The result of a comparison."""

    SAME = "same", "No difference"
    DIFFERENT = "different", "Different"
    UNKNOWN = "unknown", "Could not be reached"


class DriftCheck(models.Model):
    """One comparison. ``differences`` are mappings as in ``catalog.drift.Difference``; ``unknown`` are sentences."""

    side = models.CharField(max_length=10, choices=DriftSide.choices)
    checked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=DriftState.choices)
    differences = models.JSONField(default=list)
    unknown = models.JSONField(default=list)

    class Meta:
        ordering = ["-checked_at", "-pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["side", "-checked_at"], name="drift_check_latest")]

    def __str__(self) -> str:
        return f"{self.get_side_display()}, {self.checked_at:%Y-%m-%d %H:%M}"
