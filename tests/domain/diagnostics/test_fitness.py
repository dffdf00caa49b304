from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.diagnostics.checks import (
    Band,
    Check,
    Grade,
    certificate,
    clock,
    disk,
    frame_rate,
    green,
    list_check,
    red,
    skipped_check,
    worst,
)
from alpr_edge.domain.diagnostics.test_card import (
    CARD_TEXT,
    CardSeen,
    card_among,
    card_checks,
    is_like_card,
    reach_text,
)
from alpr_edge.domain.hits import Generation
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.plates import ALPHABET, EMPTY
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Reading

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
TRUSTED = Instant("boot", 0, NOW, UtcSource.NTP)


@given(st.floats(-1e6, 1e6), st.floats(0.1, 1e3), st.floats(0, 1e3))
def test_more_is_never_worse_where_more_is_better(value: float, red_from: float, room: float) -> None:
    order = [Grade.RED, Grade.AMBER, Grade.GREEN]
    rising = Band(red_from + room + 1, red_from)
    assert order.index(rising.grade(value + 1)) >= order.index(rising.grade(value))
    falling = Band(red_from, red_from + room + 1)
    assert order.index(falling.grade(value + 1)) <= order.index(falling.grade(value))


def test_limits_themselves_are_on_the_good_side() -> None:
    band = Band(green=30, red=7, unit=" days", digits=0)
    assert [band.grade(days) for days in (30, 29.9, 7, 6.9)] == [Grade.GREEN, Grade.AMBER, Grade.AMBER, Grade.RED]
    assert band.limit == "green from 30 days, red below 7 days"


def test_nothing_checked_is_no_fitness_and_skipped_is_never_green() -> None:
    assert worst([]) is Grade.RED
    assert worst([green("a", "")]) is Grade.GREEN
    assert worst([green("a", ""), skipped_check("b")]) is Grade.SKIPPED
    assert worst([skipped_check("b"), red("c", "")]) is Grade.RED


@pytest.mark.parametrize(
    ("now", "off_s", "grade"),
    [
        (Instant("boot", 0), None, Grade.RED),
        (Instant("boot", 0, NOW, UtcSource.RTC), None, Grade.RED),
        (TRUSTED, None, Grade.GREEN),
        (Instant("boot", 0, NOW, UtcSource.GNSS), -1.5, Grade.GREEN),
        (Instant("boot", 0, NOW, UtcSource.GNSS), 30.0, Grade.AMBER),
        (Instant("boot", 0, NOW, UtcSource.GNSS), -3600.0, Grade.RED),
    ],
)
def test_clock(now: Instant, off_s: float | None, grade: Grade) -> None:
    assert clock(now, off_s).grade is grade


@pytest.mark.parametrize(
    ("hours", "now", "grade"),
    [
        (1, TRUSTED, Grade.GREEN),
        (14, TRUSTED, Grade.AMBER),
        (25, TRUSTED, Grade.RED),
        (1, Instant("boot", 0), Grade.AMBER),
    ],
)
def test_lists_by_age(hours: float, now: Instant, grade: Grade) -> None:
    generation = Generation("doj", 1, NOW - timedelta(hours=hours), NOW, 5)
    assert list_check(generation, now, timedelta(hours=13), timedelta(hours=24)).grade is grade


@pytest.mark.parametrize(("days", "grade"), [(200, Grade.GREEN), (20, Grade.AMBER), (5, Grade.RED), (-1, Grade.RED)])
def test_certificates_by_days(days: float, grade: Grade) -> None:
    assert certificate("unit certificate", days, "renew").grade is grade


@pytest.mark.parametrize(("share", "grade"), [(0.5, Grade.GREEN), (0.87, Grade.AMBER), (0.91, Grade.RED)])
def test_disk_by_share(share: float, grade: Grade) -> None:
    check = disk(share, 0.85, 0.9, 10**9)
    assert (check.grade, check.unit) == (grade, "%")
    assert check.finding == f"{share * 100:.1f} % used, 1.0 GB free"


@pytest.mark.parametrize(
    ("fps", "wanted_fps", "grade"),
    [(30, 30, Grade.GREEN), (20, 30, Grade.AMBER), (2, 30, Grade.RED), (12, None, Grade.GREEN), (2, None, Grade.RED)],
)
def test_frame_rate(fps: float, wanted_fps: float | None, grade: Grade) -> None:
    assert frame_rate("camera", fps, wanted_fps, readings_max=8, age_ms_max=700).grade is grade


def look(text: str, sure: float = 0.98, width_px: float = 100) -> Reading:
    slots = np.full((9, len(ALPHABET)), (1 - sure) / (len(ALPHABET) - 1), np.float32)
    for slot, character in enumerate(text.ljust(9, EMPTY)):
        slots[slot, ALPHABET.index(character)] = sure
    return Reading(0, Instant("boot", 0), Box(0, 0, width_px, 50), 0.9, slots, 100.0)


def test_the_card_is_told_from_the_traffic_behind_it() -> None:
    frames = [[look("5XYZ123"), look(CARD_TEXT, width_px=90 + number)] for number in range(3)]
    result = card_among(frames)
    assert result is not None
    card, _ = result
    assert (card.right, card.width_px, card.looks) == (True, 91, 3)
    assert [check.grade for check in card_checks("camera front", card)] == [Grade.GREEN, Grade.GREEN]
    assert card_among([[look("5XYZ123")], []]) is None


def test_a_card_read_wrong_is_red_and_its_text_is_not_told() -> None:
    result = card_among([[look("0XEK941")]])
    assert result is not None
    (check,) = card_checks("camera front", result[0])
    assert check.grade is Grade.RED
    assert "0XEK94" not in str(check)


def test_a_card_read_unsurely_or_from_afar_is_amber() -> None:
    unsure = CardSeen("0XEK947", 0.6, 100, 1)
    assert [check.grade for check in card_checks("c", unsure)] == [Grade.AMBER, Grade.GREEN]
    far = CardSeen("0XEK947", 0.95, 30, 1)
    assert [check.grade for check in card_checks("c", far)] == [Grade.GREEN, Grade.AMBER]


def test_how_far_plates_can_be() -> None:
    # 160 px of card at 3 m: a plate has 195 px there, 80 at 7.3 m and 40 at 14.6.
    assert reach_text(160, 3.0) == "plates to 7.3 m well, to 14.6 m at most"
    assert reach_text(160, None) == "plates to 2.4 times the card's distance well, to 4.9 times at most"


def test_likeness() -> None:
    assert is_like_card("0XEK947")
    assert is_like_card("XEK94")
    assert not is_like_card("7ABC123")
    assert isinstance(skipped_check("card"), Check)
