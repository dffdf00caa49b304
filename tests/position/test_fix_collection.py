from collections.abc import Iterator

from alpr_edge.domain.errors import PositionError
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.retry import Backoff
from alpr_edge.position.fix_collection import STEADY_MS, collect_fixes
from alpr_edge.position.fix_history import FixHistory
from tests.position.test_fix_history import fix_at

BACKOFF = Backoff(first_s=1.0, longest_s=4.0)


class FlakySource:
    """Each opening yields so many fixes and then fails; the last one ends."""

    def __init__(self, *openings: int) -> None:
        self._openings = list(openings)
        self._second = 0

    def fixes(self) -> Iterator[Fix]:
        for _ in range(self._openings.pop(0)):
            self._second += 1
            yield fix_at(self._second)
        if self._openings:
            raise PositionError("vanished")


class Waits:
    """Remembers the waits; says stop at the given number of them."""

    def __init__(self, stop_after: int = 1000) -> None:
        self.durations_s: list[float] = []
        self._stop_after = stop_after

    def __call__(self, seconds: float) -> bool:
        self.durations_s.append(seconds)
        return len(self.durations_s) >= self._stop_after

    @property
    def between_openings(self) -> list[float]:
        return [seconds for seconds in self.durations_s if seconds > 0]


def test_vanished_source_is_opened_again_with_growing_waits() -> None:
    fix_history, waits = FixHistory(5000), Waits()
    collect_fixes(FlakySource(1, 0, 0, 0, 2), fix_history, waits, BACKOFF, draw=lambda: 1.0)
    assert waits.between_openings == [1.0, 2.0, 4.0, 4.0]
    assert fix_history.latest == fix_at(3)


def test_fixes_for_a_while_start_the_waits_anew_and_fewer_do_not() -> None:
    waits, steady = Waits(), int(STEADY_MS / 1000)
    source = FlakySource(0, 0, steady + 1, 0, steady, 0, 0)
    collect_fixes(source, FixHistory(5000), waits, BACKOFF, draw=lambda: 1.0)
    assert waits.between_openings == [1.0, 2.0, 1.0, 2.0, 4.0, 4.0]


def test_a_log_that_goes_on_after_another_start_of_the_computer_says_nothing_of_how_long_it_worked() -> None:
    class Log:
        def fixes(self) -> Iterator[Fix]:
            yield from (fix_at(0), fix_at(500, boot="next"))

    fix_history = FixHistory(5000)
    collect_fixes(Log(), fix_history, Waits(), BACKOFF)
    assert fix_history.latest == fix_at(500, boot="next")


def test_it_stops_after_a_fix_and_while_it_waits() -> None:
    fix_history, waits = FixHistory(5000), Waits(stop_after=2)
    collect_fixes(FlakySource(5), fix_history, waits, BACKOFF)
    assert fix_history.latest == fix_at(2)
    source = FlakySource(0, 9)
    collect_fixes(source, fix_history, Waits(stop_after=1), BACKOFF)
    assert fix_history.latest == fix_at(2)
