"""Records: canonical bytes, bounds, and what is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from alpr_edge.domain.access_log.records import (
    COUNT_MAX,
    OBJECTS_MAX,
    RECORD_BYTES_MAX,
    AccessOutcome,
    RecordedChange,
    encode_record,
    is_break_glass,
    log_id_of,
    log_moment,
    origin_of,
    parse_record,
    received_moment,
    record_moment,
    utc_text,
)
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.instants import NS_PER_S, Instant, UtcSource
from tests.domain.access_log.entries import LOG_ID, entry, record


def test_the_bytes_are_canonical_and_parse_again() -> None:
    body = encode_record(record(3))
    assert parse_record(body) == record(3)
    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert b'"sequence":3,' in body
    assert "Núñez".encode() in body
    assert b'"utc":"2026-05-04T12:30:00.15Z"' in body


def test_times_are_cut_to_a_hundredth_and_an_unset_clock_stays_unset() -> None:
    assert utc_text(datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC)) == "2026-01-02T03:04:05.99Z"
    assert record_moment(Instant("boot", 1)).model_dump() == {"utc": None, "source": "unknown", "uncertainty_ms": None}


def test_a_log_takes_a_record_with_its_boot_and_older_records_keep_their_bytes() -> None:
    moment = log_moment(Instant("boot", 200 * 86_400 * NS_PER_S))
    said = {"utc": None, "source": "unknown", "uncertainty_ms": None, "boot_id": "boot", "boottime_ms": 17_280_000_000}
    assert moment.model_dump() == said
    body = encode_record(record(1).model_copy(update={"received": moment}))
    assert parse_record(body).received == received_moment(body) == moment
    older = encode_record(record(1))
    assert b"boot" not in older
    assert encode_record(parse_record(older)) == older
    with pytest.raises(AuditError, match="does not say when"):
        received_moment(b'{"received":1}')


@pytest.mark.parametrize("character", ["\n", "\x00", "\x1b", "\x7f", "\u202e", "\u2028", "\ud800"])
@pytest.mark.parametrize("name", ["person", "note", "case", "reason", "address"])
def test_what_cannot_be_printed_is_refused(name: str, character: str) -> None:
    with pytest.raises(ValidationError):
        entry(0, **{name: f"a{character}b"})
    with pytest.raises(ValidationError):
        entry(objects=(f"a{character}",))


@pytest.mark.parametrize(
    "changes",
    [
        {"person": "x" * 129},
        {"note": "x" * 501},
        {"objects": ("x",) * (OBJECTS_MAX + 1)},
        {"query": "7abc123"},
        {"query": "7ABC123 OR 1"},
        {"action": "See Read"},
        {"purpose": ""},
        {"outcome": "perhaps"},
        {"outcome": AccessOutcome.REFUSED},
        {"shown": -1},
        {"shown": 2**53},
        {"shown": 1.5},
        {"changes": (RecordedChange(name="a", before="b", after="c"),) * 101},
        {"happened": {"utc": "2026-05-04T12:30:00Z", "source": "gnss", "uncertainty_ms": 1}},
    ],
)
def test_what_is_out_of_bounds_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        entry(**changes)


def test_a_record_that_is_too_large_is_refused() -> None:
    with pytest.raises(AuditError, match="at most 65536 bytes"):
        encode_record(record(objects=("x" * 128,) * OBJECTS_MAX))


def test_a_refused_access_carries_its_reason() -> None:
    refused = record(outcome=AccessOutcome.REFUSED, reason="training has expired", shown=0, shown_bytes=0)
    assert parse_record(encode_record(refused)) == refused


def test_fields_of_a_later_version_are_left_out() -> None:
    later = json.loads(encode_record(record(1))) | {"mood": "good", "version": 2}
    assert parse_record(json.dumps(later).encode()).version == 2


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b"x" * 70_000])
def test_what_is_no_record_is_refused_without_its_values(body: bytes) -> None:
    with pytest.raises(AuditError, match="no record of an access log"):
        parse_record(body)


def test_a_log_is_known_by_its_name() -> None:
    assert log_id_of(origin_of(LOG_ID)) == LOG_ID
    with pytest.raises(AuditError, match="not of an access log"):
        log_id_of("example.com/log")


def test_break_glass_is_told_by_the_bytes_alone_and_by_no_text_in_them() -> None:
    assert is_break_glass(encode_record(record(break_glass=True)))
    assert not is_break_glass(encode_record(record()))
    assert not is_break_glass(encode_record(record(note='"break_glass":true', person="break_glass")))


@pytest.mark.parametrize(
    ("uncertainty_ms", "stands"), [(None, None), (12.4, 12), (12.6, 13), (0.0, 0), (1e300, COUNT_MAX)]
)
def test_an_uncertainty_stands_in_whole_milliseconds_that_every_reader_keeps(
    uncertainty_ms: float | None, stands: int | None
) -> None:
    at = Instant("boot", 1, None, UtcSource.RTC, uncertainty_ms)
    assert record_moment(at).model_dump() == {"utc": None, "source": "rtc", "uncertainty_ms": stands}


def test_a_record_may_have_its_full_size_and_a_broken_one_names_its_field() -> None:
    room = RECORD_BYTES_MAX - len(encode_record(record(objects=("x",) * 400)))
    full = encode_record(record(objects=(*("x" * 120,) * (room // 120), *("x",) * (400 - room // 120)), note=""))
    assert len(full) <= RECORD_BYTES_MAX
    assert parse_record(b" " * (RECORD_BYTES_MAX - len(full)) + full).sequence == 0
    with pytest.raises(AuditError, match=r"^no record of an access log: it is too long$"):
        parse_record(b" " * (RECORD_BYTES_MAX + 1 - len(full)) + full)
    broken = json.loads(encode_record(record(1))) | {"happened": {"utc": "7ABC123", "source": "x"}}
    with pytest.raises(AuditError, match=r"^no record of an access log: happened\.utc: string_pattern_mismatch$"):
        parse_record(json.dumps(broken).encode())
    with pytest.raises(AuditError, match=r"^no record of an access log: body: json_invalid$"):
        parse_record(b"no JSON")
    with pytest.raises(AuditError, match=r"^no record of an access log: body: model_type$"):
        parse_record(b"[]")


def test_a_record_of_exactly_the_largest_size_is_encoded() -> None:
    objects = ("x" * 128,) * 490
    room = RECORD_BYTES_MAX - len(encode_record(record(objects=objects, note="", reason="")))
    assert 0 < room <= 1000
    note, reason = "n" * min(room, 500), "r" * max(room - 500, 0)
    assert len(encode_record(record(objects=objects, note=note, reason=reason))) == RECORD_BYTES_MAX
    with pytest.raises(AuditError, match=r"this one 65537$"):
        encode_record(record(objects=objects, note=note, reason=reason, query="A"))


def test_a_log_s_name_is_its_place_in_checkpoints() -> None:
    assert origin_of(LOG_ID) == f"alpr-edge/log/{LOG_ID}"
    with pytest.raises(AuditError, match=r"^not of an access log: its name does not begin with alpr-edge/log/$"):
        log_id_of("log/1")
