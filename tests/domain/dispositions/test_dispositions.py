"""Answers to a hit: what is accepted, which one counts, and what follows for its verification."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.dispositions.disposition import (
    ANSWERS,
    NUMBER_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    ConfirmationAnswer,
    Disposition,
    DispositionPart,
    DispositionText,
    InquiryAnswer,
    OutcomeAnswer,
    ReadAnswer,
    check_answer,
)
from alpr_edge.domain.dispositions.hit_state import HitState, HitVerification
from alpr_edge.domain.errors import DispositionError
from tests.store.records import instant

_IDS = itertools.count()
NOTHING = DispositionText()
INQUIRY, CONFIRMATION = DispositionPart.INQUIRY, DispositionPart.CONFIRMATION


def disposition(part: DispositionPart, answer: str, undoes: str = "") -> Disposition:
    number = next(_IDS)
    return Disposition(f"d-{number}", "hit-1", part, answer, NOTHING, undoes, "ana", "Ana Ruiz", "s", instant(number))


def undoing(other: Disposition) -> Disposition:
    return disposition(other.part, "", other.disposition_id)


@pytest.mark.parametrize("part", DispositionPart)
def test_each_part_has_answers_of_its_own(part: DispositionPart) -> None:
    whole = DispositionText("the terminal was down", "12", "Desk of Fresno PD")
    for answer in ANSWERS[part]:
        assert check_answer(part, answer, whole) == whole
    others = set().union(*ANSWERS.values()) - ANSWERS[part]
    for answer in (*others, "", "CORRECT"):
        with pytest.raises(DispositionError, match=f"^{part.value}: expected one of "):
            check_answer(part, answer, whole)


@pytest.mark.parametrize(
    ("part", "answer", "text", "says"),
    [
        (INQUIRY, InquiryAnswer.NOT_PRACTICABLE, NOTHING, "^not practicable: say why$"),
        (INQUIRY, InquiryAnswer.NOT_PRACTICABLE, DispositionText(reason="  "), "^not practicable: say why$"),
        (DispositionPart.OUTCOME, OutcomeAnswer.OTHER, NOTHING, "^other: say why$"),
        (CONFIRMATION, ConfirmationAnswer.CONFIRMED, DispositionText(number="1"), "^confirmed: say who"),
        (CONFIRMATION, ConfirmationAnswer.REFUSED, NOTHING, "^refused: say who"),
        (INQUIRY, InquiryAnswer.STILL_ON_FILE, DispositionText(reason="x" * (TEXT_CHARACTERS_MAX + 1)), "^reason: exp"),
        (INQUIRY, InquiryAnswer.STILL_ON_FILE, DispositionText(number="1" * (NUMBER_CHARACTERS_MAX + 1)), "^number: "),
        (INQUIRY, InquiryAnswer.STILL_ON_FILE, DispositionText(name="a\nb"), "^name: expected at most"),
        (INQUIRY, InquiryAnswer.STILL_ON_FILE, DispositionText(name="\u202eabc"), "^name: expected at most"),
    ],
)
def test_texts_that_are_missing_or_hostile_are_refused(
    part: DispositionPart, answer: str, text: DispositionText, says: str
) -> None:
    with pytest.raises(DispositionError, match=says):
        check_answer(part, answer, text)


def test_texts_may_have_their_full_length_and_lose_outer_blanks() -> None:
    text = DispositionText("r" * TEXT_CHARACTERS_MAX, "1" * NUMBER_CHARACTERS_MAX, "n" * TEXT_CHARACTERS_MAX)
    padded = DispositionText(f" {text.reason} ", f" {text.number}", f"{text.name} ")
    assert check_answer(INQUIRY, InquiryAnswer.STILL_ON_FILE, padded) == text
    assert check_answer(CONFIRMATION, ConfirmationAnswer.PENDING, NOTHING) == NOTHING


def test_nothing_is_known_of_a_new_hit() -> None:
    state = HitState.of([])
    assert (state.next_step, state.verification) == (DispositionPart.READ, HitVerification.NOT_CONFIRMED)
    assert not state.is_half_verified
    assert [state.newest(part) for part in DispositionPart] == [None] * 4


def test_a_later_answer_counts_and_undoing_it_brings_back_the_one_before() -> None:
    first, second = (disposition(DispositionPart.READ, it) for it in (ReadAnswer.CORRECT, ReadAnswer.MISREAD))
    assert HitState.of([first, second]).read == second
    assert HitState.of([first, second, undoing(second)]).read == first
    assert HitState.of([first, second, undoing(second), undoing(first)]).read is None
    assert HitState.of([first, undoing(first)]).next_step is DispositionPart.READ
    assert HitState.of([first]).newest(DispositionPart.READ) == first


@pytest.mark.parametrize(
    ("inquiry", "confirmation", "expected"),
    [
        (None, None, HitVerification.NOT_CONFIRMED),
        (None, ConfirmationAnswer.CONFIRMED, HitVerification.NOT_CONFIRMED),
        (None, ConfirmationAnswer.REFUSED, HitVerification.REFUSED),
        (InquiryAnswer.STILL_ON_FILE, None, HitVerification.ON_FILE),
        (InquiryAnswer.STILL_ON_FILE, ConfirmationAnswer.PENDING, HitVerification.ON_FILE),
        (InquiryAnswer.STILL_ON_FILE, ConfirmationAnswer.CONFIRMED, HitVerification.CONFIRMED),
        (InquiryAnswer.STILL_ON_FILE, ConfirmationAnswer.REFUSED, HitVerification.REFUSED),
        (InquiryAnswer.NOT_ON_FILE, ConfirmationAnswer.CONFIRMED, HitVerification.NOT_ON_FILE),
        (InquiryAnswer.NOT_PRACTICABLE, None, HitVerification.NOT_PRACTICABLE),
        (InquiryAnswer.NOT_PRACTICABLE, ConfirmationAnswer.CONFIRMED, HitVerification.NOT_PRACTICABLE),
    ],
)
def test_both_acts_make_a_hit_confirmed_and_no_other_way_does(
    inquiry: str | None, confirmation: str | None, expected: HitVerification
) -> None:
    answers = [(INQUIRY, inquiry), (CONFIRMATION, confirmation)]
    dispositions = [disposition(part, answer) for part, answer in answers if answer]
    dispositions.append(disposition(DispositionPart.READ, ReadAnswer.CORRECT))
    dispositions.append(disposition(DispositionPart.OUTCOME, OutcomeAnswer.ARREST))
    assert HitState.of(dispositions).verification is expected
    assert HitState.of(dispositions[::-1]).verification is expected


CORRECT = (DispositionPart.READ, ReadAnswer.CORRECT)
ON_FILE = (INQUIRY, InquiryAnswer.STILL_ON_FILE)
ARREST = (DispositionPart.OUTCOME, OutcomeAnswer.ARREST)


@pytest.mark.parametrize(
    ("answers", "step"),
    [
        ([CORRECT], INQUIRY),
        ([CORRECT, ARREST], INQUIRY),
        ([ON_FILE, (CONFIRMATION, ConfirmationAnswer.CONFIRMED), ARREST], DispositionPart.READ),
        ([CORRECT, ON_FILE], CONFIRMATION),
        ([CORRECT, ON_FILE, ARREST, (CONFIRMATION, ConfirmationAnswer.PENDING)], CONFIRMATION),
        ([CORRECT, ON_FILE, (CONFIRMATION, ConfirmationAnswer.CONFIRMED)], DispositionPart.OUTCOME),
        ([CORRECT, (INQUIRY, InquiryAnswer.NOT_ON_FILE)], DispositionPart.OUTCOME),
        ([CORRECT, (INQUIRY, InquiryAnswer.NOT_PRACTICABLE)], DispositionPart.OUTCOME),
        ([CORRECT, ON_FILE, (CONFIRMATION, ConfirmationAnswer.CONFIRMED), ARREST], None),
        ([CORRECT, ON_FILE, (CONFIRMATION, ConfirmationAnswer.REFUSED), ARREST], None),
        ([CORRECT, (INQUIRY, InquiryAnswer.NOT_PRACTICABLE), ARREST], None),
        *(([(DispositionPart.READ, answer)], None) for answer in ReadAnswer if answer is not ReadAnswer.CORRECT),
    ],
)
def test_a_hit_is_done_once_it_is_not_this_plate_or_is_verified_with_an_outcome(
    answers: list[tuple[DispositionPart, str]], step: DispositionPart | None
) -> None:
    state = HitState.of([disposition(part, answer) for part, answer in answers])
    assert (state.next_step, state.is_half_verified) == (step, step is not None)


@given(st.data())
def test_nothing_that_is_made_later_changes_another_part(data: st.DataObject) -> None:
    parts = st.sampled_from(DispositionPart)
    dispositions: list[Disposition] = []
    for _ in range(data.draw(st.integers(0, 8))):
        part = data.draw(parts)
        before = HitState.of(dispositions)
        answer = data.draw(st.sampled_from(sorted(ANSWERS[part])))
        held = before.newest(part)
        new = undoing(held) if held is not None and data.draw(st.booleans()) else disposition(part, answer)
        dispositions.append(new)
        after = HitState.of(dispositions)
        assert replace(after, **{part.value: None}) == replace(before, **{part.value: None})
        assert (after.newest(part) == new) == (not new.undoes)
