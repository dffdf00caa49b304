"""What the page asks for: the read that a correction makes, how long a mute lasts, and what is too late."""

from dataclasses import replace

import pytest

from alpr_edge.domain.alerting import Level
from alpr_edge.domain.page_requests.corrections import Correction, corrected_read
from alpr_edge.domain.page_requests.mute import EndOfMute, Mute, MuteOrder
from alpr_edge.domain.page_requests.request import Content, PageRequest
from alpr_edge.domain.protocol.items import CORRECTED_SCHEMA_VERSION, ReadPayload, encode, read_payload
from tests.store.records import instant, plate_read

CORRECTION = Correction("hit-1", "read-1", "7ABO128", "NV")
MINUTE_MS = 60_000.0


def test_a_corrected_read_is_the_same_pass_with_the_text_of_a_person_and_of_no_frame() -> None:
    before = plate_read()
    read = corrected_read(before, CORRECTION, "unit-1:request", "ana")
    assert (read.plate, read.text, read.state) == ("7AB0128", "7ABO128", "NV")
    assert (read.read_id, read.supersedes, read.corrected_by) == ("unit-1:request", "read-1", "ana")
    assert (read.vote_count, read.model_ids, read.alternatives, read.certain) == (0, (), (), True)
    same = {"first_seen", "last_seen", "camera_id", "position", "box", "evidence", "first_frame", "last_frame"}
    assert {name for name in same if getattr(read, name) != getattr(before, name)} == set()


def test_the_body_of_a_read_that_nobody_corrected_is_that_of_earlier_releases() -> None:
    before, corrected = plate_read(), corrected_read(plate_read(), CORRECTION, "unit-1:request", "ana")
    assert b"corrected_by" not in encode(read_payload(before))
    assert ReadPayload.model_validate_json(encode(read_payload(before))).corrected_by is None
    payload = ReadPayload.model_validate_json(encode(read_payload(corrected)))
    assert (payload.corrected_by, payload.supersedes, payload.plate) == ("ana", "read-1", "7AB0128")
    assert (payload.schema_version, payload.vote_count) == (CORRECTED_SCHEMA_VERSION, 0)


def test_a_correction_agrees_with_a_read_of_its_text_and_state_alone() -> None:
    read = replace(plate_read(plate="7AB0128"), state="NV")
    assert CORRECTION.agrees_with(read)
    assert not CORRECTION.agrees_with(replace(read, state=None))
    assert not CORRECTION.agrees_with(replace(read, plate="7AB0129"))


def test_a_mute_silences_all_but_the_gravest_until_its_time_is_over_on_this_boot() -> None:
    mute = Mute("Ana Ruiz", instant(), 10)
    last = instant(10 * MINUTE_MS - 1)
    assert {level for level in Level if mute.silences(level, last)} == set(Level) - {Level.URGENT}
    assert not any(mute.silences(level, instant(10 * MINUTE_MS)) for level in Level)
    assert not mute.holds(replace(instant(), boot_id="boot-2")), "whoever asked for it may have left the car"
    assert [mute.minutes_left(instant(at * MINUTE_MS)) for at in (0, 0.1, 9.5, 10)] == [10, 10, 1, 0]


@pytest.mark.parametrize(
    ("content", "late_s"),
    [(CORRECTION, 600.0), (MuteOrder(15), 60.0), (EndOfMute(), None)],
    ids=["correction", "mute", "its end"],
)
def test_what_waited_for_too_long_is_too_late_and_so_is_what_an_earlier_boot_left(
    content: Content, late_s: float | None
) -> None:
    request = PageRequest("unit-1:1", content, "ana", "Ana Ruiz", "2f1c", instant())
    is_limited = late_s is not None
    assert not request.is_too_late(instant((late_s or 0.0) * 1000))
    assert request.is_too_late(instant((late_s or 1e6) * 1000 + 1)) is is_limited
    assert request.is_too_late(replace(instant(), boot_id="boot-2")) is is_limited
