"""Faults that are over are kept with their times: the newest ones, and no more than so many."""

from dataclasses import replace

from alpr_edge.app.fault_advice import told_ended_faults
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.app.watches.fault_history import ENDED_MAX, FaultHistory
from tests.store.records import instant

SLOW = Fault(FaultKind.DISK_SLOW, "disk", "disk: slow: a write took 1.2 s")
SLOWER = replace(SLOW, text="disk: slow: a write took 9.0 s")
FRONT = Fault(FaultKind.CAMERA, "camera front", "camera front: was unplugged")


def test_a_fault_is_kept_once_it_is_over_with_its_times_and_as_it_was_told_last() -> None:
    history = FaultHistory()
    history.update([SLOW], instant(0))
    history.update([SLOWER, FRONT], instant(1000))
    assert told_ended_faults(history.ended) == []
    history.update([FRONT], instant(61_000))
    history.update([], instant(62_000))
    assert [each.fault for each in history.ended] == [FRONT, SLOWER]
    newest, first = told_ended_faults(history.ended)
    assert (newest["kind"], newest["name"], newest["lasted_s"]) == (FaultKind.CAMERA, "camera front", 61)
    assert first == {
        "kind": FaultKind.DISK_SLOW,
        "subject": "disk",
        "name": "disk",
        "words": "slow",
        "since": "2026-05-04T12:30:00.123Z",
        "until": "2026-05-04T12:31:01.123Z",
        "lasted_s": 61,
    }


def test_a_fault_that_comes_back_is_kept_twice() -> None:
    history = FaultHistory()
    for second in range(4):
        history.update([SLOW] * (second % 2 == 0), instant(1000 * second))
    assert [each.since for each in history.ended] == [instant(2000), instant(0)]


def test_the_newest_are_kept_and_a_clock_that_was_not_set_is_said() -> None:
    history, unset = FaultHistory(), replace(instant(), utc=None)
    for number in range(ENDED_MAX + 5):
        history.update([Fault(FaultKind.CAMERA, f"camera {number}", "was unplugged")], unset)
        history.update([], unset)
    assert [each.fault.subject for each in history.ended] == [f"camera {14 - number}" for number in range(ENDED_MAX)]
    assert (told_ended_faults(history.ended)[0]["since"], told_ended_faults(history.ended)[0]["lasted_s"]) == (None, 0)
