"""Which track a look joins: by overlap first, then by text, and never where it shows clearly another plate."""

from dataclasses import replace

import pytest

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.tracking import REACH_WIDTHS, Track, Tracker
from tests.domain.readings import START, reading_of

PLACE = Box(100, 100, 200, 150)


def is_joined(box: Box, text: str = "8ABC123", *, certainty: float = 0.9, before: str = "8ABC123") -> bool:
    """Whether a look at that place joins the track of the look before."""
    tracker = Tracker(gap_ms=1000)
    (first,) = tracker.update([reading_of(before, 0, PLACE, 0.9)])
    (second,) = tracker.update([reading_of(text, 100, box, certainty)])
    return first is second


@pytest.mark.parametrize(
    ("box", "joined"),
    [
        (Box(160, 100, 260, 150), True),  # 40 of 160: a quarter
        (Box(161, 100, 261, 150), False),
    ],
)
def test_a_quarter_of_overlap_joins_whatever_the_text(box: Box, *, joined: bool) -> None:
    assert is_joined(box, "", before="") is joined


@pytest.mark.parametrize(
    ("moved_px", "text", "certainty", "joined"),
    [
        (40, "5XYZ987", 0.999, False),  # 60 of 140 px: the plate of another vehicle comes out from behind the first
        (40, "8ABC987", 0.999, True),
        (40, "5XYZ987", 0.9, True),
        (30, "5XYZ987", 0.999, True),  # 70 of 130 px: more than half
    ],
)
def test_a_clear_look_with_hardly_a_character_in_common_joins_by_a_sure_overlap_alone(
    moved_px: float, text: str, certainty: float, *, joined: bool
) -> None:
    assert is_joined(PLACE.shift(moved_px, 0), text, certainty=certainty) is joined


@pytest.mark.parametrize(
    ("later_ms", "text", "certainty", "joined"),
    [
        (1000, "5XYZ987", 0.999, False),
        (300, "5XYZ987", 0.999, False),
        (299, "5XYZ987", 0.999, True),  # so soon no other car is there
        (1000, "8ABC987", 0.999, True),  # three of seven characters: perhaps misread
        (1000, "5XYZ987", 0.9, True),
    ],
)
@pytest.mark.parametrize("before", [0.8, 0.9])
def test_a_clear_look_some_time_after_one_with_a_doubtful_text_is_another_plate_where_most_of_it_differs(
    before: float, later_ms: float, text: str, certainty: float, *, joined: bool
) -> None:
    tracker = Tracker(gap_ms=1500)
    (first,) = tracker.update([reading_of("8ABC123", 0, PLACE, before)])
    (second,) = tracker.update([reading_of(text, later_ms, PLACE, certainty)])
    assert (first is second) is joined


@pytest.mark.parametrize(("certainty", "is_cut"), [(0.7, False), (0.9, True)])
def test_a_text_that_is_hardly_one_or_that_the_edge_cuts_keeps_no_clear_look_away(
    certainty: float, *, is_cut: bool
) -> None:
    tracker = Tracker(gap_ms=1500)
    (first,) = tracker.update([replace(reading_of("8AB", 0, PLACE, certainty), is_cut=is_cut)])
    (second,) = tracker.update([reading_of("5XYZ987", 1000, PLACE, 0.999)])
    assert first is second


@pytest.mark.parametrize(("text", "joined"), [("8ABC1", True), ("8AB", False), ("8ABD1XY", False)])
def test_a_look_nearby_joins_by_three_fifths_of_its_characters(text: str, *, joined: bool) -> None:
    assert is_joined(PLACE.shift(300, 0), text, certainty=0.6) is joined


def test_three_of_five_characters_are_enough() -> None:
    assert is_joined(PLACE.shift(300, 0), "ABCXY", certainty=0.6, before="ABC12")


@pytest.mark.parametrize(("x_px", "y_px"), [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (1.0, 1.0)])
def test_a_look_joins_within_six_widths_along_each_axis(x_px: float, y_px: float) -> None:
    reach_px = REACH_WIDTHS * PLACE.width_px
    assert is_joined(PLACE.shift(x_px * reach_px, y_px * reach_px))
    assert not is_joined(PLACE.shift(x_px * (reach_px + 1), y_px * (reach_px + 1)))


