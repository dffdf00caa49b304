"""What is known of plates in view saves the reader work for a while, and never longer."""

import pytest

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.domain.recognition.known_plates import GROWTH_MAX, REREAD_MS, KnownPlates, SettledPlate, seen_again
from alpr_edge.domain.recognition.passes import Origin, Passes
from alpr_edge.domain.recognition.tracking import READINGS_KEPT
from tests.domain.readings import START, frame_of, reading_of

PLACE, ELSEWHERE = Box(100, 100, 200, 150), Box(600, 100, 700, 150)
RULE = DecisionRule(readings_max=500, age_ms_max=1e9, confidence_min=0.2, characters_min=3)


def plate(box: Box = PLACE) -> SettledPlate:
    return SettledPlate(reading_of("8ABC123", box=PLACE), box)


@pytest.mark.parametrize(("age_ms", "is_known"), [(-1, False), (0, True), (REREAD_MS - 1, True), (REREAD_MS, False)])
def test_a_settled_plate_is_read_again_after_a_while(age_ms: float, *, is_known: bool) -> None:
    assert plate().is_at(PLACE, START.shift(age_ms)) == is_known


def test_a_settled_plate_is_read_again_once_it_is_clearly_larger_than_when_it_was_read() -> None:
    larger = Box(100, 100, 100 + 100 * GROWTH_MAX, 150)
    assert plate().is_at(larger, START)
    assert not plate().is_at(Box(100, 100, larger.right_px + 1, 150), START)
    assert plate(larger).is_at(larger, START)


def test_a_settled_plate_is_known_where_it_was_seen_last() -> None:
    half = Box(100, 100, 150, 150)
    assert plate().is_at(half, START)
    assert not plate().is_at(Box(100, 100, 149, 150), START)
    assert not plate().is_at(ELSEWHERE, START)
    assert plate(ELSEWHERE).is_at(ELSEWHERE, START)


def test_of_several_settled_plates_the_one_at_the_place_is_given() -> None:
    here, there = plate(), plate(ELSEWHERE)
    known = KnownPlates(settled=(here, there))
    assert known.settled_at(ELSEWHERE, START) is there
    assert known.settled_at(PLACE, START) is here
    assert known.settled_at(Box(300, 300, 400, 350), START) is None
    assert known.settled_at(PLACE, START.shift(REREAD_MS)) is None


def test_before_the_first_frame_nothing_is_known() -> None:
    known = KnownPlates()
    assert (known.frame_number, known.settled, known.looks, known.is_waiting) == (-1, (), (), False)


def test_a_plate_that_is_seen_and_not_read_has_no_vote_and_keeps_its_place() -> None:
    reading = reading_of("8ABC123", box=PLACE)
    frame = frame_of([], 300)
    again = seen_again(reading, frame)
    assert (again.frame_number, again.captured_at, again.is_accepted) == (3, START.shift(300), False)
    assert (again.box, again.sharpness) == (reading.box, reading.sharpness)
    assert again.slot_probabilities is reading.slot_probabilities


def passes() -> Passes:
    return Passes(Origin("unit-1", "front", ()), RULE, 1000, lambda _: None, lambda: "read")


def step(one: Passes, at_ms: float, text: str, certainty: float, box: Box | None = None) -> Frame:
    readings = [reading_of(text, at_ms, box, certainty)] if text else []
    frame = frame_of(readings, at_ms)
    one.step(frame, readings)
    return frame


def test_a_plate_whose_read_is_certain_is_settled_at_its_newest_look() -> None:
    one = passes()
    step(one, 0, "8ABC123", 0.999)
    frame = step(one, 100, "8ABC123", 0.999, moved := PLACE.shift(5, 0))
    known = one.known_plates(frame.number)
    (settled,) = known.settled
    assert (known.frame_number, known.is_waiting) == (1, False)
    assert (settled.box, settled.reading.frame_number) == (moved, 1)
    assert [look.frame_number for look in known.looks] == [1]


def test_a_plate_that_is_not_decided_yet_waits_for_further_looks() -> None:
    one = passes()
    step(one, 0, "8ABC123", 0.8)
    known = one.known_plates(0)
    assert (known.settled, known.is_waiting, len(known.looks)) == ((), True, 1)


def test_one_plate_that_waits_is_enough_for_each_look_to_count() -> None:
    one = passes()
    readings = [reading_of("8ABC123", certainty=0.999), reading_of("5XYZ987", box=ELSEWHERE, certainty=0.8)]
    one.step(frame_of(readings, 0), readings)
    known = one.known_plates(0)
    assert ([plate.box for plate in known.settled], known.is_waiting, len(known.looks)) == ([PLACE], True, 2)


def test_what_cannot_be_read_in_many_looks_does_not_wait_for_ever() -> None:
    one = passes()
    for number in range(READINGS_KEPT - 1):
        step(one, number * 100, "", 0.8) if number % 2 else step(one, number * 100, "8ABC123", 0.6)
    looks = (READINGS_KEPT - 1) // 2 + (READINGS_KEPT - 1) % 2
    for number in range(READINGS_KEPT - 1, 2 * READINGS_KEPT):
        assert one.known_plates(0).is_waiting == (looks < READINGS_KEPT)
        step(one, number * 100, "8ABC123", 0.6)
        looks += 1
    assert not one.known_plates(0).is_waiting


def test_a_settled_plate_is_not_settled_any_more_once_a_look_leaves_it_in_doubt() -> None:
    one = passes()
    step(one, 0, "8ABC123", 0.999)
    for number in range(1, 12):
        step(one, number * 100, "3ABC123", 0.999)
        if not one.known_plates(number).settled:
            break
    assert one.known_plates(0).settled == ()
    assert one.known_plates(0).is_waiting is False


def test_a_plate_that_left_is_not_known() -> None:
    one = passes()
    step(one, 0, "8ABC123", 0.999)
    step(one, 1001, "", 0)
    assert one.known_plates(1).looks == ()
