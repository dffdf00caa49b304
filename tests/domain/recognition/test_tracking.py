from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.tracking import READINGS_KEPT, Track, Tracker, agreement_of
from tests.domain.readings import START, reading_of

texts = st.text("ABC123", max_size=8)


def update(tracker: Tracker, readings: list[Reading]) -> list[Track]:
    """The tracks of readings that all have one."""
    return [track for track in tracker.update(readings) if track is not None]


@given(texts, texts)
def test_agreement_is_symmetric_and_one_only_for_equal_texts(one: str, other: str) -> None:
    assert agreement_of(one, other) == agreement_of(other, one)
    assert (agreement_of(one, other) == 1) == (one == other and one != "")


def test_a_car_that_moves_by_more_than_its_plate_stays_one_track() -> None:
    tracker = Tracker(gap_ms=1000)
    numbers = set()
    for step in range(10):
        box = Box(100, 100, 180, 120).shift(step * 110.0, 0)
        (track,) = update(tracker, [reading_of("8ABC123", step * 100, box)])
        numbers.add(track.number)
    assert len(numbers) == 1


@pytest.mark.parametrize(("later_ms", "moved_px"), [(100, 20.0), (200, 40.0), (300, 60.0), (900, 60.0)])
def test_a_plate_goes_on_as_it_moved_but_for_three_frames_at_most(later_ms: float, moved_px: float) -> None:
    track, box = Track(1), Box(100, 100, 180, 120)
    track.add(reading_of("8ABC123", 0, box))
    assert track.predict_box(START.shift(later_ms)) == box
    track.add(reading_of("8ABC123", 100, box.shift(20, -20)))
    assert track.predict_box(START.shift(100 + later_ms)) == box.shift(20 + moved_px, -20 - moved_px)


def test_of_two_looks_at_one_moment_no_motion_is_told() -> None:
    track, box = Track(1), Box(100, 100, 180, 120)
    for shift in (0, 5):
        track.add(reading_of("8ABC123", 0, box.shift(shift, 0)))
    assert track.predict_box(START.shift(100)) == box.shift(5, 0)


@pytest.mark.parametrize(("scale", "tracks"), [(2.4, 1), (2.6, 2)])
def test_a_plate_that_is_suddenly_much_larger_is_another(scale: float, tracks: int) -> None:
    tracker = Tracker(gap_ms=1000)
    boxes = Box(100, 100, 180, 120), Box(100, 100, 100 + 80 * scale, 100 + 20 * scale)
    track_numbers = [
        update(tracker, [reading_of("8ABC123", ms, box)])[0].number for ms, box in zip((0, 100), boxes, strict=True)
    ]
    assert len(set(track_numbers)) == tracks


def test_two_cars_crossing_keep_their_tracks() -> None:
    tracker = Tracker(gap_ms=1000)
    track_numbers: dict[str, set[int]] = {"8ABC123": set(), "5XYZ987": set()}
    for step in range(12):
        left, right = Box(100 + 60 * step, 100, 180 + 60 * step, 120), Box(760 - 60 * step, 104, 840 - 60 * step, 124)
        readings = [reading_of("8ABC123", step * 100, left), reading_of("5XYZ987", step * 100, right)]
        for text, track in zip(track_numbers, update(tracker, readings), strict=True):
            track_numbers[text].add(track.number)
    assert all(len(numbers) == 1 for numbers in track_numbers.values())


@pytest.mark.parametrize(
    ("text", "certainty", "tracks"),
    [
        ("5XYZ987", 0.99, 2),
        ("5XYZ987", 0.9, 2),
        ("5XYZ987", 0.7, 1),
        ("8ABC987", 0.9, 1),
        ("3ABC12B", 0.99, 1),
        ("BA8C12I", 0.99, 1),
        ("8ABC987", 0.99, 2),
    ],
    ids=[
        "another text",
        "another text, in doubt",
        "another text, illegible",
        "three characters, in doubt",
        "two characters",
        "look-alikes",
        "three characters",
    ],
)
def test_a_clearly_other_text_at_the_same_place_is_another_vehicle(text: str, certainty: float, tracks: int) -> None:
    tracker = Tracker(gap_ms=1000)
    looks = [reading_of("8ABC123", 0, certainty=0.99), reading_of(text, 100, certainty=certainty)]
    numbers = {track.number for look in looks for track in update(tracker, [look])}
    assert len(numbers) == tracks


