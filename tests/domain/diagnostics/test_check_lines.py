"""Each check is a line for a person: what was found, the limits, and what to do about it."""

from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.domain.diagnostics.checks import (
    Band,
    Check,
    Grade,
    amber,
    band_check,
    certificate,
    clock,
    disk,
    frame_rate,
    green,
    list_check,
    red,
    skipped_check,
)
from alpr_edge.domain.hits import Generation
from alpr_edge.domain.instants import Instant, UtcSource

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
TRUSTED = Instant("boot", 0, NOW, UtcSource.NTP)
OPEN_SKY = "wait for a fix under open sky, or let a time server set it (chronyc tracking)"
LIST_LIMIT = "green below 12.5 h, red from 24 h"


def list_line(age: timedelta | None, entries: int = 5, now: Instant = TRUSTED, *, is_fetched: bool = True) -> Check:
    generation = Generation("doj", 1, None if age is None else NOW - age, None, entries)
    return list_check(generation, now, timedelta(hours=12.5), timedelta(hours=24), is_fetched=is_fetched)


def test_a_measured_value_stands_with_its_unit_and_limits() -> None:
    band = Band(green=2.0, red=60.0, unit=" s", digits=1)
    limit = "green to 2.0 s, red above 60.0 s"
    assert band_check("clock", 1.25, band, "wait") == Check("clock", Grade.GREEN, "1.2 s", limit, "", 1.25, "s")
    assert band_check("clock", 61, band, "wait") == Check("clock", Grade.RED, "61.0 s", limit, "wait", 61, "s")
    assert band_check("clock", 9, band, "wait").todo == "wait"


def test_a_value_without_a_unit_has_two_digits() -> None:
    assert band_check("share", 0.5, Band(green=0.25, red=0.75), "") == Check(
        "share", Grade.AMBER, "0.50", "green to 0.25, red above 0.75", "", 0.5, ""
    )


def test_plain_checks_say_what_they_are_told() -> None:
    assert red("gps", "no receiver", "plug it in") == Check("gps", Grade.RED, "no receiver", "", "plug it in")
    assert amber("gps", "no fix", "wait") == Check("gps", Grade.AMBER, "no fix", "", "wait")
    assert green("gps", "a fix", ("HDOP 0.9",)) == Check("gps", Grade.GREEN, "a fix", details=("HDOP 0.9",))
    assert (red("gps", "x").todo, amber("gps", "x").todo, green("gps", "x").details) == ("", "", ())
    skipped = Check("gps", Grade.SKIPPED, "not looked at, as asked", "", "run it again without --skip")
    assert skipped_check("gps") == skipped


@pytest.mark.parametrize("now", [Instant("boot", 0), Instant("boot", 0, NOW), Instant("boot", 0, None, UtcSource.GNSS)])
def test_a_clock_that_was_never_set_waits_for_a_fix(now: Instant) -> None:
    assert clock(now, 0.0) == Check("clock", Grade.RED, "was never set", "", OPEN_SKY)


def test_a_clock_that_no_source_confirms_is_red() -> None:
    at = Instant("boot", 0, NOW, UtcSource.RTC)
    assert clock(at, 0.0) == Check(
        "clock", Grade.RED, "no source confirms it", "green: receiver or time server", OPEN_SKY
    )


def test_a_clock_without_a_receiver_names_the_source_that_confirms_it() -> None:
    assert clock(TRUSTED, None) == Check("clock", Grade.GREEN, "confirmed by ntp")


@pytest.mark.parametrize("off_s", [-30.0, 30.0])
def test_a_clock_beside_the_receiver_s_says_by_how_much_and_what_to_check(off_s: float) -> None:
    todo = "chronyd does not follow the receiver: check position.chrony_socket and chronyc sources"
    limit = "green to 2.0 s, red above 60.0 s"
    assert clock(TRUSTED, off_s) == Check("clock", Grade.AMBER, "30.0 s", limit, todo, 30.0, "s")


def test_a_fresh_list_is_told_with_its_age() -> None:
    expected = Check("list doj", Grade.GREEN, "5 entries, 2.5 h old", LIST_LIMIT, "", 2.5, "h")
    assert list_line(timedelta(hours=2.5)) == expected
    assert list_line(timedelta(hours=2.5), entries=1).finding == "1 entry, 2.5 h old"
    assert list_line(timedelta(hours=2.5), entries=0).finding == "0 entries, 2.5 h old"


