import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.benchmarks.paired_comparison import Paired

COUNTS = st.integers(0, 300)
TABLES = st.builds(Paired, COUNTS, COUNTS, COUNTS, COUNTS)


def test_outcomes_are_counted_by_who_was_right() -> None:
    assert Paired.of([True, True, False, False, True], [True, False, True, False, True]) == Paired(2, 1, 1, 1)


def test_mcnemars_p_is_the_binomials() -> None:
    assert Paired(50, 1, 9, 5).p == pytest.approx(2 * (1 + 10) / 2**10)
    assert Paired(50, 3, 3, 5).p == 1
    assert Paired(50, 0, 0, 5).p == 1
    assert Paired(9, 0, 2000, 9).p == pytest.approx(0, abs=1e-12)


@given(TABLES)
def test_an_interval_holds_the_difference_and_turns_with_the_sides(table: Paired) -> None:
    low, high = table.interval
    assert -1 <= low <= table.difference + 1e-3
    assert table.difference - 1e-3 <= high <= 1
    mirror = Paired(table.both, table.only_b, table.only_a, table.neither)
    assert mirror.interval == pytest.approx((-high, -low), abs=1e-3)
    assert mirror.p == table.p


def test_with_many_plates_the_interval_is_walds() -> None:
    table = Paired(8000, 700, 900, 1400)
    spread = 1.96 * math.sqrt(700 + 900 - (900 - 700) ** 2 / table.total) / table.total
    assert table.interval == pytest.approx((table.difference - spread, table.difference + spread), abs=2e-4)
