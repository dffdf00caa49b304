from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.instants import NS_PER_S, Instant, UtcSource
from alpr_edge.domain.timeline import DRIFT, Basis, Placement, Timeline

BOOTED = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
HOUR_S = 3600.0
SECONDS = st.floats(0, 20 * HOUR_S)


def stamp(second: float, *, off_s: float = 0.0, uncertainty_ms: float | None = 1000.0, boot: str = "boot") -> Instant:
    utc = BOOTED + timedelta(seconds=second + off_s)
    return Instant(boot, round(second * NS_PER_S), utc, UtcSource.GNSS, uncertainty_ms)


def unset(second: float) -> Instant:
    """An instant of a clock that was never set."""
    return Instant("boot", round(second * NS_PER_S))


def dead_rtc(second: float) -> Instant:
    """An instant of a clock that stands where the RTC left it: plausible, and an hour behind."""
    return replace(stamp(second, off_s=-HOUR_S), utc_source=UtcSource.RTC, uncertainty_ms=None)


def truth(second: float) -> datetime:
    return BOOTED + timedelta(seconds=second)


@pytest.mark.parametrize("early", [unset(5), dead_rtc(5)])
def test_what_came_before_the_first_fix_is_placed_by_two_pairs(early: Instant) -> None:
    placement = Timeline("boot", [stamp(125), stamp(65)]).place(early)
    assert placement.utc == truth(5)
    assert placement.uncertainty_ms == pytest.approx(1000 + 60_000 * DRIFT)
    assert (placement.basis, placement.sure) == (Basis.PLACED, True)


def test_one_pair_makes_a_time_likely_not_sure() -> None:
    placement = Timeline("boot", [stamp(65)]).place(dead_rtc(5))
    assert (placement.utc, placement.basis, placement.sure) == (truth(5), Basis.SINGLE, False)


def test_without_a_pair_a_clock_that_nobody_vouches_for_is_not_sure() -> None:
    alone = Timeline("boot")
    assert alone.place(unset(5)) == Placement(None, None, Basis.NONE)
    assert alone.place(dead_rtc(5)) == Placement(dead_rtc(5).utc, None, Basis.CLOCK)
    assert not alone.place(dead_rtc(5)).sure
    assert alone.place(stamp(5)) == Placement(truth(5), 1000.0, Basis.OWN)


def test_pairs_of_another_boot_and_guesses_place_nothing() -> None:
    strangers = [stamp(65, boot="other"), stamp(125, boot="other"), dead_rtc(65), unset(125)]
    assert Timeline("boot", strangers).place(unset(5)).basis is Basis.NONE
    assert Timeline("boot", [stamp(65), stamp(125)]).place(replace(unset(5), boot_id="other")).basis is Basis.NONE


@pytest.mark.parametrize("off_s", [-HOUR_S, HOUR_S, 18.0, -18.0, -1024 * 7 * 86_400.0])
def test_pairs_that_disagree_make_nothing_of_their_boot_sure(off_s: float) -> None:
    timeline = Timeline("boot", [stamp(65), stamp(125), stamp(185, off_s=off_s), stamp(245)])
    for instant in (unset(5), dead_rtc(5), stamp(100), stamp(9 * HOUR_S), unset(400 * 86_400)):
        assert timeline.place(instant) == Placement(None, None, Basis.DISPUTED)


def test_an_instant_that_contradicts_the_pairs_is_not_sure() -> None:
    timeline = Timeline("boot", [stamp(65), stamp(125)])
    assert timeline.place(stamp(5, off_s=18)).basis is Basis.DISPUTED
    assert timeline.place(stamp(5, off_s=1)) == Placement(truth(6), 1000.0, Basis.OWN)


def test_a_leap_second_is_within_what_a_receiver_is_late() -> None:
    """The receiver repeats a second of UTC; two pairs around it differ by one second more than their boot times."""
    timeline = Timeline("boot", [stamp(65), stamp(125, off_s=-1)])
    placement = timeline.place(unset(5))
    assert placement.sure
    assert placement.utc is not None
    assert placement.uncertainty_ms is not None
    assert abs(placement.utc - truth(5)) <= timedelta(milliseconds=placement.uncertainty_ms)


QUARTER = datetime(2028, 7, 1, tzinfo=UTC)
LEAPS = pytest.mark.parametrize("ahead_s", [1, -1])
"""A second that is inserted, and one that is left out."""


def at_turn(second: float, ahead_s: int = 1, *, late_s: float = 0.0, start: datetime = QUARTER) -> Instant:
    """What a time server's clock says so many seconds before or after the turn of the quarter, good to 30 ms."""
    follows = second >= late_s + min(0, ahead_s)
    utc = start + timedelta(seconds=second - ahead_s * follows)
    return Instant("boot", round((1000 + second) * NS_PER_S), utc, UtcSource.NTP, 30.0)


