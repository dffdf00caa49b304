from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.retry import Backoff

failures = st.integers(0, 1000)
draws = st.floats(0, 1, exclude_max=True)
backoffs = st.builds(
    Backoff,
    first_s=st.floats(0.01, 60),
    factor=st.floats(1, 10),
    longest_s=st.floats(60, 86_400),
)


@given(backoffs, failures, draws)
def test_a_wait_is_never_nothing_and_never_over_the_longest(backoff: Backoff, count: int, draw: float) -> None:
    wait_s = backoff.wait_s(count, draw)
    assert min(backoff.first_s, backoff.longest_s) / 2 <= wait_s <= backoff.longest_s


@given(backoffs, failures, draws)
def test_waits_do_not_shrink_with_more_failures(backoff: Backoff, count: int, draw: float) -> None:
    assert backoff.wait_s(count, draw) <= backoff.wait_s(count + 1, draw)


@given(backoffs, failures, draws)
def test_the_draw_spreads_at_most_by_half(backoff: Backoff, count: int, draw: float) -> None:
    assert backoff.wait_s(count, 0.0) <= backoff.wait_s(count, draw) <= 2 * backoff.wait_s(count, 0.0)


def test_waits_of_the_default() -> None:
    backoff = Backoff()
    assert [backoff.wait_s(count, 0.0) for count in (1, 2, 3, 10, 10_000)] == [0.5, 1.0, 2.0, 150.0, 150.0]
    assert [backoff.wait_s(2, draw) for draw in (0.25, 0.5)] == [1.25, 1.5]
