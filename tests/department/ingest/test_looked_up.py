"""What searches look items up by is compared with the bodies, read by read and hold by hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.ingest.verification import verify
from alpr_edge.domain.holds.hold import HoldRelease
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.hits import withdrawal_item_id
from alpr_edge.domain.protocol.holds import hold_item_id, hold_payload, hold_release_item_id, hold_release_payload
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, encode
from alpr_edge.domain.protocol.time_corrections import PlacedPayload, TimePayload, time_item_id
from tests.department.engines import EngineUnderTest
from tests.department.retention.office import UNIT, Office, hit_items, late_tone_item, read_item
from tests.store.holds import CLERK, a_hold
from tests.store.records import instant
from tests.uplink.items import item

HOLD = "unit-1:h1"
HELD = ["a", "not-here-yet"]
ANSWER = disposition_item_id("answer-to-a")


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    office = Office(engine.use(tmp_path / "department"))
    reads = [read_item("a", pictures=()), read_item("b", "a", pictures=()), read_item("c", pictures=())]
    office.deliver(*reads, *hit_items("a"), late_tone_item("a"), *time_items("b", "c"), *hold_items(), days_ago=0)
    yield office
    office.storage.close()


def time_items(*read_ids: str) -> Iterator[OutboxItem]:
    """That a unit said later when it had seen some reads; of the last it took that back."""
    for read_id in read_ids:
        placed = PlacedPayload(utc="2026-05-04T12:30:00Z", uncertainty_ms=None, basis="placed")
        body = TimePayload(
            read_id=read_id, unit_id=UNIT, boot_id="b", sure=True, first_seen=placed, last_seen=placed
        )  # fmt: skip
        yield item(time_item_id(read_id, sure=True), ItemKind.TIME, encode(body))
    back = TimePayload(read_id=read_id, unit_id=UNIT, boot_id="b", sure=False, first_seen=None, last_seen=None)
    yield item(time_item_id(read_id, sure=False), ItemKind.TIME, encode(back))


def hold_items() -> Iterator[OutboxItem]:
    """A hold of the unit, and its end."""
    yield item(hold_item_id(HOLD, HELD), ItemKind.HOLD, encode(hold_payload(a_hold(HOLD), UNIT, HELD)))
    released = HoldRelease(CLERK, instant(), "case closed")
    yield item(
        hold_release_item_id(HOLD), ItemKind.HOLD_RELEASE, encode(hold_release_payload(HOLD, UNIT, released))
    )  # fmt: skip


def check(storage: Storage) -> tuple[int, bool, tuple[str, ...]]:
    result = verify(storage, lambda *_: None)
    assert (result.damaged_bodies, result.wrong_holds) == (0, 0)
    assert "7ABC" not in "".join(result.examples)
    return result.wrong_rows, result.is_whole, result.examples


def test_what_is_as_it_came_is_whole(office: Office) -> None:
    assert check(office.storage) == (0, True, ())


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE reads SET plate = '9XYZ999' WHERE read_id = 'a'", "read a: reads.plate"),
        ("UPDATE reads SET state = 'NV', cell = 7 WHERE read_id = 'a'", "read a: reads.state, reads.cell"),
        ("UPDATE reads SET seen_at = '2025-05-04' WHERE read_id = 'a'", "read a: reads.seen_at"),
        ("UPDATE reads SET seen_at = '2025-05-04' WHERE read_id = 'b'", "read b: reads.seen_at"),
        ("UPDATE reads SET seen_at = '2025-05-04' WHERE read_id = 'c'", "read c: reads.seen_at"),
        ("UPDATE reads SET first_seen = NULL WHERE read_id = 'a'", "read a: reads.first_seen"),
        ("UPDATE reads SET camera_id = 'rear' WHERE read_id = 'a'", "read a: reads.camera_id"),
        ("UPDATE reads SET lat_deg = 1, lon_deg = 1 WHERE read_id = 'a'", "read a: reads.lat_deg, reads.lon_deg"),
        ("UPDATE reads SET supersedes = NULL WHERE read_id = 'b'", "read b: reads.supersedes"),
        ("UPDATE reads SET origin = 'vendor' WHERE read_id = 'a'", "read a: reads.origin"),
        ("DELETE FROM reads WHERE read_id = 'b'", "read b: no row of reads"),
        ("UPDATE hits SET plate = '9XYZ999'", "hit hit-of-a: hits.plate"),
        ("UPDATE hits SET reason = 'other', lon_deg = 1", "hit hit-of-a: hits.reason, hits.lon_deg"),
        ("DELETE FROM hits", "hit hit-of-a: no row of hits"),
        ("UPDATE dispositions SET answer = 'other'", f"disposition {ANSWER}: dispositions.answer"),
        ("DELETE FROM withdrawals", f"withdrawal {withdrawal_item_id('hit-of-a')}: no row of withdrawals"),
        ("DELETE FROM holds", f"hold {hold_item_id(HOLD, HELD)}: no row of holds"),
        ("UPDATE holds SET until = '2026-01-01T00:00:00Z'", f"hold {hold_item_id(HOLD, HELD)}: holds.until"),
        ("DELETE FROM held_reads WHERE read_id = 'a'", f"hold {hold_item_id(HOLD, HELD)}: no row of held_reads"),
        ("DELETE FROM hold_releases", f"hold_release {hold_release_item_id(HOLD)}: no row of hold_releases"),
    ],
)  # fmt: skip
def test_a_column_that_says_something_else_is_named_with_its_item(office: Office, statement: str, named: str) -> None:
    office.execute(statement)
    wrong_rows, is_whole, (line,) = check(office.storage)
    kind_and_id, _, columns = named.rpartition(": ")
    assert (wrong_rows, is_whole) == (1, False)
    assert line == f"{UNIT}: {kind_and_id}: it is looked up by what it does not say: {columns}"


def test_a_plate_whose_parts_are_not_found_is_named_by_its_reads(office: Office) -> None:
    office.execute("DELETE FROM plates")
    wrong_rows, _, lines = check(office.storage)
    assert wrong_rows == 3
    assert [line.rpartition(": ")[2] for line in lines] == ["plates.plate"] * 3


def test_a_read_that_is_found_and_has_no_body_is_named(office: Office) -> None:
    office.execute("DELETE FROM items WHERE item_id IN ('c', 'hit-of-a')")
    assert check(office.storage) == (
        2,
        False,
        (f"{UNIT}: reads c: its body is missing", f"{UNIT}: hits hit-of-a: its body is missing"),
    )
