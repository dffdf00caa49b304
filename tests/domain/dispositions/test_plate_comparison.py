"""The two texts of a hit, one above the other: every difference is marked, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.dispositions.plate_comparison import compare_plates
from alpr_edge.domain.patterns import written_text

TEXTS = st.text("ABC018", max_size=7)


def lines_of(read: str, listed: str) -> tuple[str, str, str]:
    pairs = compare_plates(read, listed)
    return (
        "".join(pair.read or "-" for pair in pairs),
        "".join(pair.listed or "-" for pair in pairs),
        "".join("^" if pair.differs else " " for pair in pairs),
    )


@pytest.mark.parametrize(
    ("read", "listed", "expected"),
    [
        ("7ABC123", "7ABC123", ("7ABC123", "7ABC123", "       ")),
        ("7A8C123", "7ABC123", ("7A8C123", "7ABC123", "  ^    ")),
        ("7ABC12", "7ABC123", ("7ABC12-", "7ABC123", "      ^")),
        ("7ABC123", "ABC123", ("7ABC123", "-ABC123", "^      ")),
        ("7ABC123", "7A?C123", ("7ABC123", "7A?C123", "       ")),
        ("7ABC123", "7A*23", ("7ABC123", "7A***23", "       ")),
        ("7ABC123", "*123", ("7ABC123", "****123", "       ")),
        ("", "AB", ("--", "AB", "^^")),
        ("", "", ("", "", "")),
    ],
)
def test_differences_are_marked(read: str, listed: str, expected: tuple[str, str, str]) -> None:
    assert lines_of(read, listed) == expected


@given(TEXTS, TEXTS)
def test_both_texts_are_whole_and_no_mark_is_missing(read: str, listed: str) -> None:
    pairs = compare_plates(read, listed)
    assert "".join(pair.read for pair in pairs) == read
    assert "".join(pair.listed for pair in pairs) == listed
    assert (not any(pair.differs for pair in pairs)) == (read == listed)
    assert sum(pair.differs for pair in pairs) <= max(len(read), len(listed))
    if len(read) == len(listed):
        assert sum(pair.differs for pair in pairs) <= sum(a != b for a, b in zip(read, listed, strict=True))


def test_o_and_0_are_one_character_and_each_is_shown_as_it_is() -> None:
    assert lines_of("AO12", "A0I2") == ("AO12", "A0I2", "  ^ ")
    assert lines_of("AO1O2", "?O*2") == ("AO1O2", "?O**2", "     ")


@pytest.mark.parametrize(
    ("plate", "raw", "shown"),
    [
        ("0AB012", "oab O12", "OABO12"),
        ("0AB012", "0AB-012", "0AB012"),
        ("?0*2", "_o%2", "?O*2"),
        ("0AB012", "", "0AB012"),
        ("0AB012", "OAB O123", "0AB012"),
        ("0AB012", "XAB O12", "0AB012"),
    ],
)
def test_a_listed_plate_is_shown_as_its_feed_wrote_it_where_that_is_the_same_plate(
    plate: str, raw: str, shown: str
) -> None:
    assert written_text(plate, raw) == shown
