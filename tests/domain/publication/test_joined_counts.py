"""Small counts are joined, and whoever knows the rule and everything that is shown learns none of them."""

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.publication.month_counts import JoinedTable, joined_table
from alpr_edge.domain.statistics.counts import SMALL_MIN


def table(counts: tuple[int, ...], small_below: int) -> JoinedTable:
    return joined_table(
        "t", "T", ("what",), {(f"row {place:02d}",): it for place, it in enumerate(counts)}, small_below
    )


def cells_of(counts: tuple[int, ...], small_below: int) -> tuple[dict[str, int | None], int | None, int | None]:
    made = table(counts, small_below)
    return {row.labels[0][-1]: row.count for row in made.rows}, made.others, made.total


@pytest.mark.parametrize(
    ("counts", "rows", "others", "total"),
    [
        ((7, 9, 12), {"0": 7, "1": 9, "2": 12}, 0, 28),
        ((7, 0, 12), {"0": 7, "2": 12}, 0, 19),
        ((0, 0, 0), {}, 0, 0),
        ((3, 1, 0), {}, None, None),  # all of it is small
        ((3, 3, 2, 12), {"3": 12}, 8, 20),
        ((3, 4, 2, 12), {}, 21, 21),  # of three that make 9 none could be 0
        ((4, 4, 12), {}, 20, 20),  # two that make 8 are 4 each
        ((3, 9, 12, 20), {"1": 9, "2": 12}, 23, 44),  # 3 alone would be the total less the others
        ((1, 0, 0, 12, 20), {"3": 12}, 21, 33),  # likewise 1 of three
    ],
)
def test_what_is_joined_at_five(
    counts: tuple[int, ...], rows: dict[str, int], others: int | None, total: int | None
) -> None:
    assert cells_of(counts, 5) == (rows, others, total)


@pytest.mark.parametrize(("categories", "small_below", "largest"), [(2, 5, 20), (3, 3, 12), (3, 4, 12), (4, 3, 7)])
def test_a_small_count_that_is_joined_could_be_any_other_small_one(
    categories: int, small_below: int, largest: int
) -> None:
    """Every table there is, grouped by what is published of it: nobody who has that can tell its tables apart."""
    alike: dict[JoinedTable, list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(largest + 1), repeat=categories):
        alike[table(counts, small_below)].append(counts)
    whole = {made: some for made, some in alike.items() if made.others is not None and 0 < made.others <= largest}
    assert whole
    for made, some in whole.items():
        places = set(range(categories)) - {int(row.labels[0].split()[1]) for row in made.rows}
        for place in places:
            values = {counts[place] for counts in some}
            if values & set(range(1, small_below)):
                assert values >= set(range(1, small_below)), (made, place)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(SMALL_MIN, 12))
def test_rows_are_true_and_no_sum_is_small(counts: list[int], small_below: int) -> None:
    made = table(tuple(counts), small_below)
    if made.total is None:
        assert 0 < sum(counts) < small_below
        assert (made.rows, made.others) == ((), None)
        return
    assert made.total == sum(counts) == sum(row.count or 0 for row in made.rows) + (made.others or 0)
    assert all(row.count == counts[int(row.labels[0].split()[1])] for row in made.rows)
    assert all((row.count or 0) >= small_below for row in made.rows)
    assert made.others == 0 or (made.others or 0) >= small_below
    if made.others:
        assert len(counts) - len(made.rows) > 1
