"""Ids of items tell what an item is, whatever kind it is stored under."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.protocol.access_log import LogPlace, checkpoint_item_id, place_in, record_item_id
from alpr_edge.domain.protocol.bookings import booking_item_id
from alpr_edge.domain.protocol.canvass import canvass_end_item_id, canvass_item_id
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.hits import alert_item_id, late_tone_item_id, withdrawal_item_id
from alpr_edge.domain.protocol.holds import hold_item_id, hold_release_item_id
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.domain.protocol.stored_kinds import kind_of, outbox_kind_of

FIRST_KINDS = {ItemKind.READ, ItemKind.HIT, ItemKind.ACCESS, ItemKind.IMAGE, ItemKind.TIME}
"""The kinds that every release knows."""
ITEM_IDS = {
    ItemKind.ALERT: alert_item_id("hit-1"),
    ItemKind.WITHDRAWAL: withdrawal_item_id("hit-1"),
    ItemKind.LATE_TONE: late_tone_item_id("hit-1"),
    ItemKind.DISPOSITION: disposition_item_id("d-1"),
    ItemKind.HOLD: hold_item_id("hold-1", ["read-1"]),
    ItemKind.HOLD_RELEASE: hold_release_item_id("hold-1"),
    ItemKind.CANVASS: canvass_item_id("canvass-1"),
    ItemKind.CANVASS_END: canvass_end_item_id("canvass-1"),
    ItemKind.ACCESS_RECORD: record_item_id("log-1", 3),
    ItemKind.CHECKPOINT: checkpoint_item_id("log-1", 3, b"\x01\x23" * 16),
    ItemKind.BOOKING: booking_item_id("package-1"),
}


def test_an_older_release_can_send_every_kind() -> None:
    assert {outbox_kind_of(kind) for kind in ItemKind} == FIRST_KINDS
    assert all(outbox_kind_of(kind) is kind for kind in FIRST_KINDS)
    assert all(outbox_kind_of(kind) is ItemKind.ACCESS for kind in set(ItemKind) - FIRST_KINDS)


@pytest.mark.parametrize("kind", sorted(set(ItemKind) - FIRST_KINDS))
def test_the_true_kind_is_told_by_the_id(kind: ItemKind) -> None:
    assert kind_of(ITEM_IDS[kind], outbox_kind_of(kind)) is kind


@pytest.mark.parametrize("stored_kind", sorted(FIRST_KINDS - {ItemKind.ACCESS}))
def test_a_kind_of_the_first_release_is_what_it_says(stored_kind: ItemKind) -> None:
    assert all(kind_of(item_id, stored_kind) is stored_kind for item_id in ITEM_IDS.values())
    assert kind_of("access-17", ItemKind.ACCESS) is ItemKind.ACCESS


@given(st.from_regex(r"[0-9a-f]{32}", fullmatch=True), st.integers(0, 10**19 - 1), st.binary(min_size=32, max_size=32))
def test_the_place_in_a_log_comes_back_from_the_id(log_id: str, number: int, root: bytes) -> None:
    assert place_in(record_item_id(log_id, number)) == LogPlace(log_id, number)
    assert place_in(checkpoint_item_id(log_id, number, root)) == LogPlace(log_id, number)


def test_items_of_a_log_have_ids_that_stay_the_same_over_releases() -> None:
    assert record_item_id("ab", 17) == "access_record:ab:17"
    assert checkpoint_item_id("ab", 17, bytes(range(32))) == "checkpoint:ab:17:0001020304050607"


@pytest.mark.parametrize(
    "item_id",
    [
        "",
        "read-1",
        "hold:ab:1",
        "access_record",
        "access_record:ab",
        "access_record:ab:1:00",
        "checkpoint:ab:1",
        "checkpoint:ab:1:00:00",
        "access_record:ab:",
        "access_record:ab:-1",
        "access_record:ab:01",
        "access_record:ab:1_0",
        "access_record:ab:x",
        "access_record:ab:\u0663",
        "access_record:ab:" + "1" * 20,
    ],
)
def test_an_id_that_names_no_place_in_a_log_names_none(item_id: str) -> None:
    assert place_in(item_id) is None
