"""Case formats and barred terms: what fits, and what is no format or term."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.permissions.profile import BarredTerms, CaseFormats
from alpr_edge.domain.permissions.purposes import PurposeCode


def formats() -> CaseFormats:
    return CaseFormats.parse(("99-9999", "AA.9"))


@pytest.mark.parametrize("case", ["26-1234", "AB.7", "ab.7"])
def test_a_case_number_in_one_of_the_forms_fits(case: str) -> None:
    assert formats().fit(case)


@pytest.mark.parametrize(
    "case", ["", "26-123", "26-12345", "2A-1234", "ABx7", "AB.X", "x26-1234", "26-1234\n", "٢6-1234"]
)
def test_anything_else_does_not_fit(case: str) -> None:
    assert not formats().fit(case)


def test_the_length_of_a_case_number_is_bounded() -> None:
    longest = CaseFormats.parse(("9" * 32,))
    assert longest.fit("1" * 32)
    assert not CaseFormats.parse(("9" * 32,)).fit("1" * 33)


def test_a_format_may_be_in_lower_case() -> None:
    assert CaseFormats.parse(("mpd-9",)).fit("MPD-1")
    assert CaseFormats.parse(("mpd-9",)).formats == ("mpd-9",)


@pytest.mark.parametrize("formats", [(), ("",), ("--",), ("9" * 33,), ("9\n",), ("99-9999", "")])
def test_what_is_no_format_is_refused(formats: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="case format"):
        CaseFormats.parse(formats)


@given(
    st.text(max_size=40),
    st.lists(st.text("9A-.([*", min_size=1, max_size=8).filter(set("9A").intersection), min_size=1),
)
def test_a_case_that_fits_has_the_length_of_a_format(case: str, texts: list[str]) -> None:
    if CaseFormats.parse(tuple(texts)).fit(case):
        assert len(case.upper()) in {len(text) for text in texts}


def terms() -> BarredTerms:
    return BarredTerms.parse({
        "Protest*": PurposeCode.PROTEST,
        "protest rally": PurposeCode.PROTECTED_HEALTH_CARE,
        "ICE": PurposeCode.IMMIGRATION_ENFORCEMENT,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ()),
        ("nothing", ()),
        ("ice", (PurposeCode.IMMIGRATION_ENFORCEMENT,)),
        ("iced", ()),
        ("dice", ()),
        ("protestant", (PurposeCode.PROTEST,)),
        ("a protest  rally", (PurposeCode.PROTECTED_HEALTH_CARE,)),
        ("(ice)", (PurposeCode.IMMIGRATION_ENFORCEMENT,)),
        ("PROTEST\tRALLY", (PurposeCode.PROTECTED_HEALTH_CARE,)),
        ("protest ice protest ICE", (PurposeCode.PROTEST, PurposeCode.IMMIGRATION_ENFORCEMENT)),
    ],
)
def test_terms_are_found_as_whole_words_and_the_longest_first(text: str, codes: tuple[PurposeCode, ...]) -> None:
    assert terms().flags_in(text) == codes


@pytest.mark.parametrize("term", ["", "*", " ", "-", "1ce"])
def test_a_term_that_does_not_begin_with_a_letter_is_refused(term: str) -> None:
    with pytest.raises(ValueError, match=r"^a barred term begins with a letter$"):
        BarredTerms.parse({term: PurposeCode.PROTEST})


def test_no_terms_flag_nothing() -> None:
    assert BarredTerms.parse({}).flags_in("a protest") == ()


@given(st.text(max_size=60))
def test_any_text_is_searched(text: str) -> None:
    assert set(terms().flags_in(text)) <= set(PurposeCode)
