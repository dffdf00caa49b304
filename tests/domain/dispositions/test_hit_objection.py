"""Objections to a hit, and what pages say of them."""

import itertools

import pytest

from alpr_edge.domain.dispositions.disposition import ConfirmationAnswer, DispositionPart, InquiryAnswer, ReadAnswer
from alpr_edge.domain.dispositions.hit_objection import HitObjection, hit_objection, objection_words
from alpr_edge.domain.dispositions.hit_state import HitState
from tests.domain.dispositions.test_dispositions import CONFIRMATION, INQUIRY, disposition

CONFIRMED = (
    disposition(INQUIRY, InquiryAnswer.STILL_ON_FILE),
    disposition(CONFIRMATION, ConfirmationAnswer.CONFIRMED),
)
DENIALS = (ReadAnswer.MISREAD, ReadAnswer.WRONG_STATE, ReadAnswer.NOT_THIS_VEHICLE)


def state_of(answer: ReadAnswer | None, *, is_confirmed: bool = True) -> HitState:
    said = CONFIRMED if is_confirmed else CONFIRMED[:1]
    return HitState.of([*said, *([disposition(DispositionPart.READ, answer)] if answer else [])])


@pytest.mark.parametrize("answer", DENIALS)
def test_what_an_officer_says_of_the_vehicle_comes_first(answer: ReadAnswer) -> None:
    for is_withdrawn, is_corrected in itertools.product((False, True), repeat=2):
        for is_in_doubt in (False, True):
            about = {"is_withdrawn": is_withdrawn, "is_corrected": is_corrected, "is_in_doubt": is_in_doubt}
            for is_confirmed in (False, True):
                assert hit_objection(state_of(answer, is_confirmed=is_confirmed), **about) == HitObjection(answer.value)


@pytest.mark.parametrize("answer", [None, ReadAnswer.CORRECT, ReadAnswer.DISMISSED])
@pytest.mark.parametrize(
    ("is_withdrawn", "is_corrected", "expected"),
    [
        (True, False, HitObjection.WITHDRAWN),
        (False, True, HitObjection.CORRECTED),
        (True, True, HitObjection.WITHDRAWN),
    ],
)
def test_else_it_is_the_alert_or_the_read_that_was_taken_back(
    answer: ReadAnswer | None, is_withdrawn: bool, is_corrected: bool, expected: HitObjection | None
) -> None:
    for is_in_doubt in (False, True):
        about = {"is_withdrawn": is_withdrawn, "is_corrected": is_corrected, "is_in_doubt": is_in_doubt}
        assert hit_objection(state_of(answer), **about) is expected


@pytest.mark.parametrize(
    ("answer", "is_in_doubt", "expected"),
    [
        (None, False, None),
        (None, True, HitObjection.NOT_COMPARED),
        (ReadAnswer.CORRECT, False, None),
        (ReadAnswer.CORRECT, True, None),
        (ReadAnswer.DISMISSED, False, HitObjection.DISMISSED),
        (ReadAnswer.DISMISSED, True, HitObjection.DISMISSED),
    ],
)
def test_what_is_in_doubt_needs_somebody_who_says_that_the_plate_is_read_right(
    answer: ReadAnswer | None, is_in_doubt: bool, expected: HitObjection | None
) -> None:
    """Green v. San Francisco: the record was confirmed, and nobody had compared the plate with it."""
    state = state_of(answer)
    assert hit_objection(state, is_withdrawn=False, is_corrected=False, is_in_doubt=is_in_doubt) is expected


@pytest.mark.parametrize("objection", HitObjection)
def test_the_banner_says_that_the_record_alone_is_confirmed_where_it_is(objection: HitObjection) -> None:
    confirmed = objection_words(objection, state_of(None))
    assert "record alone is confirmed" in confirmed.lower()
    if objection is not HitObjection.NOT_COMPARED:
        words = objection_words(objection, state_of(None, is_confirmed=False))
        assert f"{words} - the record alone is confirmed" == confirmed
        assert "VERIFY" not in words


def test_a_hit_in_doubt_asks_to_compare_it_only_once_its_record_is_confirmed() -> None:
    state = state_of(None, is_confirmed=False)
    assert hit_objection(state, is_withdrawn=False, is_corrected=False, is_in_doubt=True) is None
