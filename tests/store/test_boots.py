from dataclasses import replace

import pytest

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.store import boots
from alpr_edge.store.database import Database
from tests.store.records import instant


def test_pairs_belong_to_their_boot_and_come_in_its_order(database: Database) -> None:
    for moment in (instant(2000), instant(), instant(), replace(instant(), boot_id="boot-2")):
        boots.record(database, moment)
    assert boots.pairs(database, "boot-1") == [instant(), instant(2000)]
    assert boots.pairs(database, "boot-3") == []


@pytest.mark.parametrize("untrusted", [replace(instant(), utc_source=UtcSource.RTC), replace(instant(), utc=None)])
def test_a_guess_corrects_nothing(database: Database, untrusted: Instant) -> None:
    with pytest.raises(StoreError, match="trusted UTC"):
        boots.record(database, untrusted)
    assert boots.pairs(database, "boot-1") == []
