import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.motion.fix_check import FixFault
from alpr_edge.domain.timeline import Timeline
from alpr_edge.position.fix_history import FixHistory, GnssClock
from alpr_edge.runtime.clock import ReplayedClock

BOOT = Instant("boot", 0)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def fix_at(second: float, *, utc_offset_s: float = 0.0, has_date: bool = True, boot: str = "boot") -> Fix:
    return Fix(
        received_at=replace(BOOT, boot_id=boot).shift(second * 1000),
        utc=NOON + timedelta(seconds=second + utc_offset_s) if has_date else None,
        lat_deg=37.0 + second * 1e-4,
        lon_deg=-121.0,
        speed_mps=11.1,
        course_deg=0.0,
        hdop=0.9,
        satellites=8,
        source="serial:test",
    )


def fix_history_of(*fixes: Fix, fixes_max: int = 100) -> FixHistory:
    fix_history = FixHistory(age_ms_max=5000, fixes_max=fixes_max)
    for fix in fixes:
        fix_history.add(fix)
    return fix_history


def test_position_lies_between_the_fixes_whatever_their_order() -> None:
    fix_history = fix_history_of(fix_at(2), fix_at(1), fix_at(3))
    position = fix_history.at(BOOT.shift(1500))
    assert position is not None
    assert abs(position.lat_deg - 37.00015) < 1e-9
    assert fix_history.latest == fix_at(3)


def test_no_fix_and_old_fix_mean_no_position() -> None:
    assert fix_history_of().at(BOOT) is None
    assert fix_history_of().latest is None
    assert fix_history_of(fix_at(0)).at(BOOT.shift(5001)) is None


def test_history_is_bounded_and_a_moment_is_kept_once() -> None:
    fix_history = fix_history_of(*(fix_at(second) for second in range(20)), fix_at(19), fixes_max=10)
    position = fix_history.at(BOOT.shift(10_000))
    assert position is not None
    assert position.age_ms == 0
    assert fix_history.at(BOOT.shift(4_000)) is None


def test_another_boot_ends_the_history() -> None:
    fix_history = fix_history_of(fix_at(1), fix_at(1, boot="later"))
    assert fix_history.at(BOOT.shift(1000)) is None
    assert fix_history.at(Instant("later", 1_000_000_000)) is not None


def test_threads_may_add_and_ask_at_once() -> None:
    fix_history = fix_history_of(fixes_max=50)

    def add() -> None:
        for second in range(200):
            fix_history.add(fix_at(second / 10))

    adding = [threading.Thread(target=add) for _ in range(3)]
    for thread in adding:
        thread.start()
    answers = [fix_history.at(BOOT.shift(second * 100)) for second in range(200)]
    for thread in adding:
        thread.join()
    assert len(answers) == 200
    assert fix_history.latest == fix_at(19.9)


def gnss_now(fix_history: FixHistory, inner: Instant) -> Instant:
    return GnssClock(ReplayedClock(inner), fix_history, age_ms_max=60_000).now()


def drive(until_s: int, since_s: int = 0, **claims: object) -> list[Fix]:
    """A fix a second, the last one included."""
    return [fix_at(second, **claims) for second in range(since_s, until_s + 1)]  # type: ignore[arg-type]


def test_utc_comes_from_the_receiver_while_its_fix_is_recent() -> None:
    fix_history = fix_history_of(*drive(905))
    now = gnss_now(fix_history, replace(BOOT.shift(915_000), utc=datetime(1980, 1, 6, tzinfo=UTC)))
    assert (now.utc, now.utc_source) == (NOON + timedelta(seconds=915), UtcSource.GNSS)
    assert now.uncertainty_ms == 1001.0
    late = BOOT.shift(965_001)
    assert gnss_now(fix_history, late) == late


@pytest.mark.parametrize(
    "inner_utc", [None, datetime(1980, 1, 6, tzinfo=UTC), NOON - timedelta(hours=1), NOON + timedelta(hours=1)]
)
def test_a_system_clock_that_is_wrong_or_stepped_changes_no_trusted_time(inner_utc: datetime | None) -> None:
    inner = replace(BOOT.shift(7000), utc=inner_utc, utc_source=UtcSource.RTC)
    assert gnss_now(fix_history_of(*drive(5)), inner).utc == NOON + timedelta(seconds=7)
    assert not gnss_now(fix_history_of(), inner).trusted


def test_a_date_is_trusted_when_the_fixes_of_some_seconds_agree_on_it() -> None:
    now = BOOT.shift(6000)
    undated_fixes, jumping_fixes = drive(5, has_date=False), [*drive(4), fix_at(5, utc_offset_s=18)]
    for fixes in ([], drive(0), drive(3), undated_fixes, [*undated_fixes, fix_at(6)], jumping_fixes):
        assert gnss_now(fix_history_of(*fixes), now) == now
    assert gnss_now(fix_history_of(*drive(4)), now).trusted


