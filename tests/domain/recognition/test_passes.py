import itertools
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import pytest

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.plates import CERTAIN_MIN
from alpr_edge.domain.reads import EARLIER_TEXTS_MAX, EarlierText, ReadingPlace, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.passes import (
    REAPPEARANCE_GAPS,
    Origin,
    Passes,
)
from alpr_edge.domain.recognition.voting import CUT_CONFIDENCE_MAX, vote
from tests.domain.readings import AMENDED, CLOSED, DECIDED, START, frame_of, reading_of

RULE = DecisionRule(readings_max=5, age_ms_max=700, confidence_min=0.2, characters_min=3)


def passes_of(rule: DecisionRule = RULE, position: Position | None = None) -> Passes:
    numbers = itertools.count(1)
    origin = Origin("unit-1", "front", ("detector:default:0", "reader:default:0"))
    return Passes(origin, rule, 1000, lambda _: position, lambda: f"read-{next(numbers)}")


def play(passes: Passes, frames: Sequence[tuple[float, Sequence[Reading]]]) -> list[tuple[float, ReadUpdate]]:
    """Events with the time of the frame that brought them."""
    return [(at_ms, event) for at_ms, readings in frames for event in passes.step(frame_of(readings, at_ms), readings)]


def test_a_certain_vote_decides_at_once() -> None:
    events = play(passes_of(), [(0, [reading_of("8ABC123", certainty=0.999)])])
    assert [event.stage for _, event in events] == [DECIDED]


def test_readings_decide_when_certainty_does_not() -> None:
    frames = [(ms, [reading_of("8ABC123", ms, certainty=0.9)]) for ms in range(0, 600, 100)]
    events = play(passes_of(), frames)
    assert [(at_ms, event.stage) for at_ms, event in events] == [(400, DECIDED)]


def test_age_decides_when_readings_are_few() -> None:
    frames = [(ms, [reading_of("8ABC123", ms, certainty=0.9)]) for ms in (0, 400, 700)]
    events = play(passes_of(), frames)
    assert [(at_ms, event.stage) for at_ms, event in events] == [(700, DECIDED)]


def test_the_end_of_a_pass_decides_and_it_closes_once_its_vehicle_can_no_longer_come_back() -> None:
    passes, away_ms = passes_of(), REAPPEARANCE_GAPS * 1000.0
    look = reading_of("8ABC123", certainty=0.9)
    frames: list[tuple[float, Sequence[Reading]]] = [(0, [look]), (1001, []), (away_ms, []), (away_ms + 1, [])]
    events = play(passes, frames)
    assert [(at_ms, event.stage) for at_ms, event in events] == [(1001, DECIDED), (away_ms + 1, CLOSED)]
    assert passes.close(START.shift(away_ms + 2)) == []


def test_the_end_of_the_source_closes_every_pass() -> None:
    passes = passes_of()
    play(passes, [(0, [reading_of("8ABC123"), reading_of("5XYZ987", box=Box(600, 100, 700, 150))])])
    events = passes.close(START.shift(100))
    assert [event.stage for event in events] == [DECIDED] * 2 + [CLOSED] * 2
    assert {event.read.read_id for event in events[:2]} == {event.read.read_id for event in events[2:]}


def test_a_parked_car_is_one_read_however_long_it_stands() -> None:
    passes = passes_of()
    frames = [(ms * 1.0, [reading_of("8ABC123", ms)]) for ms in range(0, 60_000, 100)]
    events = [event for _, event in play(passes, frames)] + passes.close(START.shift(60_000))
    assert [event.stage for event in events] == [DECIDED, AMENDED, CLOSED]
    assert events[0].read.read_id == events[1].read.read_id == events[2].read.read_id
    assert events[2].read.vote_count == 600
    assert events[2].read.last_frame == 599


def test_a_changed_text_amends_the_read_which_keeps_its_id_and_the_text_before() -> None:
    passes = passes_of()
    frames = [
        (ms * 1.0, [reading_of("8ABC123" if ms == 0 else "3ABC123", ms, certainty=0.999)]) for ms in range(0, 900, 100)
    ]
    events = [event for _, event in play(passes, frames)] + passes.close(START.shift(900))
    assert [event.stage for event in events] == [DECIDED, AMENDED, CLOSED]
    assert [event.read.plate for event in events] == ["8ABC123", "3ABC123", "3ABC123"]
    assert {event.read.read_id for event in events} == {"read-1"}
    assert {event.read.supersedes for event in events} == {None}
    before = EarlierText("8ABC123", events[0].read.confidence, 0)
    assert [event.read.earlier_texts for event in events] == [(), (before,), (before,)]


