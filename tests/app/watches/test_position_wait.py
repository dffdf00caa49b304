"""What is wrong with a unit that drops frames without a position, while it has none."""

from pathlib import Path

import pytest

from alpr_edge.app.collection.position_wait import POSITION_WAIT_S, PositionWait
from alpr_edge.app.unit_faults import FAULT_RULES, FaultKind
from alpr_edge.domain.fixes import Position
from alpr_edge.settings import parse

IN_AREA = Position(37.0, -120.0, 0.0, 1.0, "gnss", 0.0, 0.0)
AREA = {"name": "clinic-1", "centre": [37.0, -120.0], "radius_m": 100.0}
AWAITED, UNKNOWN = FaultKind.POSITION_AWAITED, FaultKind.POSITION_UNKNOWN


class Unit:
    """A unit that is asked once a second what is wrong with it."""

    def __init__(self, folder: Path, choice: str, areas: list[dict[str, object]]) -> None:
        settings = parse({"capture": {"position_unknown": choice, "no_collection_areas": areas}}, folder).capture
        self._now_s = 1000.0
        self._position: Position | None = None
        self._wait = PositionWait(settings, lambda: self._position, monotonic_s=lambda: self._now_s)

    def spend(self, seconds: float, position: Position | None) -> list[FaultKind]:
        """Return the faults after some seconds at a position."""
        self._position, found = position, []
        for _ in range(round(seconds)):
            self._now_s += 1.0
            found = [fault.kind for fault in self._wait.faults()]
        return found


def test_a_unit_is_not_ready_before_its_first_position_and_horns_once_that_takes_too_long(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "drop", [AREA])
    assert unit.spend(1, None) == [AWAITED]
    assert unit.spend(POSITION_WAIT_S - 2, None) == [AWAITED]
    assert unit.spend(1, None) == [UNKNOWN]
    assert unit.spend(3600, None) == [UNKNOWN]
    assert not FAULT_RULES[AWAITED].is_ready
    assert (FAULT_RULES[UNKNOWN].is_ready, FAULT_RULES[UNKNOWN].tone is None) == (False, False)


def test_a_position_in_an_area_in_which_nothing_is_collected_is_no_fault(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "drop", [AREA])
    assert unit.spend(5, None) == [AWAITED]
    assert unit.spend(600, IN_AREA) == []


def test_a_bridge_is_no_fault_and_a_receiver_that_lost_its_fix_is_one_until_it_is_back(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "drop", [AREA])
    assert unit.spend(5, IN_AREA) == []
    assert unit.spend(POSITION_WAIT_S - 1, None) == []
    assert unit.spend(5, IN_AREA) == []
    assert unit.spend(POSITION_WAIT_S, None) == [UNKNOWN]
    assert unit.spend(1, IN_AREA) == []


@pytest.mark.parametrize(("choice", "areas"), [("collect", [AREA]), ("drop", []), ("collect", [])])
def test_a_unit_that_reads_without_a_position_misses_none(
    choice: str, areas: list[dict[str, object]], tmp_path: Path
) -> None:
    assert Unit(tmp_path, choice, areas).spend(3600, None) == []
