"""The age of a list in words: never negative, and never called old when it is dated ahead."""

from datetime import timedelta

import pytest

from alpr_edge.domain.list_ages import age_words, old_list_words

LIMITS = (timedelta(hours=13), timedelta(hours=24))


def hours(count: float | None) -> timedelta | None:
    return None if count is None else timedelta(hours=count)


@pytest.mark.parametrize(
    ("age", "words"),
    [(None, "age unknown"), (0.0, "0.0 h old"), (2.54, "2.5 h old"), (-6.0, "dated 6.0 h ahead")],
)
def test_an_age_in_words(age: float | None, words: str) -> None:
    assert age_words(hours(age)) == words


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (None, "list bolo is amber: its age is not known"),
        (0.0, "list bolo is amber: older than 13 h"),
        (13.0, "list bolo is amber: older than 13 h"),
        (23.9, "list bolo is amber: older than 13 h"),
        (24.0, "list bolo is red: older than 24 h"),
        (-6.0, "list bolo is amber: dated 6.0 h ahead of this unit's clock; check the clock and the list"),
    ],
)
def test_why_a_list_is_not_fresh(age: float | None, words: str) -> None:
    assert old_list_words("bolo", hours(age), *LIMITS) == words
