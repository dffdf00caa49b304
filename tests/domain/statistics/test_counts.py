"""Small counts are hidden, and none of them is the total less what is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.statistics.counts import SMALL_MIN, CountTable, count_table, hide_small


def table(*counts: int) -> CountTable:
    return count_table("t", "T", ("what",), {(f"row {place:02d}",): count for place, count in enumerate(counts)})


def cells_of(hidden: CountTable) -> tuple[list[int | None], int | None]:
    return [row.count for row in hidden.rows], hidden.total


@pytest.mark.parametrize(
    ("counts", "shown", "total"),
    [
        ((7, 9, 12), [7, 9, 12], 28),
        ((3, 9, 12), [None, None, 12], 24),  # 3 alone would be the total less the others
        ((3, 4, 12), [None, None, 12], 19),
        ((1, 1, 12, 20), [None, None, None, 20], 34),  # two that make 2 are 1 each
        ((3,), [None], None),
        ((1, 1), [None, None], None),
        ((4, 9), [None, None], None),
        ((0, 9), [9], 9),
        ((), [], 0),
    ],
)
def test_what_is_hidden_at_five(counts: tuple[int, ...], shown: list[int | None], total: int | None) -> None:
    assert cells_of(hide_small(table(*counts), 5)) == (shown, total)


def test_nothing_is_hidden_unless_asked_for() -> None:
    assert hide_small(table(1, 2), 0) == table(1, 2)


@given(st.lists(st.integers(1, 30), max_size=8), st.integers(SMALL_MIN, 12))
def test_what_is_shown_gives_no_small_count_away(counts: list[int], small_below: int) -> None:
    shown, total = cells_of(hide_small(table(*counts), small_below))
    assert all(count == before for count, before in zip(shown, counts, strict=True) if count is not None)
    assert all(count is None or count >= small_below for count in shown)
    hidden_count = shown.count(None)
    if hidden_count and total is not None:
        assert hidden_count > 1
        assert total - sum(count or 0 for count in shown) >= small_below
        assert hidden_count < len(shown)
    assert (total is None) == (0 < hidden_count == len(shown))
    is_least = max((before for before, count in zip(counts, shown, strict=True) if count is None), default=0)
    assert all(count is None or count >= is_least for count in shown)
