"""Corrections of a read's time: what is said once clock pairs place it, and once they contradict each other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alpr_edge.domain.instants import NS_PER_S, Instant, UtcSource
from alpr_edge.domain.protocol.items import InstantPayload, instant_payload
from alpr_edge.domain.protocol.time_corrections import (
    PlacedPayload,
    TimePayload,
    instant_in,
    time_item_id,
    time_payload,
)
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.timeline import Timeline
from tests.store.records import plate_read

FIRST, LAST = datetime(1970, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - bounds of what is drawn
BOOTED = datetime(2026, 3, 2, 5, tzinfo=UTC)


def stamp(second: float, *, off_s: float = 0.0) -> Instant:
    utc = BOOTED + timedelta(seconds=second + off_s)
    return Instant("boot-1", round(second * NS_PER_S), utc, UtcSource.GNSS, 500.0)


def unset(second: float) -> Instant:
    return Instant("boot-1", round(second * NS_PER_S))


def read_of(first: Instant, last: Instant) -> PlateRead:
    return replace(plate_read(), first_seen=first, last_seen=last)


AGREEING = Timeline("boot-1", [stamp(65), stamp(125)])
DISPUTED = Timeline("boot-1", [stamp(65), stamp(125, off_s=60)])


def test_what_came_before_the_first_fix_is_told_once_pairs_place_it() -> None:
    payload = time_payload(read_of(unset(65), unset(95)), AGREEING)
    assert payload is not None
    assert payload.model_dump() == {
        "schema_version": 1,
        "read_id": "read-1",
        "unit_id": "unit-1",
        "boot_id": "boot-1",
        "sure": True,
        "first_seen": {"utc": "2026-03-02T05:01:05.000Z", "uncertainty_ms": 500.0, "basis": "placed"},
        "last_seen": {"utc": "2026-03-02T05:01:35.000Z", "uncertainty_ms": 503.0, "basis": "placed"},
    }


def test_an_end_that_was_sure_by_itself_stays_as_it_was_stamped() -> None:
    payload = time_payload(read_of(unset(5), stamp(66)), AGREEING)
    assert payload is not None
    assert payload.first_seen is not None
    assert payload.last_seen == PlacedPayload(utc="2026-03-02T05:01:06.000Z", uncertainty_ms=500.0, basis="own")
    assert payload.first_seen.basis == "placed"


def test_nothing_is_said_of_a_read_whose_clock_holds() -> None:
    assert time_payload(read_of(stamp(70), stamp(71)), AGREEING) is None


@pytest.mark.parametrize("read", [read_of(unset(5), unset(6)), read_of(stamp(5), unset(6))])
def test_nothing_is_said_while_one_pair_alone_tells(read: PlateRead) -> None:
    assert time_payload(read, Timeline("boot-1", [stamp(65)])) is None
    assert time_payload(read, Timeline("boot-1")) is None


@pytest.mark.parametrize("read", [read_of(unset(5), unset(6)), read_of(stamp(70), stamp(71))])
def test_pairs_that_contradict_each_other_leave_no_time_sure(read: PlateRead) -> None:
    payload = time_payload(read, DISPUTED)
    assert payload is not None
    assert (payload.read_id, payload.unit_id, payload.boot_id) == ("read-1", "unit-1", "boot-1")
    assert (payload.sure, payload.first_seen, payload.last_seen) == (False, None, None)


def test_nothing_is_said_of_a_read_that_contradicts_pairs_which_agree() -> None:
    assert time_payload(read_of(stamp(70, off_s=60), stamp(71, off_s=60)), AGREEING) is None
    assert time_payload(read_of(stamp(70), stamp(71, off_s=60)), AGREEING) is None


def test_both_items_of_a_read_have_ids_of_their_own() -> None:
    assert time_item_id("read-1", sure=True) == "time:read-1"
    assert time_item_id("read-1", sure=False) == "time:read-1:disputed"


@pytest.mark.parametrize(
    ("sure", "first", "last"),
    [(True, False, False), (True, True, False), (True, False, True), (False, True, False), (False, True, True)],
)
def test_times_are_there_if_and_only_if_they_are_sure(*, sure: bool, first: bool, last: bool) -> None:
    placed = PlacedPayload(utc="2026-03-02T05:01:35.000Z", uncertainty_ms=None, basis="own")
    with pytest.raises(ValidationError, match="times are given if and only if they are sure"):
        TimePayload(
            read_id="read-1",
            unit_id="unit-1",
            boot_id="boot-1",
            sure=sure,
            first_seen=placed if first else None,
            last_seen=placed if last else None,
        )


@given(
    st.integers(0, 2**62),
    st.none() | st.datetimes(FIRST, LAST, timezones=st.just(UTC)),
    st.sampled_from(UtcSource),
    st.none() | st.floats(0, 1e9),
)
def test_an_instant_comes_back_to_the_millisecond(
    boottime_ns: int, utc: datetime | None, source: UtcSource, uncertainty_ms: float | None
) -> None:
    whole = None if utc is None else utc.replace(microsecond=utc.microsecond // 1000 * 1000)
    back = instant_in(instant_payload(Instant("boot-1", boottime_ns, utc, source, uncertainty_ms)))
    assert back == Instant("boot-1", boottime_ns, whole, source, uncertainty_ms)


@pytest.mark.parametrize(("utc", "source"), [("yesterday", "gnss"), ("2026-03-02T05:01:35", "gnss"), (None, "sundial")])
def test_an_instant_with_a_moment_or_source_that_is_none_is_refused(utc: str | None, source: str) -> None:
    payload = InstantPayload(boot_id="boot-1", boottime_ns=0, utc=utc, utc_source=source, uncertainty_ms=None)
    with pytest.raises(ValueError, match=r"isoformat|zone|sundial"):
        instant_in(payload)
