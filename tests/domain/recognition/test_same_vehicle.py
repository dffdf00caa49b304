"""When two passes are of one vehicle, and what of the earlier one lives on."""

import itertools
from dataclasses import replace

import pytest

from alpr_edge.domain.plates import ALPHABET, CERTAIN_MIN
from alpr_edge.domain.reads import EarlierText
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.passes import Origin, Passes
from alpr_edge.domain.recognition.second_opinions import SecondOpinion
from alpr_edge.domain.recognition.tracking import Track
from alpr_edge.domain.recognition.vehicle_pass import DOUBT_MAX, NO_SCENE, VehiclePass
from alpr_edge.domain.recognition.voting import Opinion, Vote
from tests.domain.readings import DECIDED, START, frame_of, reading_of
from tests.store.records import plate_read

AWAY_MS_MAX = 20_000.0


def pass_of(*looks: Reading) -> VehiclePass:
    track, first = Track(1), looks[0]
    frame = frame_of([], 0)
    one = VehiclePass.begin(track, SecondOpinion(), first, frame)
    for look in looks:
        track.add(look)
        one.look(look, frame)
    return one


def is_same(before: str, after: str, away_ms: float = 1000, certainty: float = 0.9) -> bool:
    """Whether looks at one text, and then at another, are at one vehicle."""
    earlier = pass_of(reading_of(before, certainty=certainty))
    later = pass_of(reading_of(after, away_ms, certainty=certainty))
    return later.is_same_vehicle(earlier, later.vote(), AWAY_MS_MAX)


@pytest.mark.parametrize(
    ("away_ms", "same"),
    [(-1, False), (0, False), (0.5, True), (AWAY_MS_MAX, True), (AWAY_MS_MAX + 1, False)],
)
def test_the_same_text_is_the_same_vehicle_if_it_comes_after_and_in_time(away_ms: float, *, same: bool) -> None:
    assert is_same("8ABC123", "8ABC123", away_ms) == same


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("8ABC123", "8ABC12", True),
        ("8ABC12", "8ABC123", True),
        ("8ABC123", "8ABC1", True),
        ("8ABC123", "8ABC", False),  # three characters are not missed
        ("8ABC123", "3ABC123", True),
        ("8ABC123", "5XYZ987", False),
        ("8ABC", "3ABC", False),  # too short to be told from another
        ("8ABC1", "3ABC1", True),
    ],
)
def test_a_likely_misreading_in_doubt_is_the_same_vehicle(before: str, after: str, *, same: bool) -> None:
    assert is_same(before, after, certainty=0.78) == same


@pytest.mark.parametrize(("certainty", "same"), [(0.94, True), (0.96, False)])
def test_two_texts_that_differ_in_a_character_seen_clearly_both_times_are_two_vehicles(
    certainty: float, *, same: bool
) -> None:
    earlier, later = (pass_of(reading_of(text, certainty=certainty)) for text in ("8ABC123", "3ABC123"))
    assert later.differs_clearly(earlier, later.vote()) is not same


@pytest.mark.parametrize(("decided", "same"), [(0.7, True), (0.97, False)])
def test_a_read_counts_as_it_was_decided_however_certain_it_became(decided: float, *, same: bool) -> None:
    first, other = (reading_of("8ABC123", ms, certainty=0.999) for ms in (0, 1000))
    first.slot_probabilities[0] = reading_of("8", certainty=0.78).slot_probabilities[0]
    earlier, look = pass_of(first), reading_of("3ABC123", 1000, certainty=0.999)
    mixed = 0.99 * look.slot_probabilities + 0.01 * other.slot_probabilities
    later = pass_of(replace(look, slot_probabilities=mixed))
    read = replace(plate_read(), plate="8ABC123", confidence=decided)
    earlier.take_read(read)
    earlier.read = replace(read, confidence=0.97)
    assert later.vote().certain
    assert later.is_same_vehicle(earlier, later.vote(), AWAY_MS_MAX) is same


def test_two_certain_texts_are_two_vehicles_unless_only_an_i_is_missed() -> None:
    assert not is_same("8ABC123", "3ABC123", certainty=0.999)
    assert is_same("F82EVA", "IF82EVA", certainty=0.999)
    assert not is_same("F82EVA", "BF82EVA", certainty=0.999)


@pytest.mark.parametrize(("likely", "same"), [(0.01, True), (0.0005, False)])
def test_of_two_texts_in_little_doubt_one_is_a_misreading_if_the_other_is_likely(likely: float, *, same: bool) -> None:
    earlier, look = pass_of(reading_of("8ABC123", certainty=0.999)), reading_of("8ABC124", 1000, certainty=0.999)
    slots = look.slot_probabilities.copy()
    slots[6] = (0.22 - likely) / (len(ALPHABET) - 2)
    slots[6, [ALPHABET.index("4"), ALPHABET.index("3")]] = 0.78, likely
    later = pass_of(replace(look, slot_probabilities=slots))
    assert DOUBT_MAX < later.vote().confidence < CERTAIN_MIN
    assert later.is_same_vehicle(earlier, later.vote(), AWAY_MS_MAX) == same


