"""A database counts as damaged only if it fails again: at once where what is written is wrong, else after a while."""

import pytest

from alpr_edge.domain.errors import DamagedError, StoreError, UnreadError
from alpr_edge.store.recovery.damage_check import DamageCheck

pytestmark = pytest.mark.review2(1)
UNREAD, DAMAGED = UnreadError("not read"), DamagedError("damaged")
WHOLE, IN_PART = True, False


class Database:
    """Gives the results of its checks one after the other; the last one again and again."""

    def __init__(self, *results: bool | StoreError) -> None:
        self._results = list(results)
        self.checks = 0
        self.waits = 0

    def check(self, _limit_s: float) -> bool:
        self.checks += 1
        result = self._results.pop(0) if len(self._results) > 1 else self._results[0]
        if isinstance(result, StoreError):
            raise result
        return result

    def wait(self, _seconds: float) -> bool:
        self.waits += 1
        return False

    def confirms(self, fault: DamagedError, check: DamageCheck | None = None) -> bool:
        return (check or DamageCheck()).confirms(fault, self.check, self.wait, "edge.db")


def test_what_is_damaged_twice_is_damaged_without_a_wait() -> None:
    database = Database(DAMAGED)
    assert database.confirms(DAMAGED)
    assert (database.checks, database.waits) == (1, 0)


def test_what_was_not_read_and_is_damaged_in_two_checks_is_damaged_without_a_wait() -> None:
    database = Database(DAMAGED)
    assert database.confirms(UNREAD)
    assert database.checks == 2


@pytest.mark.parametrize("fault", [UNREAD, DAMAGED])
def test_what_the_disk_reads_again_after_some_seconds_is_sound(fault: DamagedError) -> None:
    database = Database(UNREAD, UNREAD, UNREAD, WHOLE)
    assert not database.confirms(fault)
    assert database.checks == 4


def test_what_the_disk_does_not_read_for_all_of_the_time_is_damaged() -> None:
    database = Database(UNREAD)
    assert database.confirms(UNREAD, DamageCheck(patience_s=0.05))
    assert database.checks > 1


def test_another_fault_than_damage_sets_nothing_aside() -> None:
    with pytest.raises(StoreError, match="another process holds it"):
        Database(StoreError("another process holds it")).confirms(UNREAD, DamageCheck(patience_s=0.05))


def test_a_read_error_that_comes_again_is_none_where_all_of_it_is_read() -> None:
    check, database = DamageCheck(), Database(WHOLE)
    assert not any(database.confirms(UNREAD, check) for _ in range(5))


@pytest.mark.parametrize(("fault", "is_whole"), [(DAMAGED, WHOLE), (DAMAGED, IN_PART), (UNREAD, IN_PART)])
def test_what_comes_again_where_the_check_did_not_look_is_damage(fault: DamagedError, *, is_whole: bool) -> None:
    check, database = DamageCheck(), Database(is_whole)
    assert not database.confirms(fault, check)
    assert database.confirms(fault, check)


def test_once_the_unit_stops_it_is_left_to_the_next_start() -> None:
    assert not DamageCheck().confirms(UNREAD, Database(UNREAD).check, lambda _: True, "edge.db")
