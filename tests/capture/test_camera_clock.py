"""Which clock dates a picture, and what is said when the camera's cannot."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.capture.camera_clock import (
    ARRIVAL_UNCERTAINTY_MS,
    CAMERA_UNCERTAINTY_MS,
    SETTLED_PICTURES,
    SILENT_MS,
    CameraClock,
    CameraTime,
)
from alpr_edge.domain.instants import Instant, UtcSource

START = datetime(2026, 11, 27, tzinfo=UTC)
STEP_MS = 40.0


def at(ms: float, source: UtcSource = UtcSource.NTP, uncertainty_ms: float | None = 2.0) -> Instant:
    return Instant("boot", round((1000 + ms) * 1e6), START + timedelta(milliseconds=ms), source, uncertainty_ms)


def camera_time(ms: float, error_ms: float = 0.0) -> CameraTime:
    """The times of a picture taken at ``ms``, by a camera whose clock is ahead by ``error_ms``."""
    return CameraTime(ms, START.timestamp() * 1000 + ms + error_ms)


def ages_ms(
    clock: CameraClock, count: int, *, from_ms: float = 0.0, lag_ms: float = 100.0, error_ms: float = 0.0
) -> list[float]:
    """How long before their arrival ``count`` pictures are dated."""
    arrivals = [at(from_ms + n * STEP_MS + lag_ms) for n in range(count)]
    return [
        arrived.ms_since(clock.date(arrived, camera_time(from_ms + n * STEP_MS, error_ms)))
        for n, arrived in enumerate(arrivals)
    ]


def test_pictures_are_dated_by_the_camera_once_its_clock_ran_evenly() -> None:
    clock = CameraClock(500)
    assert ages_ms(clock, SETTLED_PICTURES - 1) == [0.0] * (SETTLED_PICTURES - 1)
    assert not clock.is_used
    later = ages_ms(clock, 5, from_ms=SETTLED_PICTURES * STEP_MS)
    assert later[1:] == pytest.approx([100] * 4, abs=0.01)
    assert clock.is_used
    assert clock.trouble == ""


def test_the_uncertainty_of_a_picture_says_which_clock_dates_it() -> None:
    clock = CameraClock(500)
    assert clock.date(at(100), CameraTime(0, None)).uncertainty_ms == 2 + ARRIVAL_UNCERTAINTY_MS
    ages_ms(clock, SETTLED_PICTURES + 1, from_ms=STEP_MS)
    assert clock.date(at(2100), camera_time(2000)).uncertainty_ms == 2 + CAMERA_UNCERTAINTY_MS


@pytest.mark.parametrize(
    ("error_ms", "trouble"),
    [
        (5 * 60_000, "its clock is 5 minutes ahead of the unit's"),
        (-5 * 60_000, "its clock is 5 minutes behind the unit's"),
        (-800, "its clock is 900 ms behind the unit's"),
        (-1e13, "its clock is 115741 days behind the unit's"),
    ],
)
def test_a_camera_whose_clock_is_wrong_is_dated_by_arrival_and_told(error_ms: float, trouble: str) -> None:
    clock = CameraClock(500)
    assert set(ages_ms(clock, 3 * SETTLED_PICTURES, error_ms=error_ms)) == {0.0}
    assert (clock.is_used, clock.trouble) == (False, trouble)


def test_a_clock_that_is_set_right_counts_again_after_a_while() -> None:
    clock = CameraClock(500)
    ages_ms(clock, 20, error_ms=-60_000)
    assert set(ages_ms(clock, SETTLED_PICTURES, from_ms=800)) == {0.0}
    assert clock.trouble == "its clock jumped by 60 s"
    assert clock.jump_count == 1
    ages_ms(clock, 2, from_ms=1300)
    assert (clock.is_used, clock.trouble) == (True, "")


@pytest.mark.parametrize(
    "arrived",
    [
        at(5000, UtcSource.RTC),
        at(5000, UtcSource.UNKNOWN),
        at(5000, UtcSource.GNSS, 1000.0),
        at(5000, uncertainty_ms=None),
    ],
)
def test_a_unit_that_is_not_sure_of_its_own_time_judges_no_camera(arrived: Instant) -> None:
    clock = CameraClock(500)
    ages_ms(clock, 20)
    assert clock.date(arrived, camera_time(4900)).boottime_ns == arrived.boottime_ns
    assert (clock.is_used, clock.trouble) == (False, "")


def test_a_stream_without_reports_is_told_after_a_while() -> None:
    clock = CameraClock(500)
    clock.date(at(0), CameraTime(0, None))
    assert clock.trouble == ""
    clock.date(at(SILENT_MS), CameraTime(SILENT_MS, None))
    assert clock.trouble == "sends no time (RTCP sender reports)"
    ages_ms(clock, SETTLED_PICTURES + 2, from_ms=SILENT_MS + STEP_MS)
    assert (clock.is_used, clock.trouble) == (True, "")


def test_a_camera_slightly_ahead_is_not_dated_after_its_arrival() -> None:
    clock = CameraClock(500)
    ages_ms(clock, 30, lag_ms=10, error_ms=40)
    assert clock.is_used
    assert set(ages_ms(clock, 5, from_ms=2000, lag_ms=10, error_ms=40)) == {0.0}


@given(
    st.lists(
        st.tuples(
            st.floats(0, 300),
            st.floats(-1000, 2000) | st.none(),
            st.sampled_from([UtcSource.NTP, UtcSource.RTC]),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_times_never_go_back_nor_leave_the_span_before_the_arrival(
    pictures: list[tuple[float, float | None, UtcSource, bool]],
) -> None:
    clock, arrival_ms, newest_ns = CameraClock(500), 0.0, 0
    for waited_ms, lag_ms, source, is_reopened in pictures:
        arrival_ms += waited_ms
        if is_reopened:
            clock.reopen()
        time = CameraTime(arrival_ms, None) if lag_ms is None else camera_time(arrival_ms - lag_ms)
        arrived = at(arrival_ms, source)
        taken = clock.date(arrived, time)
        assert newest_ns <= taken.boottime_ns <= arrived.boottime_ns
        assert arrived.ms_since(taken) <= 500.001
        newest_ns = taken.boottime_ns
