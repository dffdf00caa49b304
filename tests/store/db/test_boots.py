from dataclasses import replace

import pytest

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.database import Database
from tests.store.records import instant


def test_pairs_belong_to_their_boot_and_come_in_its_order(database: Database) -> None:
    for moment in (instant(2000), instant(), instant(), replace(instant(), boot_id="boot-2")):
        clock_pairs.record(database, moment)
    assert clock_pairs.pairs(database, "boot-1") == [instant(), instant(2000)]
    assert clock_pairs.pairs(database, "boot-3") == []


@pytest.mark.parametrize(
    "instant_without_trust", [replace(instant(), utc_source=UtcSource.RTC), replace(instant(), utc=None)]
)
def test_a_guess_corrects_nothing(database: Database, instant_without_trust: Instant) -> None:
    with pytest.raises(StoreError, match="trusted UTC"):
        clock_pairs.record(database, instant_without_trust)
    assert clock_pairs.pairs(database, "boot-1") == []
