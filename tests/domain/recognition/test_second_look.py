import itertools
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.domain.recognition.passes import Origin, Passes, PassParts
from alpr_edge.domain.recognition.second_opinions import Answer, SecondOpinion
from alpr_edge.domain.recognition.voting import Opinion, vote
from tests.domain.readings import CLOSED, DECIDED, START, frame_of, reading_of

WAIT_MS = 200.0


class WatchedAnswer(Answer):
    """An answer that notes for how long it is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_ms: list[float] = []

    def result(self, timeout: float | None = None) -> Opinion | None:
        assert timeout is not None
        self.waited_ms.append(timeout * 1000)
        return super().result(timeout)


@dataclass
class Slow:
    """A second reader that answers when a test says so."""

    model_id: str = "second-reader:slow:0"
    busy: bool = False
    answer: WatchedAnswer = field(default_factory=WatchedAnswer)
    questions: list[tuple[str, ...]] = field(default_factory=list)

    def ask(self, crop: Pixels, texts: tuple[str, ...]) -> Answer | None:
        assert crop.shape == (50, 100, 3)
        self.questions.append(texts)
        return None if self.busy else self.answer


def play(second: Slow, times_ms: list[float], certainty: float = 0.95, answer_at_ms: float = 1e9) -> list[ReadUpdate]:
    """Looks at 8ABC123 at those times, then the end; the second reader answers 3ABC123 at ``answer_at_ms``."""
    rule = DecisionRule(readings_max=1, age_ms_max=700, confidence_min=0.1, characters_min=3)
    parts = PassParts(partial(SecondOpinion, second, WAIT_MS))
    passes = Passes(Origin("u", "front", ("first",)), rule, 1000, lambda _: None, lambda: "r", parts)
    events: list[ReadUpdate] = []
    for ms in times_ms:
        if ms >= answer_at_ms and not second.answer.done():
            second.answer.set_result(Opinion("3ABC123", {"3ABC123": 0.9}))
        readings = [reading_of("8ABC123", ms, certainty=certainty)]
        events += passes.step(frame_of(readings, ms), readings)
    return events + passes.close(START.shift(times_ms[-1] + 10))


def decisions(events: list[ReadUpdate]) -> list[ReadUpdate]:
    return [event for event in events if event.stage is DECIDED]


def test_a_certain_read_asks_nobody() -> None:
    second = Slow()
    (event,) = decisions(play(second, [0], certainty=0.999))
    assert not second.questions
    assert event.read.model_ids == ("first",)


def test_an_uncertain_read_waits_for_the_answer_and_says_who_gave_it() -> None:
    second = Slow()
    (event,) = decisions(play(second, [0, 60, 120, 180], certainty=0.9, answer_at_ms=120))
    assert len(second.questions) == 1
    assert second.questions[0][0] == "8ABC123"
    assert event.at == START.shift(120)
    assert event.read.model_ids == ("first", second.model_id)


def test_it_waits_no_longer_than_the_limit() -> None:
    second = Slow()
    (event,) = decisions(play(second, [0, 100, 199, 200, 300], certainty=0.9))
    assert event.at == START.shift(200)
    assert event.read.model_ids == ("first",)
    assert second.answer.waited_ms == [0.0]


def test_a_busy_second_reader_is_not_waited_for() -> None:
    second = Slow(busy=True)
    (event,) = decisions(play(second, [0, 100], certainty=0.9))
    assert event.at == START
    assert len(second.questions) == 1


def test_at_the_end_of_the_source_it_waits_here_and_not_longer() -> None:
    second = Slow()
    events = play(second, [0], certainty=0.9)
    assert second.answer.waited_ms == [WAIT_MS]
    assert [event.stage for event in events] == [DECIDED, CLOSED]


def test_each_pass_has_an_opinion_of_its_own() -> None:
    second, opinion = Slow(), Opinion("3ABC123", {"3ABC123": 0.9})
    second.answer.set_result(opinion)
    parts = PassParts(partial(SecondOpinion, second, WAIT_MS))
    one, other = parts.second(), parts.second()
    crop = np.zeros((50, 100, 3), np.uint8)
    assert not one.must_wait(vote([reading_of("8ABC123", certainty=0.9)]), crop, START, last=False)
    assert (one.opinion, one.model_ids) == (opinion, (second.model_id,))
    assert (other.opinion, other.model_ids) == (None, ())


def test_a_second_reader_that_failed_leaves_the_first_readers_result() -> None:
    second = Slow()
    second.answer.set_result(None)
    (event,) = decisions(play(second, [0], certainty=0.9))
    assert (event.at, event.read.plate, event.read.model_ids) == (START, "8ABC123", ("first",))


def test_a_vehicle_that_has_passed_waits_for_the_answer_without_holding_the_frames() -> None:
    second = Slow()
    rule = DecisionRule(readings_max=9, age_ms_max=5000, confidence_min=0.1, characters_min=3)
    parts = PassParts(partial(SecondOpinion, second, WAIT_MS))
    passes = Passes(Origin("u", "front", ()), rule, 1000, lambda _: None, lambda: "r", parts)
    readings = [reading_of("8ABC123", 0, certainty=0.9)]
    assert passes.step(frame_of(readings, 0), readings) == []
    assert passes.step(frame_of([], 1100), []) == []
    assert len(second.questions) == 1
    events = passes.step(frame_of([], 1301), [])
    assert [event.stage for event in events] == [DECIDED]
    assert [event.stage for event in passes.close(START.shift(1400))] == [CLOSED]


def test_a_vehicle_that_comes_back_while_its_pass_waits_for_the_answer_is_one_read() -> None:
    second, ids = Slow(), itertools.count(1)
    rule = DecisionRule(readings_max=9, age_ms_max=5000, confidence_min=0.1, characters_min=3)
    parts = PassParts(partial(SecondOpinion, second, WAIT_MS))
    passes = Passes(Origin("u", "front", ()), rule, 1000, lambda _: None, lambda: f"r-{next(ids)}", parts)
    readings = [reading_of("8ABC123", 0, certainty=0.9)]
    events = passes.step(frame_of(readings, 0), readings) + passes.step(frame_of([], 1100), [])
    assert second.questions, "it waits"
    again = [reading_of("8ABC123", 1150, Box(900, 100, 1000, 150), certainty=0.999)]
    events += passes.step(frame_of(again, 1150), again)
    events += passes.step(frame_of([], 1301), []) + passes.close(START.shift(1400))
    assert [event.stage for event in events] == [DECIDED, CLOSED]
    assert events[1].read.vote_count == 2


@given(st.floats(0, 1), st.floats(0, 1))
def test_an_opinion_keeps_confidences_probabilities_in_order(own: float, other: float) -> None:
    opinion = Opinion("3ABC123", {"8ABC123": own, "3ABC123": other})
    result = vote([reading_of("8ABC123", certainty=0.8), reading_of("3ABC123", certainty=0.7)], opinion=opinion)
    shares = [result.confidence, *(one.confidence for one in result.alternatives)]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1 + 1e-6


@pytest.mark.parametrize(("text", "plate"), [("8ABC123", "8ABC123"), ("BABC123", "BABC123")])
def test_what_the_second_reader_sees_decides_between_two_that_are_alike(text: str, plate: str) -> None:
    doubtful = [reading_of("8ABC123", certainty=0.93), reading_of("BABC123", certainty=0.93)]
    assert vote(doubtful, opinion=Opinion(text, {text: 0.8})).plate == plate


def test_a_second_reader_that_sees_nothing_changes_no_text() -> None:
    looks = [reading_of("8ABC123", certainty=0.9)]
    result, plain = vote(looks, opinion=Opinion("", {})), vote(looks)
    assert result.plate == plain.plate
    assert result.confidence == pytest.approx(plain.confidence)


def test_a_second_reader_alone_does_not_overrule_a_clear_look() -> None:
    looks = [reading_of("8ABC123", certainty=0.98)]
    result = vote(looks, opinion=Opinion("1AM", {"1AM": 0.9}))
    assert result.plate == "8ABC123"


def test_an_opinion_weighs_as_the_root_of_its_likelihood_and_never_nothing() -> None:
    opinion = Opinion("8ABC123", {"8ABC123": 0.24})
    assert [opinion.of("8ABC123"), opinion.of("3ABC123")] == pytest.approx([0.5, 0.1])