def test_of_a_decided_pass_the_read_is_compared_and_not_the_looks() -> None:
    earlier, later = pass_of(reading_of("5XYZ987")), pass_of(reading_of("8ABC123", 1000))
    assert not later.is_same_vehicle(earlier, later.vote(), AWAY_MS_MAX)
    earlier.read, earlier.decided = plate_read(plate="8ABC123"), EarlierText("8ABC123", 0.93, 0)
    assert later.is_same_vehicle(earlier, later.vote(), AWAY_MS_MAX)


def test_a_sharper_look_is_shown_and_only_after_the_decision_still_to_be_stored() -> None:
    one = pass_of(reading_of("8ABC123", sharpness=100))
    one.look(same := reading_of("8ABC123", 1, sharpness=100), frame_of([], 1))
    assert one.sharpest is not same
    one.look(sharper := reading_of("8ABC123", 2, Box(10, 10, 60, 40), sharpness=101), frame_of([], 2))
    assert (one.sharpest, one.shown, one.is_sharper) == (sharper, sharper, False)
    assert one.crop.picture.shape[:2] == (40, 66)  # fifteen per cent more on each side, in whole pixels
    one.read = plate_read()
    one.look(sharpest := reading_of("8ABC123", 3, sharpness=102), frame_of([], 3))
    assert (one.sharpest, one.shown, one.is_sharper) == (sharpest, sharpest, True)


def test_a_picture_that_is_stored_is_let_go_and_one_that_is_not_stays() -> None:
    one = pass_of(reading_of("8ABC123"))
    kept = one.scene
    one.is_sharper = True
    one.release_frame()
    assert one.scene is kept
    one.is_sharper = False
    one.release_frame()
    assert one.scene is NO_SCENE


def pass_after_join(
    earlier_sharpness: float, later_sharpness: float, *, is_read: bool, was_sharper: bool
) -> VehiclePass:
    earlier = pass_of(reading_of("8ABC123", sharpness=earlier_sharpness))
    later = pass_of(reading_of("8ABC123", 1000, sharpness=later_sharpness))
    earlier.decided, earlier.is_sharper = EarlierText("8ABC123", 0.8, 3), was_sharper
    if is_read:
        earlier.read = plate_read()
    later.join(earlier)
    assert (later.read, later.first) == (earlier.read, earlier.first)
    assert later.decided == EarlierText("8ABC123", 0.8, 3)
    assert later.track.reading_count == 2
    return later


@pytest.mark.parametrize("is_read", [True, False])
def test_a_pass_that_is_sharper_than_the_earlier_keeps_its_picture(*, is_read: bool) -> None:
    later = pass_after_join(90, 100, is_read=is_read, was_sharper=False)
    assert (later.sharpest.sharpness, later.shown.sharpness, later.is_sharper) == (100, 100, is_read)


@pytest.mark.parametrize(
    ("is_read", "was_sharper", "shown"), [(True, True, 100), (True, False, 90), (False, False, 100), (False, True, 100)]
)
def test_a_pass_that_is_less_sharp_takes_the_earlier_picture_where_it_is_still_held(
    *, is_read: bool, was_sharper: bool, shown: float
) -> None:
    later = pass_after_join(100, 90, is_read=is_read, was_sharper=was_sharper)
    assert (later.sharpest.sharpness, later.shown.sharpness, later.is_sharper) == (100, shown, was_sharper)
    assert pass_after_join(100, 100, is_read=True, was_sharper=True).is_sharper


@pytest.mark.parametrize(("text", "is_certain"), [("8ABC123", True), ("8AB", True), ("8", False)])
def test_a_vote_is_certain_only_of_a_text_that_can_be_a_plate(text: str, *, is_certain: bool) -> None:
    result: Vote = pass_of(reading_of(text, certainty=0.999)).vote()
    assert result.certain == is_certain


def test_what_was_counted_of_a_pass_is_counted_anew_once_there_is_more() -> None:
    one = pass_of(reading_of("8ABC123", certainty=0.9))
    first, likely = one.vote(), one.likelihood("8ABC123")
    assert one.vote() is first
    one.track.add(reading_of("8ABC123", 1, certainty=0.9))
    assert one.vote().confidence > first.confidence
    assert one.likelihood("8ABC123") > likely
    counted = one.vote()
    one.join(pass_of(reading_of("8ABC123", -5, certainty=0.9)))
    joined = one.vote()
    assert joined.confidence > counted.confidence
    one.second.opinion = Opinion("8ABC128", {"8ABC128": 1.0})
    assert one.vote().confidence < joined.confidence


def test_a_vehicle_seen_again_just_before_the_source_ends_is_one_read() -> None:
    """The second track has too few looks to decide before that."""
    rule, ids = DecisionRule(readings_max=3, age_ms_max=700, confidence_min=0.2, characters_min=3), itertools.count(1)
    passes = Passes(Origin("unit-1", "front", ()), rule, 1000, lambda _: None, lambda: f"read-{next(ids)}")
    looks = [reading_of("8ABC123", ms, certainty=0.9) for ms in (0.0, 100.0, 200.0)]
    looks.append(reading_of("8ABC123", 700.0, Box(900, 100, 1000, 150), 0.9))
    events = [
        event for look in looks for event in passes.step(frame_of([look], look.captured_at.ms_since(START)), [look])
    ]
    assert [event.stage for event in events] == [DECIDED]
    (closed,) = passes.close(START.shift(800))
    assert (closed.read.read_id, closed.read.vote_count) == (events[0].read.read_id, 4)
