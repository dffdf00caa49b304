"""Times that nobody could read: their items are refused, so that units set them aside, and the others are stored."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.domain.protocol.canvass import canvass_item_id, canvass_payload
from alpr_edge.domain.protocol.items import ItemKind, digest, encode, read_payload
from alpr_edge.domain.protocol.time_corrections import PlacedPayload, TimePayload, time_item_id
from tests.department.engines import EngineUnderTest
from tests.domain.canvass.builders import canvass
from tests.store.records import plate_read

UNREADABLE = ["yesterday", "2026-05-04T12:30:00", "20260504T123000Z", ""]
PLACED = PlacedPayload(utc="2026-05-04T12:30:00Z", uncertainty_ms=None, basis="placed")
TIME = TimePayload(read_id="read-1", unit_id="unit-1", boot_id="b", sure=True, first_seen=PLACED, last_seen=PLACED)
BODIES = {
    "first_seen": (plate_read("read-1").read_id, ItemKind.READ, encode(read_payload(plate_read("read-1")))),
    "last_seen": (time_item_id("read-1", sure=True), ItemKind.TIME, encode(TIME)),
    "started": (canvass_item_id(canvass().canvass_id), ItemKind.CANVASS, encode(canvass_payload(canvass(), "unit-1"))),
}
"""An item with each field."""


@pytest.fixture
def storage(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Storage]:
    opened = Storage(engine.use(tmp_path / "department"))
    yield opened
    opened.close()


def part(item_id: str, kind: ItemKind, body: bytes) -> Part:
    return Part(item_id, kind.value, body, digest(body))


@pytest.mark.parametrize("field", BODIES)
@pytest.mark.parametrize("text", UNREADABLE)
def test_an_item_with_a_time_that_is_none_is_set_aside(storage: Storage, field: str, text: str) -> None:
    item_id, kind, body = BODIES[field]
    value = json.loads(body)
    value[field]["utc"] = text
    beside = part("beside", ItemKind.ACCESS, b"{}")
    refused, stored = storage.store("unit-1", [part(item_id, kind, json.dumps(value).encode()), beside])
    assert (refused.outcome, refused.status) == ("refused", 422)
    assert refused.detail == f"{field}.utc: not a time by RFC 3339 with its zone"
    assert (stored.outcome, storage.counts().units) == ("receipt", {"unit-1": 1})
    assert storage.store("unit-1", [part(item_id, kind, body)])[0].outcome == "receipt"
