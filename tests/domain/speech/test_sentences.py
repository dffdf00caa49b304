"""What is said of a hit: never more than is known, never a plate, and nothing that was not rendered."""

from dataclasses import replace
from itertools import product

import pytest

from alpr_edge.alerts.speech.clips import PHRASES_MAX
from alpr_edge.domain.alerting import (
    AlertPolicy,
    Level,
    ListAge,
    MatchContext,
    Sureness,
    alert_of,
    is_certain,
    sureness_of,
)
from alpr_edge.domain.diagnostics.unit_parts import UnitPart
from alpr_edge.domain.hits import Hit, MatchKind, Reason, StateMatch
from alpr_edge.domain.speech.sentences import (
    CAMERA_CHARACTERS_MAX,
    FAULTY_PARTS_MAX,
    WITHDRAWN_SENTENCE,
    Sentence,
    camera_phrases,
    fault_sentence,
    phrases_for,
    sentence_of,
)
from tests.app.pipeline.test_recorder import hit_of

CAMERAS = camera_phrases(["front", "rear"])
HIT = replace(hit_of("r1"), state_match=StateMatch.SAME)
LEVEL_WORDS = {"Urgent", "High", "Routine", "Notice"}


def words_said(hit: Hit, context: MatchContext, *, with_reason: bool = True) -> Sentence:
    return sentence_of(alert_of(hit, context), CAMERAS, with_reason=with_reason)


def test_a_sentence_says_how_grave_why_how_sure_and_which_camera() -> None:
    context = MatchContext(camera_id="front")
    assert words_said(HIT, context) == ("High", "Stolen vehicle", "Exact", "Front")
    similar = replace(HIT, kind=MatchKind.CONFUSABLE)
    assert words_said(similar, context) == ("Possible", "Stolen vehicle", "Similar plate", "Front")
    assert words_said(replace(similar, kind=MatchKind.PARTIAL), context)[2] == "Partial plate"
    assert words_said(HIT, replace(context, doubtful=True))[2] == "Unclear plate"
    assert words_said(replace(HIT, state_match=StateMatch.OTHER), context)[2] == "Other state"
    assert words_said(HIT, replace(context, age=ListAge.RED))[2] == "Old list"
    assert words_said(replace(HIT, state_match=StateMatch.UNKNOWN), context)[2] == "State unknown"


def test_the_reason_is_left_out_where_nobody_may_hear_it_and_a_camera_that_is_not_known() -> None:
    assert words_said(HIT, MatchContext(camera_id="rear"), with_reason=False) == ("High", "Exact", "Rear")
    assert words_said(HIT, MatchContext(camera_id="desk")) == ("High", "Stolen vehicle", "Exact")


def test_no_hit_that_is_not_certain_is_said_with_its_level() -> None:
    ages, kinds, states = list(ListAge), list(MatchKind), list(StateMatch)
    for kind, state, age, doubtful, level in product(kinds, states, ages, (False, True), Level):
        hit = replace(HIT, kind=kind, state_match=state)
        context = MatchContext(age, doubtful, AlertPolicy(level), "front")
        sentence = words_said(hit, context)
        assert (sentence[0] in LEVEL_WORDS) == is_certain(hit, context), (kind, state, age, doubtful)
        assert sentence[0] in LEVEL_WORDS or sentence[0] == "Possible"
        assert (sureness_of(hit, context) in {Sureness.CERTAIN, Sureness.STATE_UNKNOWN}) == is_certain(hit, context)


@pytest.mark.parametrize("reason", Reason)
def test_all_that_can_be_said_is_among_the_phrases_that_are_rendered(reason: Reason) -> None:
    phrases = set(phrases_for(["front", "rear"]))
    assert set(WITHDRAWN_SENTENCE) <= phrases
    entry = replace(HIT.entry, reason=reason, remarks="armed, 8ABC123", vehicle="8ABC123")
    for kind in MatchKind:
        sentence = words_said(replace(HIT, entry=entry, kind=kind), MatchContext(camera_id="rear"))
        assert len(sentence) == 4
        assert set(sentence) <= phrases


def test_a_stored_alert_says_nothing() -> None:
    alert = alert_of(HIT, MatchContext(camera_id="front"))
    assert sentence_of(replace(alert, detail=None), CAMERAS, with_reason=True) == ()


def test_a_camera_is_called_by_its_cleaned_name_or_by_its_number() -> None:
    ids = ["front", "REAR_left.2", "7", "high", "withdrawn", "a" * (CAMERA_CHARACTERS_MAX + 1), "cam1"]
    assert list(camera_phrases(ids).values()) == [
        "Front",
        "Rear left 2",
        "Camera 3",
        "Camera 4",
        "Camera 5",
        "Camera 6",
        "Cam 1",
    ]
    assert len(phrases_for(["front-1", "front_1"])) == len(phrases_for(["front"]))


def test_after_the_tone_of_faults_each_part_is_named_once_and_a_camera_by_its_name() -> None:
    assert fault_sentence([(UnitPart.CAMERAS, "front")], CAMERAS) == (CAMERAS["front"],)
    assert fault_sentence([(UnitPart.LISTS, "front")], CAMERAS) == ("Hot lists",), "a list of a camera's name"
    both = [(UnitPart.CAMERAS, "cameras"), (UnitPart.RECEIVER, "position"), (UnitPart.RECEIVER, "position")]
    assert fault_sentence(both, CAMERAS) == ("Cameras", "Receiver")
    assert len(fault_sentence([(part, "") for part in UnitPart], CAMERAS)) == FAULTY_PARTS_MAX
    assert fault_sentence([], CAMERAS) == ()
    phrases = phrases_for(list(CAMERAS))
    assert {phrase for part in UnitPart for phrase in fault_sentence([(part, "")], {})} <= set(phrases)
    assert len(phrases_for([f"camera-{letter}" for letter in "abcdef"])) <= PHRASES_MAX
