"""Bodies of items as units of releases send them, byte for byte: departments of every release take them."""

import json
from pathlib import Path

import pytest

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, ReadPayload, encode
from tests.department.engines import EngineUnderTest, query
from tests.department.ingest.test_storage import part
from tests.uplink.items import item

READ = (
    b'{"alternatives":[{"confidence":0.0625,"plate":"7ABC128"}],"box_px":[10.5,20.25,110.0,50.0],"camera_id":"fron'
    b't","confidence":0.75,"evidence":[],"first_frame":10,"first_seen":{"boot_id":"boot-1","boottime_ns":500000000'
    b'0,"uncertainty_ms":12.5,"utc":"2026-05-04T12:30:00.000Z","utc_source":"gnss"},"last_frame":22,"last_seen":{"'
    b'boot_id":"boot-1","boottime_ns":5400000000,"uncertainty_ms":12.5,"utc":"2026-05-04T12:30:00.400Z","utc_sourc'
    b'e":"gnss"},"model_ids":["detector@1"],"plate":"7ABC123","position":null,"read_id":"unit-1:read-1","schema_ve'
    b'rsion":1,"state":"CA","supersedes":null,"unit_id":"unit-1","vote_count":8}'
)
REVISION = (
    b'{"alternatives":[{"confidence":0.0625,"plate":"7ABC128"}],"box_px":[10.5,20.25,110.0,50.0],"camera_id":"fron'
    b't","confidence":0.75,"evidence":[],"first_frame":10,"first_seen":{"boot_id":"boot-1","boottime_ns":500000000'
    b'0,"uncertainty_ms":12.5,"utc":"2026-05-04T12:30:00.000Z","utc_source":"gnss"},"last_frame":22,"last_seen":{"'
    b'boot_id":"boot-1","boottime_ns":5400000000,"uncertainty_ms":12.5,"utc":"2026-05-04T12:30:00.400Z","utc_sourc'
    b'e":"gnss"},"model_ids":["detector@1"],"plate":"7ABC128","position":null,"read_id":"unit-1:read-2","schema_ve'
    b'rsion":1,"state":"CA","supersedes":"unit-1:read-1","unit_id":"unit-1","vote_count":8}'
)
HIT = (
    b'{"covert":false,"entry_plate":"7ABC123","entry_state":"CA","generation":3,"hit_id":"unit-1:hit-1","level":"h'
    b'igh","list_age_s":3600.0,"match_kind":"exact","matched":{"boot_id":"boot-1","boottime_ns":5400000000,"uncert'
    b'ainty_ms":12.5,"utc":"2026-05-04T12:30:00.400Z","utc_source":"gnss"},"plate":"7ABC123","position":null,"read'
    b'_id":"unit-1:read-1","reason":"stolen_vehicle","record_id":"r1","remarks":"approach with '
    b'care","schema_version":2,"source":"doj-svs","state_match":"same","unit_id":"unit-1","vehicle":"2009 YAMA '
    b'BLK"}'
)
ALERT = (
    b'{"hit_id":"unit-1:hit-1","level":"high","list_age":"fresh","phrase":"stolen vehicle; verify through CLETS","'
    b'read_id":"unit-1:read-1","schema_version":1,"sounded":{"boot_id":"boot-1","boottime_ns":5450000000,"uncertai'
    b'nty_ms":12.5,"utc":"2026-05-04T12:30:00.450Z","utc_source":"gnss"},"tone":"high","unit_id":"unit-1"}'
)
LATE_TONE = (
    b'{"hit_id":"unit-1:hit-1","level":"high","read_id":"unit-1:read-1","schema_version":1,"sounded":{"boot_id":"b'
    b'oot-1","boottime_ns":5950000000,"uncertainty_ms":12.5,"utc":"2026-05-04T12:30:00.950Z","utc_source":"gnss"},'
    b'"tone":"high","unit_id":"unit-1"}'
)
WITHDRAWAL = (
    b'{"hit_id":"unit-1:hit-1","read_id":"unit-1:read-1","schema_version":1,"unit_id":"unit-1","withdrawn":{"boot_'
    b'id":"boot-1","boottime_ns":5900000000,"uncertainty_ms":12.5,"utc":"2026-05-04T12:30:00.900Z","utc_source":"g'
    b'nss"}}'
)
AMENDED = (
    b'{"alternatives":[{"confidence":0.0625,"plate":"7ABC128"}],"box_px":[10.5,20.25,110.0,50.0],"camera_id":"fron'
    b't","confidence":0.75,"earlier_texts":[{"confidence":0.953125,"frame_number":14,"plate":"7ABC123"}],"evidence'
    b'":[],"first_frame":10,"first_seen":{"boot_id":"boot-1","boottime_ns":5000000000,"uncertainty_ms":12.5,"utc":'
    b'"2026-05-04T12:30:00.000Z","utc_source":"gnss"},"last_frame":22,"last_seen":{"boot_id":"boot-1","boottime_ns'
    b'":5400000000,"uncertainty_ms":12.5,"utc":"2026-05-04T12:30:00.400Z","utc_source":"gnss"},"model_ids":["detec'
    b'tor@1"],"plate":"7ABC128","position":null,"read_id":"unit-1:read-1","schema_version":1,"state":"CA","superse'
    b'des":null,"unit_id":"unit-1","vote_count":8}'
)
"""A read whose text changed within its pass, as this release sends it; earlier ones sent READ and REVISION."""
OF_0_2 = [
    item("unit-1:read-1", ItemKind.READ, READ),
    item("unit-1:read-2", ItemKind.READ, REVISION),
    item("unit-1:hit-1", ItemKind.HIT, HIT),
    item("alert:unit-1:hit-1", ItemKind.ALERT, ALERT),
    item("late_tone:unit-1:hit-1", ItemKind.LATE_TONE, LATE_TONE),
    item("withdrawal:unit-1:hit-1", ItemKind.WITHDRAWAL, WITHDRAWAL),
]


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest) -> Path:
    return engine.use(tmp_path / "department")


