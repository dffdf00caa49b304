"""A department is backed up while it serves and restored to the same content; a flipped byte of a backup is found."""

import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alpr_edge.department.backups.backup import BackupRequest, back_up
from alpr_edge.department.backups.drill import drill
from alpr_edge.department.backups.postgresql.programs import find_programs
from alpr_edge.department.backups.restore import SignedBackup
from alpr_edge.department.backups.target import CLUSTER
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.errors import AlprEdgeError, AuditError, DepartmentError, StoreError
from alpr_edge.domain.log_proofs.notes import NoteKey
from tests.department.backups.places import (
    READS,
    BackupPlaces,
    files_below,
    flip,
    names_in,
    outcomes_of,
    quiet,
    read_ids,
    restore_and_open,
    verify_department,
)
from tests.department.conftest import Databases
from tests.department.engines import EngineUnderTest
from tests.department.people.office import make_department
from tests.department.retention.office import UNIT, pictures_of, read_item
from tests.uplink.items import stored_digests

KILLED = """
import os, pathlib, signal, sys
from alpr_edge.department.backups.backup import BackupRequest, back_up
def tick(name, done, total):
    if name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
back_up(pathlib.Path(sys.argv[1]), BackupRequest(pathlib.Path(sys.argv[2])), tick)
"""


def test_what_is_restored_is_what_was_there_while_more_arrives_and_it_is_served(places: BackupPlaces) -> None:
    full = places.back_up()
    assert (full.manifest.database.kind, full.manifest.pictures.linked) == ("full", 0)
    before, ends = stored_digests(places.directory), threading.Event()
    delivered: list[int] = []

    def keep_delivering() -> None:
        while not ends.is_set():
            arriving = [read_item(f"new-{len(delivered)}"), *pictures_of(f"new-{len(delivered)}")]
            parts = [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in arriving]
            assert {answer.status for answer in places.office.storage.store(UNIT, parts)} == {200}
            delivered.append(1)

    thread = threading.Thread(target=keep_delivering)
    thread.start()
    try:
        second = places.back_up()
    finally:
        ends.set()
        thread.join()
    is_postgresql = second.manifest.database.engine == "postgresql"
    assert second.manifest.database.kind == ("incremental" if is_postgresql else "full")
    assert second.manifest.pictures.linked == full.manifest.pictures.count == 2 * READS
    assert delivered
    report = places.drill(second.path)
    assert (report.faults, report.is_good, report.deletions, report.logs) == ((), True, 1, 2)
    assert report.pictures >= 2 * READS
    with ExitStack() as stack:
        directory = restore_and_open(places, second.path, stack)
        assert verify_department(directory).is_whole
        after = stored_digests(directory)
        assert {item_id: after.get(item_id) for item_id in before} == before
        with DepartmentServer(directory, health_port=0) as server:
            answer = httpx.get(f"http://127.0.0.1:{server.health_port}/health", timeout=30, trust_env=False)
        assert (answer.status_code, answer.json()["troubles"]) == (200, [])
    assert not [name for name in names_in(places.target) if name.startswith(".part-")]
    needed = full.path / "cluster" / "global" / "pg_control" if is_postgresql else second.path / "files.sha256"
    flip(needed, 100)
    assert needed.name in places.drill(second.path).faults[0]


def test_a_flipped_byte_of_any_file_is_found(sqlite_places: BackupPlaces) -> None:
    places = sqlite_places
    backup = places.back_up().path
    find_flipped_bytes(SignedBackup(backup, Witness(places.directory).key))
    flip(backup / "department" / "ca.pem", 40)
    report = places.drill(backup)
    assert (report.is_good, "ca.pem: not as it was backed up" in report.faults[0]) == (False, True)
    with pytest.raises(StoreError, match=r"ca\.pem: not as it was backed up"):
        places.restore(backup, places.folder / "new")
    assert not (places.folder / "new").exists()
    assert [each["is_good"] for each in outcomes_of(places.directory)] == [True, False]


def test_a_flipped_byte_of_any_file_is_found_on_each_engine(places: BackupPlaces) -> None:
    places.back_up()
    places.deliver(50)
    find_flipped_bytes(SignedBackup(places.back_up().path, Witness(places.directory).key))


def find_flipped_bytes(signed: SignedBackup) -> None:
    """Flip a byte of any file that a backup needs, again and again: each time the check finds it."""
    files = [path for folder in signed.chain for path in files_below(folder / CLUSTER)] + files_below(signed.path)
    key = NoteKey.parse(signed.manifest.witness_key)

    @given(st.integers(0, len(files) - 1), st.floats(0, 1, exclude_max=True))
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def flip_one(number: int, part: float) -> None:
        offset = int(part * files[number].stat().st_size)
        flip(files[number], offset)
        with pytest.raises((AuditError, StoreError)):
            SignedBackup(signed.path, key).check_files(quiet)
        flip(files[number], offset)

    flip_one()
    SignedBackup(signed.path, key).check_files(quiet)


@pytest.mark.parametrize("at", ["database", "bytes read back"])
def test_a_backup_that_was_killed_is_none_and_the_next_one_is(sqlite_places: BackupPlaces, at: str) -> None:
    places = sqlite_places
    done = subprocess.run(
        [sys.executable, "-c", KILLED, places.directory, places.target, at], check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    (left,) = names_in(places.target)
    assert left.startswith(".part-")
    with pytest.raises(DepartmentError, match="the backup: another process is at it"):
        places.back_up()
    places.expire_leases()
    result = places.back_up()
    assert names_in(places.target) == [result.path.name]
    assert places.drill(result.path).is_good


def test_two_backups_at_once_and_a_deletion_meanwhile_are_refused(sqlite_places: BackupPlaces) -> None:
    places = sqlite_places
    refusals: list[str] = []

    def meddle(name: str, done: int, total: int | None) -> None:
        if name == "pictures" and not refusals:
            for attempt in (places.back_up, places.office.purge, lambda: drill(places.directory, first, None, quiet)):
                with pytest.raises(AlprEdgeError) as refused:
                    attempt()
                refusals.append(str(refused.value))

    first = places.back_up().path
    places.back_up(tick=meddle)
    assert [line.partition(":")[0] for line in refusals[:2]] == ["the backup", "the deletion of what is due"]
    assert "a backup or drill is at work there" in refusals[2]
    assert places.office.purge(datetime.now(UTC)).reads == 0


def test_reads_that_had_arrived_are_in_it(sqlite_places: BackupPlaces) -> None:
    backup = sqlite_places.back_up()
    sqlite_places.deliver(77)
    directory = sqlite_places.restore(backup.path, sqlite_places.folder / "restored")
    assert read_ids(directory) == {f"read-{number}" for number in range(READS)}


def test_programs_of_another_release_are_not_used(tmp_path: Path) -> None:
    with pytest.raises(DepartmentError, match=r"apt install postgresql-99"):
        find_programs(99)
    with pytest.raises(DepartmentError, match=r"has no programs of that release"):
        find_programs(17, str(tmp_path))


def test_a_server_that_notes_no_changes_is_refused_with_what_to_set(
    databases: Databases, tmp_path: Path, target_folder: Path
) -> None:
    engine = EngineUnderTest("postgresql", databases.take)
    directory = make_department(tmp_path / "department", "127.0.0.1", engine=engine)
    with pytest.raises(DepartmentError, match=r"ALTER SYSTEM SET summarize_wal = on; .* or copy all of it .* --full"):
        back_up(directory, BackupRequest(target_folder), quiet)
    assert "summarize_wal" in outcomes_of(directory)[-1]["reason"]
