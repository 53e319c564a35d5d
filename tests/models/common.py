"""Writes that the database refuses."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from catalog.models.violations import violation
from tests.factories import let_deferred_rules_speak


def assert_refused_by_the_database(write: Any, rule: str) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        write()
        let_deferred_rules_speak()
    assert violation(caught.value).rule == rule