def test_one_look_at_another_vehicle_does_not_end_the_track_of_the_first() -> None:
    tracker = Tracker(gap_ms=1000)
    texts = "8ABC123", "5XYZ987", "8ABC123", "5XYZ987"
    looks = [reading_of(text, 100 * number, certainty=0.99) for number, text in enumerate(texts)]
    assert [track.number for look in looks for track in update(tracker, [look])] == [1, 2, 1, 2]


def test_a_plate_that_stopped_is_found_again_where_it_was() -> None:
    tracker = Tracker(gap_ms=1000)
    places = 0.0, 450.0, 400.0
    boxes = [Box(100, 100, 180, 120).shift(x_px, 0) for x_px in places]
    looks = [reading_of("8ABC123", 100 * number, box) for number, box in enumerate(boxes)]
    assert {track.number for look in looks for track in update(tracker, [look])} == {1}


def test_a_joined_track_has_the_readings_of_both_and_stays_bounded() -> None:
    earlier, later = Track(1), Track(2)
    for step in range(READINGS_KEPT):
        earlier.add(reading_of("8ABC123", step * 100))
        later.add(reading_of("8ABC123", (READINGS_KEPT + step) * 100))
    later.join(earlier)
    assert (later.reading_count, len(later.readings)) == (2 * READINGS_KEPT, READINGS_KEPT)
    assert (later.readings[0].frame_number, later.readings[1].frame_number) == (0, READINGS_KEPT + 1)


def test_another_text_far_away_is_another_track() -> None:
    tracker = Tracker(gap_ms=1000)
    (one,) = update(tracker, [reading_of("8ABC123", 0, Box(0, 0, 80, 20))])
    (two,) = update(tracker, [reading_of("5XYZ987", 100, Box(200, 0, 280, 20))])
    assert one.number != two.number


def test_a_track_ends_after_its_gap_and_not_before() -> None:
    tracker = Tracker(gap_ms=1000)
    (track,) = update(tracker, [reading_of("8ABC123")])
    assert tracker.expire(START.shift(1000)) == []
    assert tracker.expire(START.shift(1001)) == [track]
    assert tracker.close() == []


def test_a_look_that_is_not_accepted_belongs_to_its_track_and_has_no_vote() -> None:
    tracker = Tracker(gap_ms=1000)
    places = [100.0 + 20 * step for step in range(8)]
    looks = [
        replace(reading_of("8ABC123", 400 * step, Box(left, 100, left + 80, 120)), is_accepted=step in {0, 1, 7})
        for step, left in enumerate(places)
    ]
    tracks = [track for look in looks for track in [*tracker.expire(look.captured_at), *update(tracker, [look])]]
    assert [track.number for track in tracks] == [1] * 8
    (track,) = tracker.close()
    assert (track.reading_count, len(track.readings), track.last) == (3, 3, looks[-1])


def test_a_look_that_is_not_accepted_begins_no_track_and_joins_none_by_its_text_alone() -> None:
    tracker = Tracker(gap_ms=1000)
    look = replace(reading_of("8ABC123"), is_accepted=False)
    assert tracker.update([look]) == [None]
    update(tracker, [reading_of("8ABC123")])
    far = replace(reading_of("8ABC123", 100, Box(400, 100, 500, 150)), is_accepted=False)
    assert tracker.update([far]) == [None]


def test_readings_are_bounded_and_the_first_is_kept() -> None:
    tracker = Tracker(gap_ms=1000)
    for step in range(READINGS_KEPT * 2):
        (track,) = update(tracker, [reading_of("8ABC123", step * 100)])
    assert len(track.readings) == READINGS_KEPT
    assert track.reading_count == READINGS_KEPT * 2
    assert track.readings[0].frame_number == 0