def test_after_an_outage_a_fix_that_agrees_with_the_time_before_it_is_trusted_at_once() -> None:
    fix_history, trusted = FixHistory(5000), []
    for fix in (*drive(100), *drive(210, 200)):
        fix_history.add(fix)
        now = gnss_now(fix_history, fix.received_at)
        trusted.append((now.trusted, now.utc == fix.utc, fix_history.time_fix() is fix))
    assert trusted[4:] == [(True, True, True)] * (len(trusted) - 4)
    undated = fix_history_of(*drive(100), *drive(199, 170, has_date=False))
    assert undated.time_fix() == fix_at(100)
    undated.add(fix_at(200))
    assert gnss_now(undated, BOOT.shift(200_000)).trusted


@pytest.mark.parametrize("utc_offset_s", [3600, -3600, 1.6, -1.6])
def test_after_an_outage_a_fix_that_contradicts_the_time_before_it_changes_nothing(utc_offset_s: float) -> None:
    fix_history = fix_history_of(*drive(100), fix_at(200, utc_offset_s=utc_offset_s))
    assert fix_history.time_fix() == fix_at(100)
    now = BOOT.shift(200_000)
    assert gnss_now(fix_history, now) == now, "the fix before it is older than this clock takes"
    by_the_one_before = GnssClock(ReplayedClock(now), fix_history).now()
    assert (by_the_one_before.utc, by_the_one_before.trusted) == (NOON + timedelta(seconds=200), True)
    fix_history.add(fix_at(0, boot="later"))
    assert fix_history.time_fix() is None


def test_a_receiver_whose_date_is_refused_stays_so_over_an_outage() -> None:
    fix_history = fix_history_of(*drive(9), *drive(100, 10, utc_offset_s=YEAR_S))
    refused = fix_history.jump
    assert "365 days ahead" in refused
    fix_history.add(fix_at(200, utc_offset_s=YEAR_S))
    assert (fix_history.time_fix(), fix_history.jump) == (None, refused)
    fix_history.add(fix_at(300))
    assert (fix_history.time_fix(), fix_history.jump) == (fix_at(300), "")


def test_after_a_jump_no_time_is_trusted_until_it_is_out_of_sight() -> None:
    fix_history, trusted = FixHistory(5000), []
    for fix in (*drive(9), *drive(70, 10, utc_offset_s=-3600)):
        fix_history.add(fix)
        trusted.append(gnss_now(fix_history, fix.received_at).trusted)
    assert [second for second, is_trusted in enumerate(trusted) if is_trusted] == [*range(4, 10), 70]


def test_two_receivers_that_disagree_tell_no_time() -> None:
    fix_history = FixHistory(5000)
    for second in range(200):
        other = replace(fix_at(second + 0.5, utc_offset_s=18), source="serial:other")
        for fix in (fix_at(second), other):
            fix_history.add(fix)
            assert fix_history.time_fix() is None


def test_a_leap_second_does_not_end_trust() -> None:
    fix_history = fix_history_of(*drive(30), *drive(40, 31, utc_offset_s=-1))
    now = gnss_now(fix_history, BOOT.shift(40_000))
    assert now.utc == NOON + timedelta(seconds=39)
    assert now.utc_source is UtcSource.GNSS


def test_a_better_time_server_stays() -> None:
    fix_history = fix_history_of(*drive(905))
    ntp_time = Instant("boot", 906_000_000_000, NOON + timedelta(seconds=900), UtcSource.NTP, 20.0)
    assert gnss_now(fix_history, ntp_time) == ntp_time
    assert gnss_now(fix_history, replace(ntp_time, uncertainty_ms=5000.0)).utc_source is UtcSource.GNSS


def test_fix_of_another_boot_tells_no_time() -> None:
    now = Instant("later", 6_000_000_000)
    assert gnss_now(fix_history_of(*drive(5)), now) == now


YEAR_S = 365 * 86_400


@pytest.mark.review(11)
def test_a_date_that_jumps_ahead_of_boot_time_is_refused_for_good_and_said() -> None:
    fix_history, trusted = FixHistory(5000), []
    for fix in (*drive(9), *drive(200, 10, utc_offset_s=2 * YEAR_S)):
        fix_history.add(fix)
        trusted.append(gnss_now(fix_history, fix.received_at).trusted)
    assert [second for second, is_trusted in enumerate(trusted) if is_trusted] == [*range(4, 10)]
    clock = GnssClock(ReplayedClock(BOOT.shift(200_000)), fix_history)
    assert "the receiver's date jumped 730 days ahead and is refused" in clock.trouble
    for fix in drive(270, 201):
        fix_history.add(fix)
    assert gnss_now(fix_history, BOOT.shift(270_000)).trusted
    assert clock.trouble == ""


@pytest.mark.review(11)
def test_what_was_believed_before_a_restart_counts_and_another_boot_begins_anew() -> None:
    fix_history = FixHistory(5000)
    fix_history.resume(replace(BOOT, utc=NOON, utc_source=UtcSource.GNSS))
    for fix in drive(100, 90, utc_offset_s=YEAR_S):
        fix_history.add(fix)
    assert fix_history.time_fix() is None
    assert "365 days ahead" in fix_history.jump
    for second in range(6):
        fix_history.add(fix_at(second, utc_offset_s=YEAR_S, boot="later"))
    assert fix_history.time_fix() is not None
    assert fix_history.jump == ""


