"""Which hits a page shows as possible ones: those that are not certain when they sound."""

from dataclasses import replace

import pytest

from alpr_edge.domain.hits import OWN_SOURCE, Hit, MatchKind, StateMatch
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.reads.possible_hits import is_possible
from tests.store.records import hit

LISTS = HotlistSettings()
CERTAIN = hit()
OLD_S = LISTS.red_after_h * 3600
LARGE = replace(CERTAIN.generation, entries=LISTS.large_entries)
OWN = replace(CERTAIN.generation, source=OWN_SOURCE)


@pytest.mark.parametrize(
    ("made", "is_read_certain", "expected"),
    [
        (CERTAIN, True, False),
        (CERTAIN, False, False),
        (replace(CERTAIN, state_match=StateMatch.UNKNOWN), True, False),
        (replace(CERTAIN, generation=LARGE), True, False),
        (replace(CERTAIN, list_age_s=OLD_S, generation=OWN), True, False),
        (replace(CERTAIN, generation=LARGE), False, True),
        (replace(CERTAIN, kind=MatchKind.CONFUSABLE), True, True),
        (replace(CERTAIN, kind=MatchKind.PARTIAL), True, True),
        (replace(CERTAIN, state_match=StateMatch.OTHER), True, True),
        (replace(CERTAIN, list_age_s=OLD_S), True, True),
    ],
)
def test_a_hit_is_possible_as_its_alert_is(made: Hit, is_read_certain: bool, expected: bool) -> None:
    assert is_possible(made, LISTS, is_read_certain=is_read_certain, is_amended=False) is expected


@pytest.mark.parametrize("is_read_certain", [True, False])
def test_a_text_that_the_vote_changed_to_is_possible_on_a_small_list_until_it_is_certain(
    *, is_read_certain: bool
) -> None:
    assert is_possible(hit(), LISTS, is_read_certain=is_read_certain, is_amended=True) is not is_read_certain