def test_a_certain_read_in_view_keeps_its_text_against_one_that_is_not_certain() -> None:
    """Sharp looks decide it, and blurred ones of a car that drives away read another text."""
    sharp = [(ms * 1.0, [reading_of("7ABC123", ms, certainty=0.999)]) for ms in (0, 100)]
    blurred = [(ms * 1.0, [reading_of("7A8C123", ms, certainty=0.6)]) for ms in range(200, 3000, 100)]
    events = play(passes_of(), [*sharp, *blurred])
    assert vote([reading for _, readings in (*sharp, *blurred) for reading in readings]).plate == "7A8C123"
    assert [(event.stage, event.read.plate) for _, event in events] == [(DECIDED, "7ABC123")]


def test_a_plate_that_drives_into_view_is_read_once_it_is_whole() -> None:
    """Its part is no certain text, however clear it is, and does not make another plate of it."""
    parts = [
        (ms * 1.0, [replace(reading_of(text, ms, certainty=0.999), is_cut=True)])
        for ms, text in ((0, "23"), (100, "C123"), (200, "BC123"))
    ]
    passes = passes_of()
    events = [event for _, event in play(passes, [*parts, (300, [reading_of("8ABC123", 300, certainty=0.999)])])]
    events += passes.close(START.shift(400))
    assert [(event.stage, event.read.plate) for event in events] == [(DECIDED, "8ABC123"), (CLOSED, "8ABC123")]
    assert events[0].read.confidence >= CERTAIN_MIN
    passes = passes_of()
    assert play(passes, [parts[-1]]) == []
    part, _ = passes.close(START.shift(300))
    assert (part.read.plate, part.read.confidence) == ("BC123", CUT_CONFIDENCE_MAX)
    assert CUT_CONFIDENCE_MAX < CERTAIN_MIN


def test_a_plate_that_the_reader_cannot_settle_is_one_read_with_few_earlier_texts() -> None:
    passes = passes_of(DecisionRule(1, 700, 0.0, 3))
    texts = itertools.chain.from_iterable([text] * 4 for text in itertools.cycle(["8ABC123", "3ABC123"]))
    frames = [(i * 100.0, [reading_of(text, i * 100, certainty=0.999)]) for i, text in enumerate(islice(texts, 900))]
    events = [event for _, event in play(passes, frames)] + passes.close(START.shift(90_000))
    assert {event.read.read_id for event in events} == {"read-1"}
    assert len(events) <= EARLIER_TEXTS_MAX + 4
    assert len(events[-1].read.earlier_texts) <= EARLIER_TEXTS_MAX


@pytest.mark.parametrize("text", ["", "1"])
def test_what_is_no_plate_becomes_no_read_whatever_the_settings(text: str) -> None:
    passes = passes_of(DecisionRule(1, 1, 0.0, 0))
    frames = [(ms, [reading_of(text, ms, certainty=0.999)]) for ms in (0.0, 100.0)]
    assert play(passes, frames) == []
    assert passes.close(START.shift(200)) == []


@pytest.mark.parametrize(("text", "certainty"), [("8A", 0.95), ("8ABC123", 0.3)])
def test_too_little_is_no_read(text: str, certainty: float) -> None:
    passes = passes_of()
    play(passes, [(0, [reading_of(text, certainty=certainty)])])
    assert passes.close(START.shift(10)) == []


def test_the_sharpest_look_is_the_evidence_and_dates_the_position() -> None:
    instants: list[Instant] = []

    def locate(at: Instant) -> Position:
        instants.append(at)
        return Position(37.6, -121.0, 10, 0.9, "log:test")

    passes = Passes(Origin("u", "front", ()), RULE, 1000, locate, lambda: "r")
    looks = [(0, 50.0), (100, 400.0), (200, 80.0)]
    boxes = {ms: Box(100 + ms, 100, 180 + ms, 140) for ms, _ in looks}
    play(passes, [(ms, [reading_of("8ABC123", ms, boxes[ms], sharpness=sharp)]) for ms, sharp in looks])
    decision, closed = passes.close(START.shift(300))
    assert decision.stage is DECIDED
    assert instants[0] == START.shift(100)
    assert decision.read.box == boxes[100]
    assert decision.evidence is not None
    assert decision.evidence.crop.shape == (52, 104, 3)
    assert closed.stage is CLOSED
    assert closed.evidence is None


