"""Words that officers judge a hit by."""

from dataclasses import replace

import pytest

from alpr_edge.console.page_parts import list_age_words
from alpr_edge.domain.alerting import ListAge
from alpr_edge.domain.hits import Hit
from tests.store.records import hit

DATED = hit()
UNDATED = replace(DATED, generation=replace(DATED.generation, issued_at=None))


@pytest.mark.parametrize(
    ("shown", "age", "words"),
    [
        (DATED, ListAge.FRESH, "list of 1 h ago"),
        (replace(DATED, list_age_s=72 * 3600.0), ListAge.RED, "list of 3 days ago, VERY OLD list"),
        (UNDATED, ListAge.FRESH, "list imported 1 h ago, no issue date"),
        (
            replace(UNDATED, list_age_s=30 * 3600.0),
            ListAge.AMBER,
            "list imported 30 h ago, no issue date, old list",
        ),
        (replace(UNDATED, list_age_s=None), ListAge.RED, "list age unknown"),
    ],
)
def test_a_list_without_a_date_is_not_said_to_be_as_new_as_its_import(shown: Hit, age: ListAge, words: str) -> None:
    assert list_age_words(shown, age) == words
