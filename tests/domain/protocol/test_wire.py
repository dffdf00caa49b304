import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alpr_edge.domain.alerting import Alert, Level, ListAge, Tone
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason, StateMatch
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.hits import (
    AlertPayload,
    HitPayload,
    WithdrawalPayload,
    alert_payload,
    hit_payload,
    withdrawal_payload,
)
from alpr_edge.domain.protocol.items import (
    SCHEMA_VERSION,
    InstantPayload,
    PositionPayload,
    ReadPayload,
    Urgency,
    digest,
    encode,
    instant_payload,
    position_payload,
    read_payload,
)
from alpr_edge.domain.reads import Alternative, EvidenceKind, EvidenceRef, PlateRead
from alpr_edge.domain.recognition.boxes import Box

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEN = Instant("boot-1", 5_000_000_000, NOON, UtcSource.GNSS, 12.5)
READ = PlateRead(
    read_id="read-1",
    unit_id="unit-1",
    camera_id="front",
    plate="7ABC123",
    confidence=0.93,
    alternatives=(Alternative("7ABC128", 0.04),),
    slot_votes=((("7", 0.99),),),
    vote_count=8,
    first_seen=SEEN,
    last_seen=SEEN.shift(400),
    first_frame=10,
    last_frame=22,
    box=Box(10.5, 20.25, 110.0, 50.0),
    position=Position(37.64, -120.99, 140.0, 0.9, "gnss"),
    model_ids=("detector@1", "reader@1"),
    state="CA",
    evidence=(EvidenceRef(EvidenceKind.CROP, "ab" * 32, 1234),),
)
HIT = Hit(
    hit_id="hit-1",
    read_id="read-1",
    entry=HotlistEntry("doj", "7ABC123", "7abc 123", "CA", Reason.STOLEN_VEHICLE, 'Größe \u2028 "1"'),
    generation=Generation("doj", 3, NOON, NOON, 72),
    list_age_s=3600.0,
    kind=MatchKind.EXACT,
    state_match=StateMatch.SAME,
    matched_at=SEEN,
)
# Only a new schema version may change these: a department holds bodies by their digest.
GOLDEN_READ = "5f5938fabb95f9b036f3a3fb64c68d50e3e19879e3b7b7fc1c153db21dfaf64a"
GOLDEN_HIT = "f575b3b4dc317a775738ba29fdf13cbf612ef19db6b097bb8f29a35304ae39a6"

instants = st.builds(
    Instant,
    st.text(),
    st.integers(0, 2**63 - 1),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(UtcSource),
    st.none() | st.floats(0, 1e9),
)
positions = st.builds(
    Position,
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(0, 1e6),
    st.none() | st.floats(0, 100),
    st.text(),
)


@given(instants)
def test_an_instant_survives_the_way(instant: Instant) -> None:
    payload = instant_payload(instant)
    assert InstantPayload.model_validate_json(encode(payload)) == payload


@given(positions)
def test_a_position_survives_the_way(position: Position) -> None:
    payload = position_payload(position)
    assert payload is not None
    assert PositionPayload.model_validate_json(encode(payload)) == payload


def test_no_position_stays_none() -> None:
    assert position_payload(None) is None


def test_a_read_and_a_hit_survive_the_way() -> None:
    read, hit = read_payload(READ), hit_payload(HIT, READ)
    assert ReadPayload.model_validate_json(encode(read)) == read
    assert HitPayload.model_validate_json(encode(hit)) == hit


def test_encoding_is_canonical() -> None:
    body = encode(read_payload(READ))
    value = json.loads(body)
    assert all(one < other for one, other in pairwise(value))
    assert body == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("body", "golden"), [(encode(read_payload(READ)), GOLDEN_READ), (encode(hit_payload(HIT, READ)), GOLDEN_HIT)]
)
def test_digests_are_the_same_on_every_machine_and_release(body: bytes, golden: str) -> None:
    assert digest(body) == golden


