from dataclasses import replace

from alpr_edge.store.outbox import Outbox
from alpr_edge.store.reads import DecidedRecord, ReadStore
from tests.store.records import hit, plate_read


def test_a_covert_hit_goes_first_and_makes_no_read_a_hit_in_the_car(store: ReadStore, outbox: Outbox) -> None:
    plain, secret = hit("plain", "read-1"), hit("secret", "read-2")
    covert = replace(secret, entry=replace(secret.entry, covert=True))
    store.commit([DecidedRecord(plate_read("read-1"), hits=(plain,))])
    store.commit([DecidedRecord(plate_read("read-2"), hits=(covert,))])
    assert [item.item_id for item in outbox.due(10, 10_000_000)] == ["secret", "plain"]
    assert [stored.read.read_id for stored in store.recent(10, hits_only=True)] == ["read-1"]
    (stored,) = (each for each in store.recent(10) if each.read.read_id == "read-2")
    assert stored.hits == (covert,)