def test_a_closed_read_has_the_last_values_of_its_pass() -> None:
    def locate(at: Instant) -> Position:
        return Position(37.6 + at.ms_since(START), -121.0, 10, 0.9, "log:test")

    passes = Passes(Origin("unit-1", "front", ()), RULE, 1000, locate, lambda: "read-1")
    boxes = {ms: Box(100 + ms, 100, 200 + ms, 150) for ms in (0, 100, 200)}
    sharpness = {0: 50.0, 100: 400.0, 200: 80.0}
    looks = [reading_of("8ABC123", ms, boxes[ms], 0.999, sharpness[ms]) for ms in boxes]
    ((_, decision),) = play(passes, [(ms, [look]) for ms, look in zip(boxes, looks, strict=True)])
    (closed,) = passes.close(START.shift(300))
    read, whole = closed.read, vote(looks)
    assert (decision.read.read_id, decision.read.unit_id) == (read.read_id, read.unit_id) == ("read-1", "unit-1")
    assert (read.confidence, read.alternatives, read.slot_votes) == (
        whole.confidence,
        whole.alternatives,
        whole.slot_votes,
    )
    assert read.confidence > decision.read.confidence
    assert (read.vote_count, read.last_frame, read.last_seen) == (3, 2, START.shift(200))
    assert (read.box, read.position) == (boxes[100], locate(START.shift(100)))
    assert (read.first_seen, read.first_frame) == (START, 0)
    assert closed.stage is CLOSED
    assert closed.looks == tuple(ReadingPlace(number, box) for number, box in enumerate(boxes.values()))


def test_a_place_that_is_known_at_the_decision_alone_is_kept() -> None:
    positions = [Position(37.6, -121.0, 10, 0.9, "log:test")]
    passes = Passes(Origin("u", "front", ()), RULE, 1000, lambda _: positions.pop() if positions else None, lambda: "r")
    ((_, decision),) = play(passes, [(0, [reading_of("8ABC123", certainty=0.999)])])
    (closed,) = passes.close(START.shift(100))
    assert closed.read.position is decision.read.position is not None


def test_a_sharper_look_after_the_decision_amends_it() -> None:
    passes = passes_of()
    play(passes, [(ms, [reading_of("8ABC123", ms, certainty=0.999, sharpness=50 + ms)]) for ms in (0, 100)])
    (closed,) = passes.close(START.shift(200))
    assert closed.stage is CLOSED
    assert closed.evidence is not None


def events_of(frames: Sequence[tuple[float, Sequence[Reading]]]) -> list[ReadUpdate]:
    """All events of a source that ends a moment after its last frame."""
    passes = passes_of()
    return [event for _, event in play(passes, frames)] + passes.close(START.shift(frames[-1][0] + 10))


AWAY = Box(900, 500, 1000, 550)
"""Out of reach of a track at the usual place."""


def seen_again(
    first: str, again: str, at_ms: float, certainty: float = 0.999, again_certainty: float = 0.999
) -> list[ReadUpdate]:
    """Looks at one text, and at another at another place and time."""
    looks = [
        *[reading_of(first, ms, certainty=certainty) for ms in (0.0, 100.0)],
        *[reading_of(again, at_ms + ms, AWAY, again_certainty, 400) for ms in (0.0, 100.0)],
    ]
    return events_of([(look.captured_at.ms_since(START), [look]) for look in looks])


@pytest.mark.parametrize("away_ms", [200.0, 900.0, 1500.0, REAPPEARANCE_GAPS * 1000.0])
def test_a_vehicle_seen_again_with_the_same_text_is_one_read(away_ms: float) -> None:
    first, last = seen_again("8ABC123", "8ABC123", 100 + away_ms)
    assert first.stage is DECIDED
    assert last.stage is CLOSED
    assert last.read.read_id == first.read.read_id
    assert (last.read.vote_count, last.read.first_seen, last.read.box) == (4, START, AWAY)
    assert last.evidence is not None
    assert len(last.looks) == 4