def test_a_hit_tells_where_its_read_was() -> None:
    payload = hit_payload(HIT, READ)
    assert payload.position == position_payload(READ.position)
    assert (payload.unit_id, payload.plate, payload.read_id) == ("unit-1", "7ABC123", "read-1")


@pytest.mark.review(19)
def test_a_hit_tells_what_rights_depend_on() -> None:
    entry = replace(HIT.entry, covert=True, vehicle="2009 HOND CIV BLK", remarks="armed")
    payload = hit_payload(replace(HIT, entry=entry, level=int(Level.URGENT)), READ)
    assert (payload.covert, payload.level) == (True, "urgent")
    assert (payload.vehicle, payload.remarks) == ("2009 HOND CIV BLK", "armed")
    assert hit_payload(HIT, READ).level is None


@pytest.mark.review(19)
def test_a_hit_of_an_older_unit_says_nothing_of_them() -> None:
    value = hit_payload(HIT, READ).model_dump(mode="json")
    for field in ("covert", "level", "vehicle", "remarks"):
        del value[field]
    older = HitPayload.model_validate(value)
    assert (older.covert, older.level, older.vehicle, older.remarks) == (None, None, None, None)


@pytest.mark.review(19)
def test_an_alert_and_its_withdrawal_survive_the_way_without_plate_text() -> None:
    alert = Alert("hit-1", "read-1", Level.HIGH, Tone.HIGH, "stolen vehicle; verify through CLETS", ListAge.FRESH)
    payload, quiet = alert_payload(alert, SEEN, "unit-1"), alert_payload(alert, None, "unit-1")
    withdrawn = withdrawal_payload(alert, SEEN, "unit-1")
    assert AlertPayload.model_validate_json(encode(payload)) == payload
    assert (quiet.sounded, payload.level) == (None, "high")
    assert payload.sounded == instant_payload(SEEN)
    assert payload.model_dump() == {
        "schema_version": 1,
        "hit_id": "hit-1",
        "read_id": "read-1",
        "unit_id": "unit-1",
        "level": "high",
        "tone": "high",
        "phrase": "stolen vehicle; verify through CLETS",
        "list_age": "fresh",
        "sounded": instant_payload(SEEN).model_dump(),
    }
    assert (withdrawn.hit_id, withdrawn.read_id, withdrawn.unit_id) == ("hit-1", "read-1", "unit-1")
    assert withdrawn.withdrawn == instant_payload(SEEN)
    assert WithdrawalPayload.model_validate_json(encode(withdrawn)) == withdrawn
    assert b"7ABC123" not in encode(payload) + encode(withdrawn)


def test_what_a_newer_unit_adds_is_ignored_not_refused() -> None:
    value = read_payload(READ).model_dump(mode="json") | {"schema_version": SCHEMA_VERSION + 1, "colour": "red"}
    assert ReadPayload.model_validate(value).plate == "7ABC123"


@pytest.mark.parametrize(
    "wrong",
    [
        {"confidence": 1.1},
        {"position": {"lat_deg": 91, "lon_deg": 0, "age_ms": 0, "hdop": None, "source": "gnss"}},
        {"evidence": [{"kind": "crop", "sha256": "AB" * 32, "length": 1}]},
        {"evidence": [{"kind": "video", "sha256": "ab" * 32, "length": 1}]},
    ],
)
def test_impossible_values_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ReadPayload.model_validate(read_payload(READ).model_dump(mode="json") | wrong)


def test_no_number_that_json_lacks_is_sent() -> None:
    for number in (float("inf"), float("nan")):
        with pytest.raises(ValueError, match="finite"):
            encode(PositionPayload(lat_deg=0, lon_deg=0, age_ms=number, hdop=None, source="gnss"))


def test_hits_travel_before_reads_and_images_last() -> None:
    assert sorted(Urgency) == [Urgency.COVERT_HIT, Urgency.HIT, Urgency.ACCESS, Urgency.READ, Urgency.IMAGE]
