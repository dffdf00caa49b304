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
        "times": 1,
    }


def test_a_fault_that_comes_and_goes_is_kept_once_with_its_count_and_pushes_no_other_out() -> None:
    history = FaultHistory()
    history.update([SLOW], instant(0))
    history.update([], instant(1000))
    for second in range(2, 202):
        history.update([FRONT] * (second % 4 == 0), instant(1000 * second))
    assert [(each.fault, each.times) for each in history.ended] == [(FRONT, 50), (SLOW, 1)]
    newest = told_ended_faults(history.ended)[0]
    assert (newest["times"], newest["lasted_s"]) == (50, 50)
    assert (history.ended[0].since, history.ended[0].until) == (instant(4000), instant(201_000))


def test_a_fault_that_comes_back_hours_later_is_kept_twice() -> None:
    history = FaultHistory()
    for minutes in (0, 1, 60, 61, 122, 123):
        history.update([SLOW] * (minutes in {0, 60, 122}), instant(60_000 * minutes))
    assert [(each.since, each.times) for each in history.ended] == [(instant(122 * 60_000), 1), (instant(0), 2)]


def test_the_newest_are_kept_and_a_clock_that_was_not_set_is_said() -> None:
    history, unset = FaultHistory(), replace(instant(), utc=None)
    for number in range(ENDED_MAX + 5):
        history.update([Fault(FaultKind.CAMERA, f"camera {number}", "was unplugged")], unset)
        history.update([], unset)
    assert [each.fault.subject for each in history.ended] == [f"camera {14 - number}" for number in range(ENDED_MAX)]
    assert (told_ended_faults(history.ended)[0]["since"], told_ended_faults(history.ended)[0]["lasted_s"]) == (None, 0)
