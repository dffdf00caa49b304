import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alpr_edge.domain.patterns import (
    LITERALS_MIN,
    PatternSet,
    canonical_partial,
    is_partial,
    names_plate,
    partial_fault,
    tells_plate,
    without_plates,
)
from alpr_edge.domain.plates import PLATE_LENGTH_MAX, canonical

ALPHABET = "01ABO"
TEXTS = st.text(ALPHABET + "-é ", max_size=12)
PARTIALS = st.text(ALPHABET + "?*", max_size=12).map(canonical_partial).filter(lambda text: not partial_fault(text))
PLATES = st.text("01AB", max_size=PLATE_LENGTH_MAX)


def expression(pattern: str) -> re.Pattern[str]:
    """The regular expression that says what a partial means."""
    return re.compile("".join({"?": ".", "*": ".*"}.get(token, token) for token in pattern))


@given(st.lists(PARTIALS, max_size=30), PLATES)
@example(["*AB*", "A*B", "AB?*", "AB", "?AB"], "AB")
@example(["A*A*A", "AA*", "*AA"], "AAA")
@example(["A*A*B"], "A0A1B")
def test_a_partial_matches_exactly_what_a_regular_expression_says(patterns: list[str], plate: str) -> None:
    expected_patterns = [pattern for pattern in patterns if expression(pattern).fullmatch(plate)]
    assert PatternSet(patterns).matches(plate) == expected_patterns


@given(st.text(ALPHABET + "?*-é ", max_size=20), PLATES)
def test_its_canonical_form_means_the_same_and_is_idempotent(text: str, plate: str) -> None:
    pattern = canonical_partial(text)
    assert canonical_partial(pattern) == pattern
    as_written = "".join(c if c in "?*" else canonical(c) for c in text)
    assert bool(expression(pattern).fullmatch(plate)) == bool(expression(as_written).fullmatch(plate))


@given(TEXTS)
def test_text_without_wildcards_is_canonical_text(text: str) -> None:
    assert canonical_partial(text) == canonical(text)
    assert not is_partial(canonical_partial(text))


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("?A*", "known characters"),
        ("***", "known characters"),
        ("", "known characters"),
        ("A" * PLATE_LENGTH_MAX + "?", "longer"),
        ("A" * LITERALS_MIN + "*", ""),
        ("*A?B*" + "C" * 7, ""),
    ],
)
def test_partials_that_say_too_little_or_too_much_are_faults(pattern: str, fault: str) -> None:
    assert fault in partial_fault(pattern)
    assert bool(partial_fault(pattern)) == bool(fault)


@pytest.mark.parametrize("pattern", ["O1*", "ab?", "A", "A**B", "A-B?", "A*?B"])
def test_a_set_refuses_what_is_not_canonical_or_too_little(pattern: str) -> None:
    with pytest.raises(ValueError, match="canonical"):
        PatternSet([pattern])


def test_text_outside_the_alphabet_meets_nothing() -> None:
    assert PatternSet(["AB*", "?AB"]).matches("ABé") == []
    assert PatternSet([]).matches("AB") == []


@pytest.mark.parametrize(
    ("text", "plates", "left"),
    [
        ("7abc-123 is his wife's", ["7ABC123"], "[plate] is his wife's"),
        ("7 ABC\n123, and XO7ABC123s", ["7ABC123"], "[plate], and XO[plate]s"),
        ("H0NDA1 or hOnda1", ["H0NDA1"], "[plate] or [plate]"),
        ("about the ab car, A-B", ["AB"], "about the [plate] car, [plate]"),
        ("all of 7AB*", ["7AB*"], "all of [plate]*"),
        ("of 8XYZ999", ["7ABC123", "8XYZ999", ""], "of [plate]"),
        ("ABC1234 alone", ["ABC12", "ABC1234"], "[plate] alone"),
        ("case 26-001234, by letter", ["7ABC123", "*", "?"], "case 26-001234, by letter"),
    ],
)
def test_a_text_goes_without_the_plates_that_it_mentions(text: str, plates: list[str], left: str) -> None:
    assert without_plates(text, plates) == left
    assert tells_plate(text, plates) == (text != left)


@pytest.mark.review2(16)
@pytest.mark.parametrize(
    "text",
    [
        *("7ABC123 was seen", "the car 7abc123.", "7ABC 123", "7 ABC 123", "7abc-123 (stolen)", "7-ABC-123", "8X12345"),
        *("12345A1", "ABC1234", "abc123", "123abc", "1234ABC", "A12BCD", "AB12CD", "his 'AB12CDE'"),
    ],
)
def test_a_text_that_names_a_plate_is_known_by_its_form(text: str) -> None:
    assert names_plate(text)


@pytest.mark.review2(16)
@pytest.mark.parametrize(
    "text",
    [
        *("cars 1 to 9, orders on file; Ana Ruiz", "robbery at 5th and Main", "case 26-001234", "case MPD-26-0012"),
        *(
            "VC 10851",
            "10851 VC",
            "Penal Code 211",
            "Civil Code 1798.29",
            "subpoena 26CV01234",
            "by 5 May 2026",
            "unit-12",
        ),
        *(
            "2026-05-04T18:30",
            "the drive of car-123",
            "record 5e1f09ab",
            "badge B1234",
            "no notice due",
            "30 h",
            "Q4 2026",
        ),
    ],
)
def test_dates_cases_and_sections_of_codes_are_no_plates(text: str) -> None:
    assert not names_plate(text)
