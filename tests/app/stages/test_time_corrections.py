"""Reads before the first fix, placed by the running daemon: a real one, with a receiver on a pseudo-terminal."""

import json
import signal
import socket
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.app.rig import UNIT, daemon, edge, write_frames, write_settings
from tests.department.enrolment import enrol_unit
from tests.position.test_chrony_time_sender import sentences_now
from tests.position.test_serial_source import Receiver
from tests.staff import FOR_STOLEN, Staff

BEHIND_S = 7200
"""The receiver's time and the system's clock are so far apart."""
PATIENCE_S = 60


@pytest.fixture(scope="module")
def unit_settings() -> Iterator[Path]:
    """Settings of a unit that read for some seconds before its receiver had a fix, and until that was borne out."""
    with tempfile.TemporaryDirectory(prefix="tp") as name:
        folder = Path(name)
        settings = write_settings(folder, write_frames(folder / "frames", range(6), gap=9), fps=20)
        with settings.open("a", encoding="utf-8") as file:
            file.write(f'[position]\ndevice = "{folder}/tty"\nbaud = 115200\nchrony_socket = "{folder}/chrony"\n')
        with daemon("run", "--settings", str(settings)) as run:
            run.wait_for("event=read.stored", 3)
            assert health(folder)["chrony"] == "no time of a receiver yet"
            with Receiver(folder / "tty", lambda _: sentences_now(-BEHIND_S)):
                run.wait_for("event=chrony.not_fed")
                assert health(folder, chrony_is="no such file")["utc_source"] == "gnss"
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as chronyd:
                    chronyd.bind(str(folder / "chrony"))
                    chronyd.settimeout(PATIENCE_S)
                    chronyd.recv(100)
                run.wait_for("event=clock.reads_corrected")
                run.wait_for("event=read.stored", run.count("event=read.stored") + 2)  # of which one began after it
            assert run.end(signal.SIGTERM) == 0
        Staff(settings).sign_in_here()
        yield settings


def health(folder: Path, chrony_is: str = "") -> dict[str, Any]:
    """The figures of the health file, once there is one that says so of chrony."""
    path, deadline = folder / "runtime" / "run.json", time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["figures"] if path.exists() else {}
        if figures and chrony_is in figures["chrony"]:
            return figures
        time.sleep(0.1)
    pytest.fail("the health file did not say it")


def reads_output(settings: Path, *options: str) -> str:
    words = ["reads", "--limit", "1000", "--settings", str(settings), *FOR_STOLEN, *options]
    return edge(*words).stdout


def test_early_reads_keep_what_was_stamped_and_show_where_they_belong(unit_settings: Path) -> None:
    reads = [json.loads(line) for line in reads_output(unit_settings, "--json").splitlines()]
    early = [read for read in reads if read["utc_source"] == "rtc"]
    late = [read for read in reads if read["utc_source"] == "gnss"]
    assert len(early) >= 3
    assert late
    for read in early:
        corrected_time = read["placed"]["last_seen"]
        assert (corrected_time["basis"], corrected_time["sure"]) == ("placed", True)
        off = datetime.fromisoformat(corrected_time["utc"]) - datetime.fromisoformat(read["last_seen"])
        assert abs(off + timedelta(seconds=BEHIND_S)) < timedelta(milliseconds=corrected_time["uncertainty_ms"])
    assert {read["placed"]["last_seen"]["basis"] for read in late} == {"own"}
    order = [read["placed"]["last_seen"]["utc"] for read in reversed(reads) if read in early]
    assert order == sorted(order)
    assert "clock set later" in reads_output(unit_settings)


def test_the_department_gets_the_read_as_it_was_and_its_time_beside_it(unit_settings: Path, tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=BEHIND_S + 600)
    storage, medium = tmp_path / "storage", tmp_path / "medium"
    medium.mkdir()
    assert edge("department", "init", str(storage), "--name", "127.0.0.1").exit_code == 0
    enrol_unit(storage, UNIT, unit_settings.parent / "tls")
    result = edge("outbox", "offload", str(medium), "--settings", str(unit_settings))
    assert result.exit_code == 0, result.stderr
    assert edge("department", "import", str(medium), "--directory", str(storage)).exit_code == 0
    with sqlite3.connect(next(storage.glob("*.db"))) as database:
        rows = database.execute(
            "SELECT r.first_seen, t.first_seen FROM reads r JOIN read_times t USING (read_id) WHERE t.sure"
        ).fetchall()
    database.close()
    assert len(rows) >= 3
    for stamped_at, corrected_at in rows:
        off = datetime.fromisoformat(corrected_at) - datetime.fromisoformat(stamped_at)
        assert abs(off + timedelta(seconds=BEHIND_S)) < timedelta(seconds=2)
        assert datetime.fromisoformat(corrected_at) > before
