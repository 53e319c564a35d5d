"""A catalog in which nobody has written yet has no revision; its first two writers wait for each other all the same."""

import pytest

from catalog import write_lock
from catalog.models import CatalogRevision
from tests.factories import make_model
from tests.test_concurrency import somebody_writes

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_writer_is_waited_for() -> None:
    CatalogRevision.objects.all().delete()
    with somebody_writes(), pytest.raises(write_lock.Busy):
        write_lock.wait(timeout=1)
    assert CatalogRevision.objects.get().revision == 0
    make_model()
    assert CatalogRevision.objects.get().revision > 0
