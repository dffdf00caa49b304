import json
import random
import re
import signal
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.settings import load
from alpr_edge.store.retention.deletion_dates import department_date
from alpr_edge.store.unit_store import open_store
from tests.app.rig import PLATES, UNIT, Daemon, daemon, edge, wait_for_health, write_frames, write_settings
from tests.department.enrolment import enrol_unit
from tests.vision.models import brightness_models, write_int8

ROUNDS = 4


@pytest.fixture
def department(tmp_path: Path) -> Iterator[tuple[Path, Daemon]]:
    folder = tmp_path / "department"
    assert edge("department", "init", str(folder), "--name", "127.0.0.1").exit_code == 0
    enrol_unit(folder, UNIT, tmp_path / "tls")
    with daemon("department", "serve", "--directory", str(folder), "--port", "0") as server:
        server.wait_for("department at https://")
        yield folder, server


def address(server: Daemon) -> str:
    match = re.search(r"https://[^,]+", server.having("department at")[0])
    assert match
    return match.group()


def stored_reads(lines: list[str]) -> set[str]:
    """Ids of the reads that the store has acknowledged, by the daemon's log."""
    return {
        match.group(1)
        for line in lines
        if (match := re.search(rf"event=read\.stored.* read=({UNIT}:[0-9a-f-]{{36}})", line))
    }


def delivered_reads(folder: Path) -> list[str]:
    """Ids of the reads the department holds, one a row."""
    with sqlite3.connect(next(folder.glob("*.db"))) as database:
        rows = database.execute("SELECT read_id FROM reads").fetchall()
    database.close()
    return [row[0] for row in rows]


def test_no_acknowledged_read_is_lost_whenever_the_daemons_are_killed(
    tmp_path: Path, department: tuple[Path, Daemon]
) -> None:
    folder, server = department
    frames = write_frames(tmp_path / "frames", range(20))
    settings = write_settings(tmp_path, frames, address(server))
    chance = random.Random(7)
    stored_ids: set[str] = set()
    for _ in range(ROUNDS):
        with daemon("run", "--settings", str(settings)) as run:
            run.wait_for("event=read.stored", chance.randint(1, 12))
            with daemon("uplink", "--settings", str(settings)) as uplink:
                time.sleep(chance.uniform(0.5, 3))  # no condition: the moment of the kill is the point
                run.end(signal.SIGKILL)
                uplink.end(signal.SIGKILL)
            stored_ids |= stored_reads(run.lines)
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored", 5)
        assert run.end(signal.SIGTERM) == 0  # it ends with 1 when it takes longer than DRAIN_S_MAX
        stored_ids |= stored_reads(run.lines)
    health = tmp_path / "runtime" / "uplink.json"
    health.unlink(missing_ok=True)  # what a killed one said last
    with daemon("uplink", "--settings", str(settings)) as uplink:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            figures = json.loads(health.read_text(encoding="utf-8"))["figures"] if health.exists() else {}
            if figures.get("link") == "up" and figures.get("waiting") == 0:
                break
            time.sleep(0.1)
        assert uplink.end(signal.SIGTERM) == 0
    with open_store(load(settings), migrate=False) as store:
        date = department_date(store.database)
    assert date is not None
    assert abs(datetime.now(UTC) - date.utc) < timedelta(minutes=10)
    delivered_ids = delivered_reads(folder)
    assert len(stored_ids) > ROUNDS
    assert stored_ids <= set(delivered_ids)
    assert len(delivered_ids) == len(set(delivered_ids))


def test_a_second_run_on_the_same_data_is_refused(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(3)))
    with daemon("run", "--settings", str(settings)) as first:
        first.wait_for("event=read.stored")
        with daemon("run", "--settings", str(settings)) as second:
            assert second.wait_for_end() == 1
            assert second.having("another alpr-edge run works on it")
        assert first.end(signal.SIGTERM) == 0


def test_the_daemon_logs_no_plate_and_writes_its_health(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(9)))
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored", 9)
        health = wait_for_health(tmp_path, lambda health: health["ready"] and health["figures"]["frames"] > 0)
        assert health["working"] is False
        assert "no hotlist: nothing can be matched" in health["troubles"]
        assert run.end(signal.SIGTERM) == 0
        assert not [line for line in run.lines if re.search(r"\dABC\d|5XYZ", line)]
        assert not run.having("event=unit.ready")


def test_the_daemon_tells_which_model_files_it_runs_and_that_none_were_chosen(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(3)))
    write_int8(tmp_path / "models", "detector", brightness_models(PLATES)[0])
    with daemon("run", "--settings", str(settings)) as run:
        health = wait_for_health(tmp_path, lambda health: health["ready"] and "model_files" in health["figures"])
        (warning,) = [line for line in health["warnings"] if line.startswith("models: ")]
        assert warning == (
            "models: float32 is used: no choice between float32 and int8 was made; run: alpr-edge models choose"
        )
        assert health["figures"]["model_files"] == {"detector": "float32", "reader": "float32"}
        status = edge("unit", "status", "--settings", str(settings)).stdout
        assert f"warning   {warning}" in status
        assert "model files: detector float32, reader float32" in status
        assert run.having("event=models.float32_used")
        assert run.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "keys" / "outbox.key").chmod(0o644), "chmod 600"),
        (lambda folder: (folder / "keys" / "outbox.key").write_bytes(b"short"), "outbox.key"),
        (lambda folder: (folder / "models" / "detector.onnx").write_text("no model"), "SHA-256 is not the manifest's"),
        (lambda folder: (folder / "alpr-edge.toml").write_text("[unitt]\n"), "did you mean 'unit'"),
    ],
)
def test_what_is_spoilt_is_one_line(tmp_path: Path, spoil: object, says: str) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(1)))
    assert callable(spoil)
    spoil(tmp_path)
    done = edge("run", "--settings", str(settings))
    assert done.exit_code in {1, 2}
    assert says in done.stderr
    assert "Traceback" not in done.stderr