def test_the_wider_of_both_plates_says_how_far_a_look_may_be() -> None:
    wide = Box(0, 100, 200, 200)
    assert is_joined(wide.shift(150 + REACH_WIDTHS * 200 - 100, 0))


@pytest.mark.parametrize(
    ("box", "joined"),
    [
        (Box(25, 62.5, 275, 187.5), True),  # two and a half times as large in both
        (Box(25, 62, 275, 188), False),
        (Box(130, 115, 170, 135), True),
        (Box(130, 115, 169, 135), False),
    ],
)
def test_a_plate_may_look_two_and_a_half_times_as_large_or_as_small(box: Box, *, joined: bool) -> None:
    assert is_joined(box) is joined


def test_of_two_looks_the_one_that_overlaps_more_goes_on() -> None:
    tracker = Tracker(gap_ms=1000)
    (track,) = tracker.update([reading_of("8ABC123", 0, PLACE)])
    less, more = reading_of("8ABC123", 100, PLACE.shift(30, 0)), reading_of("8ABC123", 100, PLACE.shift(5, 0))
    other, same = tracker.update([less, more])
    assert same is track
    assert other is not None
    assert other.number == 2


def test_of_two_looks_that_overlap_alike_the_one_with_the_same_text_goes_on() -> None:
    tracker = Tracker(gap_ms=1000)
    (track,) = tracker.update([reading_of("8ABC123", 0, PLACE, 0.7)])
    looks = [reading_of(text, 100, PLACE.shift(x, 0), 0.7) for text, x in (("5XYZ987", -5), ("8ABC123", 5))]
    assert tracker.update(looks)[1] is track


def test_overlap_goes_before_a_text_elsewhere() -> None:
    tracker = Tracker(gap_ms=1000)
    (track,) = tracker.update([reading_of("8ABC123", 0, PLACE, 0.7)])
    looks = [reading_of("8ABC123", 100, PLACE.shift(300, 0), 0.7), reading_of("", 100, PLACE, 0.7)]
    assert tracker.update(looks)[1] is track


def test_a_look_that_is_not_accepted_joins_by_overlap_alone_and_begins_nothing() -> None:
    tracker = Tracker(gap_ms=1000)
    (track,) = tracker.update([reading_of("8ABC123", 0, PLACE)])
    assert track is not None
    near, at_place = (
        replace(reading_of("8ABC123", 100, box), is_accepted=False) for box in (PLACE.shift(300, 0), PLACE)
    )
    assert tracker.update([near]) == [None]
    assert tracker.update([at_place]) == [track]
    assert (track.reading_count, track.last) == (1, at_place)


def test_a_track_is_over_once_it_was_not_seen_for_longer_than_the_gap() -> None:
    tracker = Tracker(gap_ms=1000)
    tracks = tracker.update([reading_of("8ABC123", 0, PLACE), reading_of("5XYZ987", 0, PLACE.shift(500, 0))])
    assert tracker.expire(START.shift(1000)) == []
    tracker.update([reading_of("8ABC123", 500, PLACE)])
    assert tracker.expire(START.shift(1001)) == tracks[1:]
    assert tracker.close() == tracks[:1]
    assert tracker.close() == []


def test_a_track_keeps_its_best_score_and_its_last_text() -> None:
    track = Track(1)
    for text, certainty, score in (("8ABC123", 0.99, 0.7), ("", 0.99, 0.9), ("8ABC12", 0.9, 0.8)):
        track.add(replace(reading_of(text, certainty=certainty), detection_confidence=score))
    assert (track.detection_max, track.text, track.clear_text, track.reading_count) == (0.9, "8ABC12", "8ABC123", 3)


def test_a_track_that_takes_over_an_earlier_one_keeps_the_readings_of_both_in_order() -> None:
    earlier, later = Track(1), Track(2)
    for track, at_ms in ((earlier, 0), (earlier, 100), (later, 900)):
        track.add(reading_of("8ABC123", at_ms))
    earlier.detection_max = 0.97
    later.join(earlier)
    assert [reading.frame_number for reading in later.readings] == [0, 1, 9]
    assert (later.reading_count, later.detection_max, later.number) == (3, 0.97, 2)