def test_a_vehicle_seen_again_later_is_another_read() -> None:
    events = seen_again("8ABC123", "8ABC123", 101 + REAPPEARANCE_GAPS * 1000.0)
    assert [event.stage for event in events] == [DECIDED, CLOSED] * 2


@pytest.mark.parametrize(
    ("first", "again", "certainty", "again_certainty", "plates"),
    [
        ("8ABC123", "8ABC12", 0.999, 0.95, ["8ABC123"]),
        ("8ABC12", "8ABC123", 0.95, 0.999, ["8ABC12"]),
        ("8ABC123", "8ABC124", 0.999, 0.72, ["8ABC123"]),
        ("8ABC123", "8ABC124", 0.999, 0.87, ["8ABC123"]),
        ("8ABC123", "8ABC124", 0.999, 0.97, ["8ABC123", "8ABC124"]),
        ("8ABC123", "8ABC12", 0.999, 0.999, ["8ABC123", "8ABC12"]),
        ("8IBC123", "8BC123", 0.999, 0.999, ["8IBC123"]),
        ("8ABC123", "8ABC154", 0.999, 0.87, ["8ABC123", "8ABC154"]),
        ("8AB3", "8AB4", 0.999, 0.87, ["8AB3", "8AB4"]),
    ],
    ids=[
        "part",
        "part first",
        "one character",
        "one, likely",
        "one, clearly",
        "both certain",
        "only an I",
        "two characters",
        "short",
    ],
)
def test_a_misreading_seconds_later_is_the_same_vehicle(
    first: str, again: str, certainty: float, again_certainty: float, plates: list[str]
) -> None:
    events = seen_again(first, again, 2000, certainty, again_certainty)
    assert [event.read.plate for event in events if event.stage is DECIDED] == plates


def test_a_read_of_a_part_has_the_whole_text_once_that_is_seen() -> None:
    first, amended, last = seen_again("8ABC12", "8ABC123", 2000, 0.95, 0.999)
    assert (amended.stage, amended.read.plate, amended.read.read_id) == (AMENDED, "8ABC123", first.read.read_id)
    assert (last.read.plate, last.read.vote_count) == ("8ABC123", 4)
    assert [one.plate for one in last.read.earlier_texts] == ["8ABC12"]


@pytest.mark.parametrize("again_certainty", [0.995, 0.999])
def test_a_certain_read_is_amended_once_the_joint_vote_of_its_vehicle_is_certain(again_certainty: float) -> None:
    """The first look at the fuller text is certain by itself, and not with those at the text without its I."""
    first, amended, _ = seen_again("8BC123", "8IBC123", 2000, 0.999, again_certainty)
    assert (first.read.plate, amended.read.plate) == ("8BC123", "8IBC123")
    assert first.read.certain
    assert amended.read.certain


@pytest.mark.parametrize(("at_ms", "plates"), [(2_000.0, ["8ABC123"]), (18_000.0, ["8ABC123", "8ABC1"])])
def test_the_longer_a_vehicle_is_away_the_likelier_a_misreading_of_it_is_another(
    at_ms: float, plates: list[str]
) -> None:
    events = seen_again("8ABC123", "8ABC1", at_ms, 0.999, 0.8)
    assert [event.read.plate for event in events if event.stage is DECIDED] == plates
    assert len({event.read.read_id for event in events}) == len(plates)


@pytest.mark.parametrize(
    ("text", "certainty", "scores", "reads"),
    [
        ("BUSINESS", 0.999, (0.5, 0.54), 0),
        ("BUSINESS", 0.999, (0.4, 0.55), 1),
        ("2026101", 0.999, (0.5, 0.54), 0),
        ("OBAMAI1", 0.999, (0.5, 0.54), 0),
        ("8ABC123", 0.999, (0.5, 0.54), 1),
        ("8ABC123", 0.9, (0.5, 0.54), 0),
    ],
    ids=["word", "word, but seen clearly", "number", "neither", "serial", "serial in doubt"],
)
def test_where_the_detector_is_never_sure_only_a_clear_serial_is_a_read(
    text: str, certainty: float, scores: tuple[float, float], reads: int
) -> None:
    passes = passes_of(replace(RULE, detection_best_min=0.55))
    looks = [
        replace(reading_of(text, ms, certainty=certainty), detection_confidence=score)
        for ms, score in zip((0.0, 100.0), scores, strict=True)
    ]
    events = [event for _, event in play(passes, [(look.captured_at.ms_since(START), [look]) for look in looks])]
    events += passes.close(START.shift(200))
    assert sum(event.stage is DECIDED for event in events) == reads


