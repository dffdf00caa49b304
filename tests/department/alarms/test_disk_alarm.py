"""A department's disk that is nearly full is an alarm, and a warning of its health: a real file system of each size."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_edge.department.alarms.alarm import AlarmKind, standing_alarms
from alpr_edge.department.http.health import FREE_BYTES_MIN, DepartmentHealth
from alpr_edge.department.pki.authority import initialise
from scripts.faults.disk import DISK_BYTES, Disk


@pytest.mark.parametrize(("size", "lines"), [(DISK_BYTES, 1), (2 * FREE_BYTES_MIN, 0)])
def test_a_disk_with_little_room_is_told(tmp_path: Path, can_mount: None, size: int, lines: int) -> None:
    with Disk(tmp_path / "department.img", size) as disk:
        directory = initialise(disk.folder / "department", ["127.0.0.1"]).directory
        alarms = standing_alarms(directory, datetime.now(UTC))
        told = [each.text for each in alarms if each.kind is AlarmKind.DISK]
        report = DepartmentHealth(directory, lambda: None, lambda: 0.0).report()[1]
    warned = [line for line in report["warnings"] if line.startswith("the disk has ")]
    assert (len(told), len(warned)) == (lines, lines)
    assert all(" MiB left; make room" in text for text in told)
    assert (report["free_bytes"] < FREE_BYTES_MIN) is bool(lines)
