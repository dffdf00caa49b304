"""What health says of each fault to people in the car."""

import pytest

from alpr_edge.app.fault_advice import FAULT_ADVICE, WORDS_CHARACTERS_MAX, state_of, told_faults
from alpr_edge.app.unit_faults import FAULT_RULES, Fault, FaultKind
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.diagnostics.unit_parts import PartState


@pytest.mark.parametrize("kind", FaultKind)
def test_there_are_few_words_and_something_to_do_for_each(kind: FaultKind) -> None:
    advice = FAULT_ADVICE[kind]
    assert 0 < len(advice.words) <= WORDS_CHARACTERS_MAX
    assert advice.todo.endswith(".")
    assert "alpr-edge" not in advice.todo, "an officer has no command line"


@pytest.mark.parametrize("kind", FaultKind)
def test_what_horns_is_a_fault_and_what_leaves_the_ready_note_is_none(kind: FaultKind) -> None:
    rule = FAULT_RULES[kind]
    if rule.tone is Tone.TROUBLE:
        assert state_of(rule) is PartState.FAULT
    if rule.tone in {None, Tone.STALE} and rule.is_ready:
        assert state_of(rule) is PartState.ATTENTION


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (Fault(FaultKind.CAMERA, "camera front", "camera front: gone"), "camera front"),
        (Fault(FaultKind.NO_CAMERA, "cameras", "no camera gives pictures"), "cameras"),
        (Fault(FaultKind.LIST_RED, "doj", "list doj is red"), "list doj"),
        (Fault(FaultKind.LIST_UNUSABLE, "list doj", "list doj: damaged"), "list doj"),
        (Fault(FaultKind.NO_LIST, "no hotlist", "no hotlist: nothing can be matched"), "lists"),
        (Fault(FaultKind.RECEIVER, "position", "position: not there"), "receiver"),
    ],
)
def test_a_fault_is_told_with_the_name_of_its_part(fault: Fault, name: str) -> None:
    (told,) = told_faults([fault])
    assert (told["name"], told["text"], told["kind"]) == (name, fault.text, fault.kind.value)