def test_an_old_list_is_downloaded_or_where_no_sync_can_renew_it_imported_or_removed() -> None:
    old = list_line(timedelta(hours=30))
    assert (old.grade, old.value, old.unit) == (Grade.RED, 30.0, "h")
    assert old.todo == "download it: alpr-edge hotlist sync doj"
    by_hand = list_line(timedelta(hours=30), is_fetched=False)
    assert by_hand.todo == ("import a newer one (alpr-edge hotlist import), or remove it: alpr-edge hotlist drop doj")


def test_a_list_of_unknown_age_is_amber_and_can_be_renewed() -> None:
    for line in (list_line(None), list_line(timedelta(hours=1), now=Instant("boot", 0, NOW, UtcSource.RTC))):
        expected = Check(
            "list doj", Grade.AMBER, "5 entries, age unknown", LIST_LIMIT, "download it: alpr-edge hotlist sync doj"
        )
        assert (line.name, line.grade, line.finding, line.limit, line.todo) == (
            expected.name,
            expected.grade,
            expected.finding,
            expected.limit,
            expected.todo,
        )
        assert (line.value, line.unit) == (None, "h")


@pytest.mark.parametrize("is_fetched", [True, False])
def test_a_list_from_the_future_is_a_matter_of_clocks(*, is_fetched: bool) -> None:
    line = list_line(timedelta(hours=-6), is_fetched=is_fetched)
    assert (line.grade, line.finding) == (Grade.AMBER, "5 entries, dated 6.0 h ahead")
    assert line.todo == "check the clock of the unit and the date of the list"
    at_once = list_line(timedelta(0), is_fetched=is_fetched)
    assert (at_once.grade, at_once.finding, at_once.todo) == (Grade.GREEN, "5 entries, 0.0 h old", "")


def test_a_certificate_says_how_many_days_are_left() -> None:
    limit = "green from 30.0 days, red below 7.0 days"
    assert certificate("unit certificate", 12.25, "renew") == Check(
        "unit certificate", Grade.AMBER, "12.2 days", limit, "renew", 12.25, "days"
    )


def test_a_disk_says_how_full_it_is_and_that_nothing_is_deleted_by_hand() -> None:
    remedy = "bring the car to its link: what was handed over is deleted by itself; delete no file by hand"
    limit = "green to 75.0 %, red above 87.5 %"
    assert disk(0.78125, 0.75, 0.875, 1_250_000_000) == Check(
        "disk", Grade.AMBER, "78.1 % used, 1.2 GB free", limit, remedy, 78.125, "%"
    )
    assert (disk(0.75, 0.75, 0.875, 0).grade, disk(0.875, 0.75, 0.875, 0).grade) == (Grade.GREEN, Grade.AMBER)


@pytest.mark.parametrize(
    ("fps", "wanted_fps", "grade", "limit"),
    [
        (27.0, 30.0, Grade.GREEN, "green from 27.0 fps, red below 2.5 fps"),
        (26.9, 30.0, Grade.AMBER, "green from 27.0 fps, red below 2.5 fps"),
        (2.4, 30.0, Grade.RED, "green from 27.0 fps, red below 2.5 fps"),
        (10.0, None, Grade.GREEN, "green from 10.0 fps, red below 2.5 fps"),
        (9.9, None, Grade.AMBER, "green from 10.0 fps, red below 2.5 fps"),
        (2.0, 4.0, Grade.AMBER, "green from 3.6 fps, red below 1.8 fps"),  # half of what is wanted, where it is little
    ],
)
def test_a_camera_is_measured_by_what_a_decision_needs(
    fps: float, wanted_fps: float | None, grade: Grade, limit: str
) -> None:
    todo = "check cable, exposure and size of the picture: long exposures and wide pictures slow a camera down"
    check = frame_rate("camera front", fps, wanted_fps, readings_max=8, age_ms_max=800)
    expected = Check("camera front", grade, f"{fps:.1f} fps", limit, "" if grade is Grade.GREEN else todo, fps, "fps")
    assert check == expected
