"""The real daemon beside a picture folder that cannot be written, and a database that does not answer."""

import contextlib
import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.diagnostics.storage import check_disk
from alpr_edge.domain.diagnostics.checks import Grade
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.settings import load
from alpr_edge.store.unit_store import open_store
from tests.app.rig import daemon, edge, wait_for_health, write_frames, write_settings
from tests.app.test_daemons import stored_reads
from tests.store.records import decided_record

READS = 60


def spoil_folders(data: Path, step: int = 1) -> list[Path]:
    """Files where picture folders should be: no picture in them can be kept."""
    (data / "images").mkdir(mode=0o700, parents=True, exist_ok=True)
    folders = [data / "images" / f"{number:02x}" for number in range(0, 256, step)]
    for folder in folders:
        while not folder.is_file():  # the daemon may make it again meanwhile
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(IsADirectoryError):
                folder.write_bytes(b"")
    return folders


def missing(health: dict[str, Any]) -> list[str]:
    return [line for line in health["troubles"] if line.startswith("pictures: some are missing")]


@pytest.mark.review(1)
def test_a_unit_goes_on_storing_reads_without_pictures_says_so_and_starts_again(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(20)))
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored", 3)
        folders = spoil_folders(tmp_path / "data")
        run.wait_for("event=read.pictures_missing", 3)
        run.wait_for("event=read.stored", READS)
        health = wait_for_health(tmp_path, lambda told: bool(missing(told)))
        assert health["ready"]
        assert run.end(signal.SIGTERM) == 0
        read_ids = stored_reads(run.lines)
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored", 3)
        health = wait_for_health(
            tmp_path, lambda told: any("cannot be looked into" in line for line in told["troubles"])
        )
        assert not any("Traceback" in line for line in run.lines)
        for folder in folders:
            folder.unlink()
        assert run.end(signal.SIGTERM) == 0
        read_ids |= stored_reads(run.lines)
    with open_store(load(settings), migrate=False) as store:
        assert store.refused_records.count() == 0
        assert all(store.reads.get(read_id) is not None for read_id in read_ids)
        assert store.reads.counts().open_reads == 0


@pytest.mark.review(1)
def test_records_that_were_set_aside_are_shown_and_come_in_at_the_next_start(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(9)))
    unit_settings = load(settings)
    forbid = "CREATE TRIGGER none BEFORE INSERT ON reads WHEN NEW.plate = '{}' BEGIN SELECT RAISE(ABORT, 'no'); END"
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored", 3)
        with open_store(unit_settings, migrate=False) as store:
            plate = store.reads.recent(1)[0].read.plate
            with store.database.write() as connection:
                connection.exec_driver_sql(forbid.format(plate))
        run.wait_for("event=store.record_set_aside", 2)
        run.wait_for("event=read.stored", len(stored_reads(run.lines)) + 20)
        health = wait_for_health(tmp_path, lambda told: any("unit refused" in line for line in told["troubles"]))
        assert any(line.startswith("records: some are set aside") for line in health["troubles"])
        assert not any(plate in line for line in run.lines)
        assert run.end(signal.SIGTERM) == 0
    shown = edge("unit", "refused", "--settings", str(settings), "--json")
    assert shown.exit_code == 0, shown.output
    aside = [json.loads(line) for line in shown.stdout.splitlines()]
    assert {one["what"] for one in aside} == {"decided", "closed"}
    assert plate not in shown.stdout
    with open_store(unit_settings, migrate=False) as store:
        assert all(store.reads.get(one["read_id"]) is None for one in aside)
        with store.database.write() as connection:
            connection.exec_driver_sql("DROP TRIGGER none")
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=store.record_recovered", len(aside))
        assert run.end(signal.SIGTERM) == 0
    with open_store(unit_settings, migrate=False) as store:
        assert store.refused_records.count() == 0
        assert all(store.reads.get(one["read_id"]) is not None for one in aside)


@pytest.mark.review(2)
def test_a_round_that_the_store_does_not_answer_ends_nothing_and_what_is_unknown_is_named(tmp_path: Path) -> None:
    """The counts' table is gone: that figure cannot be told. The reads are stored, and the end writes the last."""
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(20)))
    unit_settings = load(settings)
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=unit.started")
        with open_store(unit_settings, migrate=False) as store, store.database.write() as connection:
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name LIKE '%counted%'").scalars()
            for name in list(names):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql("DROP TABLE counts")
        # The figure is that of the last whole count: a health file written meanwhile has the trouble beside an old one.
        wait_for_health(
            tmp_path,
            lambda told: (
                any(line.startswith("outbox: not known") for line in told["troubles"])
                and told["figures"]["outbox_ready"] is None
            ),
        )
        run.wait_for("event=read.stored", len(stored_reads(run.lines)) + 20)
        assert run.end(signal.SIGTERM) == 0
        read_ids = stored_reads(run.lines)
    with open_store(unit_settings, migrate=False) as store:
        assert all(store.reads.get(read_id) is not None for read_id in read_ids)
        assert [row for row in store.reads.recent(1000) if not row.closed] == []


@pytest.mark.review(1)
def test_the_unit_s_check_names_what_the_store_does_not_take(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(3)))
    unit_settings = load(settings)
    with open_store(unit_settings, migrate=True) as store:
        store.refused_records.add([decided_record("read-1")], "for a test")
    spoil_folders(tmp_path / "data", 128)
    bench = CheckContext(unit_settings, SystemClock())
    checks = {check.name: check for check in check_disk(bench)}
    assert checks["pictures"].grade is Grade.RED
    assert checks["pictures"].finding.startswith("2 folders cannot be written")
    assert checks["records"].finding.startswith("1 could not be stored")