@pytest.mark.parametrize(
    ("text", "certainty", "reads"),
    [("FLEXFUEL", 0.9, 0), ("OI1FUEL", 0.9, 0), ("FLEXFUEL", 0.999, 1), ("FLE5FUEL", 0.9, 1)],
    ids=["word in doubt", "what may be letters counts as such", "clear word", "a digit in it"],
)
def test_a_text_without_a_clear_digit_is_a_read_only_where_it_is_clear(text: str, certainty: float, reads: int) -> None:
    look = reading_of(text, certainty=certainty)
    assert 0.2 < vote([look]).confidence < 0.6 or certainty > 0.99
    passes = passes_of()
    events = [event for _, event in play(passes, [(0.0, [look])])]
    events += passes.close(START.shift(200))
    assert sum(event.stage is DECIDED for event in events) == reads


def test_two_vehicles_in_view_at_once_stay_two_reads_whatever_their_texts() -> None:
    frames = [
        (ms, [reading_of("8ABC123", ms, certainty=0.999), reading_of("8ABC12", ms, AWAY, 0.95)])
        for ms in (0.0, 100.0, 800.0)
    ]
    decisions = [event for event in events_of(frames) if event.stage is DECIDED]
    assert sorted(event.read.plate for event in decisions) == ["8ABC12", "8ABC123"]


def test_looks_that_are_not_accepted_decide_nothing_and_keep_a_pass_going() -> None:
    looks = [reading_of("8ABC123", ms, certainty=0.999) for ms in range(0, 30_000, 800)]
    assert events_of([(look.captured_at.ms_since(START), [replace(look, is_accepted=False)]) for look in looks]) == []
    doubtful = [replace(look, is_accepted=look in (looks[0], looks[-1])) for look in looks]
    decision, closed = events_of([(look.captured_at.ms_since(START), [look]) for look in doubtful])
    assert decision.stage is DECIDED
    assert closed.stage is CLOSED
    assert (closed.read.vote_count, closed.read.last_seen) == (2, looks[-1].captured_at)


def test_a_vehicle_that_takes_the_place_of_another_is_a_read_of_its_own() -> None:
    texts = ["8ABC123"] * 4 + ["5XYZ987"] * 4
    frames = [(ms * 100.0, [reading_of(text, ms * 100, certainty=0.99)]) for ms, text in enumerate(texts)]
    closed = [event for event in events_of(frames) if event.stage is CLOSED]
    assert [(event.read.plate, event.read.vote_count) for event in closed] == [("8ABC123", 4), ("5XYZ987", 4)]


def test_a_read_amended_by_a_later_look_shows_that_look() -> None:
    looks = [
        *[reading_of("8ABC12", ms, certainty=0.95, sharpness=400) for ms in (0.0, 100.0)],
        *[reading_of("8ABC123", ms, AWAY, 0.999, 100) for ms in (2000.0, 2100.0)],
    ]
    first, amended, last = events_of([(look.captured_at.ms_since(START), [look]) for look in looks])
    assert first.read.box == looks[0].box
    assert amended.stage is AMENDED
    assert amended.read.box == last.read.box == AWAY
    assert amended.evidence is not None
    assert amended.evidence.scene.shape == (720, 1280, 3)


def test_a_vehicle_that_comes_back_less_sharp_keeps_its_picture() -> None:
    looks = [
        *[reading_of("8ABC123", ms, certainty=0.999, sharpness=400) for ms in (0.0, 100.0)],
        reading_of("8ABC123", 2000, AWAY, 0.999, 100),
    ]
    first, last = events_of([(look.captured_at.ms_since(START), [look]) for look in looks])
    assert last.stage is CLOSED
    assert last.evidence is None
    assert first.read.box == last.read.box == looks[0].box