def statuses(directory: Path, items: list[OutboxItem]) -> list[int]:
    storage = Storage(directory)
    answers = storage.store("unit-1", [part(each) for each in items])
    storage.close()
    return [answer.status for answer in answers]


@pytest.mark.parametrize("order", [1, -1])
def test_items_of_an_earlier_unit_are_taken_in_any_order(directory: Path, order: int) -> None:
    assert set(statuses(directory, OF_0_2[::order])) == {200}
    found = query(directory, "SELECT read_id, plate, supersedes, corrected_by FROM reads ORDER BY read_id")
    assert found == [("unit-1:read-1", "7ABC123", None, None), ("unit-1:read-2", "7ABC128", "unit-1:read-1", None)]
    assert [query(directory, f"SELECT count(*) FROM {table}") for table in ("alerts", "late_tones", "withdrawals")] == [
        [(1,)]
    ] * 3


def test_a_read_that_was_amended_is_one_live_read(directory: Path) -> None:
    assert statuses(directory, [item("unit-1:read-1", ItemKind.READ, AMENDED), *OF_0_2[2:]]) == [200] * 5
    assert query(directory, "SELECT read_id, plate, supersedes FROM reads") == [("unit-1:read-1", "7ABC128", None)]


def test_what_was_queued_before_an_update_keeps_its_digest() -> None:
    """A read without earlier texts has the body of earlier releases, byte for byte."""
    read = ReadPayload.model_validate_json(READ)
    assert encode(read) == READ
    amended = ReadPayload.model_validate_json(AMENDED)
    assert encode(amended) == AMENDED
    assert set(json.loads(AMENDED)) - set(json.loads(READ)) == {"earlier_texts"}, "earlier departments know the rest"
