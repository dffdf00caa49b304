"""Which backups are removed, and when somebody is told that there is no good one."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.backups.backup import expired_backups, full_time
from alpr_edge.department.backups.outcomes import LINES_MAX, backup_warnings, note_outcome, outcomes
from alpr_edge.department.backups.target import MANIFEST_NAME, BackupTarget
from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.errors import DepartmentError
from tests.department.backups.places import BackupPlaces, names_in

NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)


def test_after_35_days_a_backup_goes_once_a_newer_one_is_whole(sqlite_places: BackupPlaces) -> None:
    places = sqlite_places
    old, newer = (places.back_up(NOW - timedelta(days=days)).path.name for days in (36, 34))
    assert names_in(places.target) == [old, newer]
    places.office.purge(NOW - timedelta(hours=1))
    result = places.back_up(NOW)
    assert result.removed == (old,)
    assert names_in(places.target) == [newer, result.path.name]
    assert places.drill(places.target / newer).is_good
    places.office.purge(NOW + timedelta(days=400))
    later = places.back_up(NOW + timedelta(days=400))
    assert names_in(places.target) == [later.path.name]


def test_a_clock_that_nothing_bears_out_removes_no_backup(sqlite_places: BackupPlaces) -> None:
    """It would be said that all of them are too old, and the one that is left is of no day that there was."""
    places = sqlite_places
    before = places.back_up(NOW).path.name
    ahead = places.back_up(NOW + timedelta(days=3650))
    assert names_in(places.target) == [before, ahead.path.name]
    assert ahead.removed == ()
    assert any("no earlier backup is removed: the clock says 2036" in line for line in ahead.warnings)


def chain_of(target: Path, days_ago: list[int]) -> list[Path]:
    """Folders of backups of which all but the first build on it."""
    names = [(NOW - timedelta(days=days)).strftime("%Y%m%dT%H%M%SZ") for days in days_ago]
    for name in names:
        (target / name).mkdir()
    return [target / name for name in names]


def test_backups_that_build_on_each_other_go_together(sqlite_places: BackupPlaces, tmp_path: Path) -> None:
    manifest = json.loads((sqlite_places.back_up().path / MANIFEST_NAME).read_text())
    folders = chain_of(tmp_path, [40, 36, 34, 20])
    for folder, earlier in zip(folders, ([], folders[:1], folders[:2], []), strict=True):
        of_it = [{"name": each.name, "manifest_sha256": ""} for each in earlier]
        (folder / MANIFEST_NAME).write_text(json.dumps(manifest | {"name": folder.name, "earlier": of_it}))
    assert expired_backups(folders, 35, NOW) == [folders[2], folders[1], folders[0]]
    assert expired_backups(folders[:3], 35, NOW) == []  # the newest is one of them
    assert expired_backups(folders, 41, NOW) == []
    assert expired_backups(folders, 10, NOW) == [folders[2], folders[1], folders[0]]
    assert (full_time(35), full_time(4)) == (timedelta(days=7), timedelta(days=2))


def test_status_and_health_tell_that_there_is_no_good_backup_or_drill(tmp_path: Path) -> None:
    directory = initialise(tmp_path / "department", ["127.0.0.1"]).directory
    now = datetime.now(UTC)
    assert backup_warnings(directory, now + timedelta(days=1.9)) == []
    assert backup_warnings(directory, now + timedelta(days=2.1)) == [
        "no backup was ever good; run: alpr-edge department backup"
    ]
    note_outcome(directory, "backup", Path("/b/1"))
    note_outcome(directory, "drill", Path("/b/1"))
    note_outcome(directory, "drill", Path("/b/2"), "access log 1 of unit-1: its root is not that of the backup")
    failure = "the last drill failed: access log 1 of unit-1: its root is not that of the backup"
    assert backup_warnings(directory, now + timedelta(days=1.9)) == [f"{failure}; run: alpr-edge department drill"]
    assert backup_warnings(directory, now + timedelta(days=31.5)) == [
        "the last good backup is 31 days old; run: alpr-edge department backup",
        f"the last good drill is 31 days old; {failure}; run: alpr-edge department drill",
    ]
    assert "unit-1" not in "".join(backup_warnings(directory, now + timedelta(days=31.5), with_reasons=False))
    with (directory / "backups.jsonl").open("ab") as file:
        file.write(b'{"what": "other"}\nhalf a li')
    assert len(outcomes(directory)) == 3


def test_the_newest_outcomes_are_kept(tmp_path: Path) -> None:
    line = json.dumps({"what": "drill", "at": "2026-01-01T00:00:00Z", "backup": "b", "is_good": True, "reason": ""})
    (tmp_path / "backups.jsonl").write_text(f"{line}\n" * (LINES_MAX + 5))
    note_outcome(tmp_path, "drill", Path("/b"))
    found = outcomes(tmp_path)
    assert (len(found), found[-1].backup) == (LINES_MAX, "/b")


def test_a_folder_without_backups_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DepartmentError, match=r"is its disk mounted\?"):
        BackupTarget(tmp_path / "none")
    (tmp_path / "target").mkdir(mode=0o700)
    with pytest.raises(DepartmentError, match="no backup there; run: alpr-edge department backup"):
        BackupTarget(tmp_path / "target").newest()
