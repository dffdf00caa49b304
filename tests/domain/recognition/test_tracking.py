import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.tracking import READINGS_KEPT, Track, Tracker, agreement_of
from tests.domain.readings import START, reading_of

texts = st.text("ABC123", max_size=8)


@given(texts, texts)
def test_agreement_is_symmetric_and_one_only_for_equal_texts(one: str, other: str) -> None:
    assert agreement_of(one, other) == agreement_of(other, one)
    assert (agreement_of(one, other) == 1) == (one == other and one != "")


def test_a_car_that_moves_by_more_than_its_plate_stays_one_track() -> None:
    tracker = Tracker(gap_ms=1000)
    numbers = set()
    for step in range(10):
        box = Box(100, 100, 180, 120).moved(step * 110.0, 0)
        (track,) = tracker.update([reading_of("8ABC123", step * 100, box)])
        numbers.add(track.number)
    assert len(numbers) == 1


@pytest.mark.parametrize(("later_ms", "moved_px"), [(100, 20.0), (200, 40.0), (300, 60.0), (900, 60.0)])
def test_a_plate_goes_on_as_it_moved_but_for_three_frames_at_most(later_ms: float, moved_px: float) -> None:
    track, box = Track(1), Box(100, 100, 180, 120)
    track.add(reading_of("8ABC123", 0, box))
    assert track.predicted(START.shifted(later_ms)) == box
    track.add(reading_of("8ABC123", 100, box.moved(20, -20)))
    assert track.predicted(START.shifted(100 + later_ms)) == box.moved(20 + moved_px, -20 - moved_px)


def test_of_two_looks_at_one_moment_no_motion_is_told() -> None:
    track, box = Track(1), Box(100, 100, 180, 120)
    for shift in (0, 5):
        track.add(reading_of("8ABC123", 0, box.moved(shift, 0)))
    assert track.predicted(START.shifted(100)) == box.moved(5, 0)


@pytest.mark.parametrize(("scale", "tracks"), [(2.4, 1), (2.6, 2)])
def test_a_plate_that_is_suddenly_much_larger_is_another(scale: float, tracks: int) -> None:
    tracker = Tracker(gap_ms=1000)
    boxes = Box(100, 100, 180, 120), Box(100, 100, 100 + 80 * scale, 100 + 20 * scale)
    seen = [tracker.update([reading_of("8ABC123", ms, box)])[0].number for ms, box in zip((0, 100), boxes, strict=True)]
    assert len(set(seen)) == tracks


def test_two_cars_crossing_keep_their_tracks() -> None:
    tracker = Tracker(gap_ms=1000)
    seen: dict[str, set[int]] = {"8ABC123": set(), "5XYZ987": set()}
    for step in range(12):
        left, right = Box(100 + 60 * step, 100, 180 + 60 * step, 120), Box(760 - 60 * step, 104, 840 - 60 * step, 124)
        readings = [reading_of("8ABC123", step * 100, left), reading_of("5XYZ987", step * 100, right)]
        for text, track in zip(seen, tracker.update(readings), strict=True):
            seen[text].add(track.number)
    assert all(len(numbers) == 1 for numbers in seen.values())


def test_another_text_far_away_is_another_track() -> None:
    tracker = Tracker(gap_ms=1000)
    (one,) = tracker.update([reading_of("8ABC123", 0, Box(0, 0, 80, 20))])
    (two,) = tracker.update([reading_of("5XYZ987", 100, Box(200, 0, 280, 20))])
    assert one.number != two.number


def test_a_track_ends_after_its_gap_and_not_before() -> None:
    tracker = Tracker(gap_ms=1000)
    (track,) = tracker.update([reading_of("8ABC123")])
    assert tracker.expire(START.shifted(1000)) == []
    assert tracker.expire(START.shifted(1001)) == [track]
    assert tracker.close() == []


def test_readings_are_bounded_and_the_first_is_kept() -> None:
    tracker = Tracker(gap_ms=1000)
    for step in range(READINGS_KEPT * 2):
        (track,) = tracker.update([reading_of("8ABC123", step * 100)])
    assert len(track.readings) == READINGS_KEPT
    assert track.seen == READINGS_KEPT * 2
    assert track.readings[0].frame_number == 0