@pytest.mark.review(11)
def test_a_date_ahead_of_the_time_server_s_is_refused() -> None:
    fix_history = fix_history_of(*drive(5, utc_offset_s=YEAR_S))
    ntp_time = Instant("boot", 6_000_000_000, NOON + timedelta(seconds=6), UtcSource.NTP, 5000.0)
    assert gnss_now(fix_history, ntp_time) == ntp_time
    assert "ahead of the one" in GnssClock(ReplayedClock(ntp_time), fix_history).trouble
    assert gnss_now(fix_history, replace(ntp_time, utc_source=UtcSource.RTC)).utc_source is UtcSource.GNSS


@pytest.mark.review(11)
def test_chronyd_s_word_for_a_receiver_that_jumps_is_no_second_opinion() -> None:
    """chronyd had its time from the same receiver, and keeps a false date when the receiver has left it."""
    fix_history = fix_history_of(*drive(9, utc_offset_s=YEAR_S))
    by_chronyd = Instant("boot", 0, NOON + timedelta(days=365), UtcSource.GNSS, 500.0)
    assert gnss_now(fix_history, by_chronyd.shift(9000)).trusted
    sources = set()
    for fix in drive(100, 10):
        fix_history.add(fix)
        now = gnss_now(fix_history, by_chronyd.shift(fix.received_at.boottime_ns / 1e6))
        assert now.trusted_utc in {None, fix.utc}
        sources.add(now.utc_source)
    assert sources == {UtcSource.RTC, UtcSource.GNSS}
    assert gnss_now(FixHistory(5000), by_chronyd).trusted


def test_a_place_that_no_car_can_reach_gives_the_time_and_no_position() -> None:
    fix_history = fix_history_of(*(fix_at(second) for second in range(8)))
    away = replace(fix_at(8), lat_deg=38.0)
    fix_history.add(away)
    assert fix_history.time_fix() == away
    assert fix_history.latest == fix_at(7)
    position = fix_history.at(BOOT.shift(8000))
    assert position is not None
    assert position.age_ms == 1000
    assert fix_history.place_fault(BOOT.shift(8500)) is FixFault.JUMPS
    fix_history.add(fix_at(9))
    assert fix_history.latest == fix_at(9)
    assert fix_history.place_fault(BOOT.shift(17_000)) is FixFault.JUMPS, "told long enough to be seen"
    assert fix_history.place_fault(BOOT.shift(19_000)) is None
    assert fix_history_of().place_fault(BOOT) is None


KNOWN_S = 905
"""By then a receiver has heard its leap seconds, and its time is known to the second."""


def test_a_date_that_goes_back_from_a_known_time_is_refused_until_it_is_right_again() -> None:
    fix_history, times = FixHistory(5000), list[Instant]()
    clock = GnssClock(ReplayedClock(BOOT.shift(1_500_000)), fix_history)
    for fix in (*drive(KNOWN_S), *drive(1500, KNOWN_S + 1, utc_offset_s=-3600)):
        fix_history.add(fix)
        times.append(gnss_now(fix_history, fix.received_at))
    assert not [now for now in times if now.trusted and now.utc != NOON + timedelta(seconds=now.boottime_ns / 1e9)]
    assert "the receiver's date jumped 60 minutes back and is refused" in clock.trouble
    assert not Timeline("boot", times[::60]).is_disputed
    for fix in drive(1570, 1501):
        fix_history.add(fix)
    assert (fix_history.time_fix(), clock.trouble) == (fix_at(1570), "")


def test_a_receiver_that_wakes_up_with_an_old_date_does_not_keep_the_right_one_out() -> None:
    fix_history = fix_history_of(*drive(KNOWN_S), *drive(1010, 1000, utc_offset_s=-3600), fixes_max=2000)
    assert fix_history.time_fix() is None
    for fix in drive(1100, 1011):
        fix_history.add(fix)
    assert (fix_history.time_fix(), fix_history.jump) == (fix_at(1100), "")


@pytest.mark.parametrize(
    ("source", "uncertainty_ms", "is_proof"),
    [(UtcSource.NTP, 600.0, True), (UtcSource.NTP, 60_000.0, False), (UtcSource.GNSS, 600.0, False)],
)
def test_a_time_server_proves_that_the_date_before_was_the_wrong_one(
    source: UtcSource, uncertainty_ms: float, *, is_proof: bool
) -> None:
    fix_history = fix_history_of(*drive(KNOWN_S, utc_offset_s=3600), *drive(1000, KNOWN_S + 1), fixes_max=2000)
    assert "60 minutes back" in fix_history.jump
    gnss_now(fix_history, Instant("boot", 1_000_500_000_000, NOON + timedelta(seconds=1000), source, uncertainty_ms))
    fix_history.add(fix_at(1001))
    assert (fix_history.time_fix() == fix_at(1001), fix_history.jump == "") == (is_proof, is_proof)