@LEAPS
@pytest.mark.parametrize("late_s", [0.0, 1500.0])
def test_a_leap_second_makes_no_time_of_its_boot_disputed(ahead_s: int, late_s: float) -> None:
    """Also where the clock follows only once the time server is asked again."""
    pairs = [at_turn(second, ahead_s, late_s=late_s) for second in range(-600, 3000, 60)]
    timeline = Timeline("boot", pairs)
    assert timeline.is_settled
    assert {timeline.place(pair).basis for pair in pairs} == {Basis.OWN}
    assert timeline.place(at_turn(30, ahead_s, late_s=late_s)).basis is Basis.OWN
    for second in (-900, -300, -2, 90, 2000, 9000):
        placement = timeline.place(Instant("boot", round((1000 + second) * NS_PER_S)))
        assert placement.utc == at_turn(second, ahead_s).utc, "by the leap second, not by a clock that followed late"
        assert placement.sure
    places = [timeline.place(Instant("boot", round((990 + tenths / 10) * NS_PER_S))).utc for tenths in range(200)]
    known = [utc for utc in places if utc is not None]
    assert known == sorted(known)
    assert len(known) == 200


@pytest.mark.parametrize(
    ("start", "ahead_s", "late_s"),
    [
        (QUARTER - timedelta(hours=3), 1, 0),
        (QUARTER.replace(month=6), 1, 0),
        (QUARTER, 2, 0),
        (QUARTER, -2, 0),
        (QUARTER, 1, 4000),
    ],
    ids=["at another hour", "at another month", "two seconds", "two left out", "hours later"],
)
def test_no_other_step_of_a_clock_is_taken_for_a_leap_second(start: datetime, ahead_s: int, late_s: float) -> None:
    pairs = [at_turn(second, ahead_s, late_s=late_s, start=start) for second in range(-600, 6000, 60)]
    assert Timeline("boot", pairs).is_disputed


def test_a_second_that_is_taken_back_is_no_leap_second() -> None:
    pairs = [at_turn(second) for second in range(-600, 600, 60)]
    assert Timeline("boot", [*pairs, at_turn(600, late_s=10_000)]).is_disputed
    assert Timeline("boot", pairs).place(at_turn(-300, late_s=-10_000)).basis is Basis.DISPUTED
    assert Timeline("boot", pairs).place(at_turn(9000, late_s=10_000)).basis is Basis.DISPUTED


@st.composite
def honest_pairs(draw: st.DrawFn) -> tuple[list[Instant], float]:
    """Pairs of a clock that drifts within 100 ppm, each off by no more than it says; and that drift."""
    drift = draw(st.floats(-0.99, 0.99)) * DRIFT
    seconds = draw(st.lists(SECONDS, min_size=2, max_size=12))
    pairs = []
    for second in seconds:
        uncertainty_ms = draw(st.floats(0.1, 5000))
        off_s = draw(st.floats(-0.99, 0.99)) * uncertainty_ms / 1000
        pairs.append(stamp(second, off_s=off_s + drift * second, uncertainty_ms=uncertainty_ms))
    return pairs, drift


@given(honest_pairs(), SECONDS)
def test_honest_pairs_never_disagree_and_hold_the_truth(
    drawn_pairs: tuple[list[Instant], float], second: float
) -> None:
    pairs, drift = drawn_pairs
    placement = Timeline("boot", pairs).place(unset(second))
    assert placement.basis is Basis.PLACED
    assert placement.utc is not None
    assert placement.uncertainty_ms is not None
    off = placement.utc - truth(second * (1 + drift))
    assert abs(off) <= timedelta(milliseconds=placement.uncertainty_ms + 0.01)


@given(honest_pairs(), st.lists(SECONDS, min_size=2, max_size=8))
def test_placing_keeps_the_order_and_never_falls_before_the_boot(
    drawn_pairs: tuple[list[Instant], float], seconds: list[float]
) -> None:
    timeline = Timeline("boot", drawn_pairs[0])
    times = [timeline.place(unset(second)).utc for second in [0.0, *sorted(seconds)]]
    known_moments = [moment for moment in times if moment is not None]
    assert len(known_moments) == len(times)
    assert known_moments == sorted(known_moments)


@given(honest_pairs(), st.data())
def test_the_order_of_pairs_does_not_matter(drawn_pairs: tuple[list[Instant], float], data: st.DataObject) -> None:
    pairs, _ = drawn_pairs
    other_order = data.draw(st.permutations(pairs))
    ones, others = Timeline("boot", pairs).place(unset(7)), Timeline("boot", other_order).place(unset(7))
    assert ones.utc is not None
    assert others.utc is not None
    assert abs(ones.utc - others.utc) < timedelta(milliseconds=0.1)


@given(honest_pairs(), SECONDS, st.floats(15, 1e9), st.booleans())
def test_one_liar_is_always_noticed(
    drawn_pairs: tuple[list[Instant], float], second: float, far_s: float, early: bool
) -> None:
    pairs, drift = drawn_pairs
    lie = stamp(pairs[0].boottime_ns / NS_PER_S, off_s=drift * second + (-far_s if early else far_s))
    assert Timeline("boot", [*pairs, lie]).place(unset(second)) == Placement(None, None, Basis.DISPUTED)
