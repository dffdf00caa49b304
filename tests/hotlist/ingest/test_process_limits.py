"""The process that takes lists in, as the unit's hardening has it: behind the unit, bounded, and with a word on it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_edge.hotlist.ingest import drop_folder
from alpr_edge.hotlist.ingest.import_worker import ImportJob
from alpr_edge.hotlist.ingest.process_limits import DATA_BYTES_MAX, NICENESS, OOM_SCORE
from alpr_edge.settings import ListSource
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import generations, sync_state
from alpr_edge.store.keys import create_keys
from tests.hotlist.feed_texts import csv_text
from tests.other_user import as_other_user
from tests.syscalls import allowed_by

UNIT_FILE = Path(__file__).parents[3] / "systemd" / "alpr-edge.service"
TIGHT_BYTES = 200_000_000
"""Enough for Python and a small list, not for a million entries (247 MiB)."""
TELL = """
import os, resource, time
from pathlib import Path
from alpr_edge.hotlist.ingest.process_limits import limited_process
from alpr_edge.runtime.logs import configure_logs
configure_logs(verbose=True)
with limited_process():
    began_s, busy_s = time.monotonic(), time.process_time()
    while time.process_time() - busy_s < 1.5:
        pass
share = (time.process_time() - busy_s) / (time.monotonic() - began_s)
data = resource.getrlimit(resource.RLIMIT_DATA)[0]
print(os.getpriority(os.PRIO_PROCESS, 0), Path("/proc/self/oom_score_adj").read_text().strip(), data, round(share, 2))
"""
pytestmark = pytest.mark.review(5)


@pytest.fixture
def unit_filter(require_tool: Callable[[str], str]) -> list[str]:
    """A command in front of another that sets the capture unit's own filter of system calls."""
    names = allowed_by(require_tool("systemd-analyze"), UNIT_FILE)
    assert "setpriority" not in names
    return [sys.executable, "-m", "tests.syscalls", ",".join(names)]


def ran(command: list[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done


def test_without_a_filter_it_has_a_lower_priority() -> None:
    done = ran([sys.executable, "-c", TELL])
    niceness, score, data, _ = done.stdout.split()
    assert (int(niceness), int(score), int(data)) == (NICENESS, OOM_SCORE, DATA_BYTES_MAX)
    assert "import.throttled" not in done.stderr


def test_inside_the_unit_it_rests_half_of_the_time_and_says_so(unit_filter: list[str]) -> None:
    done = ran([*unit_filter, sys.executable, "-c", TELL])
    niceness, score, data, share = done.stdout.split()
    assert (int(niceness), int(score), int(data)) == (os.nice(0), OOM_SCORE, DATA_BYTES_MAX)
    assert float(share) < 0.6
    assert 'event=import.throttled failure="no lower priority: Operation not permitted"' in done.stderr


@pytest.mark.review2(14)
def test_started_by_a_user_other_than_root_it_is_the_first_to_go_when_memory_runs_out(
    require_tool: Callable[[str], str],
) -> None:
    require_tool("setpriv")
    command = as_other_user(sys.executable, "-m", "alpr_edge.hotlist.ingest.import_worker")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        score = Path(f"/proc/{process.pid}/oom_score_adj")
        until_s = time.monotonic() + 60
        while score.read_text().strip() != str(OOM_SCORE) and time.monotonic() < until_s:
            time.sleep(0.05)  # it reads its job last
        assert score.read_text().strip() == str(OOM_SCORE)
        _, told = process.communicate("", timeout=60)
    assert "oom_score_not_set" not in told


class Unit:
    """A store with one source over a watched folder.

    Args:
        folder: where all of it lies.
    """

    def __init__(self, folder: Path) -> None:
        create_keys(folder / "keys")
        (folder / "drop").mkdir()
        self.source = ListSource.model_validate(
            {"name": "bolo", "format": "generic-csv", "folder": folder / "drop", "growth_entries_min": 20_000_000}
        )
        (folder / "data").mkdir(mode=0o700)
        key = (folder / "keys" / "outbox.key").read_bytes()
        self.database = Database.open(folder / "data", key, migrate=True)
        self._folder = folder

    def drop(self, name: str, *rows: str, second: int) -> None:
        path = self._folder / "drop" / name
        path.write_bytes(csv_text(*rows))
        os.utime(path, (1_700_000_000 + second,) * 2)

    def import_next(self, *before: str) -> str:
        """What the process says that takes the next list in."""
        files = [(file.changed_ns, file.name, file.size) for file in drop_folder.listing(self._folder / "drop")]
        job = ImportJob(
            daemon_process=os.getpid(),
            data_directory=self._folder / "data",
            keys_directory=self._folder / "keys",
            source=self.source,
            before=files,
            now=datetime.now(UTC),
        )
        return ran(
            [*before, sys.executable, "-m", "alpr_edge.hotlist.ingest.import_worker"], job.model_dump_json()
        ).stderr

    def entries(self) -> list[int]:
        return [row.generation.entries for row in generations.live(self.database)]


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return Unit(tmp_path)


def test_a_list_is_imported_under_the_filter_of_the_unit(unit: Unit, unit_filter: list[str]) -> None:
    unit.drop("list.csv", *(f"ABC{number:04d},Stolen,CA" for number in range(2000)), second=0)
    assert "event=hotlist.imported" in unit.import_next(*unit_filter)
    assert unit.entries() == [2000]


def test_a_list_that_needs_more_memory_than_there_is_for_it_is_refused_and_the_one_held_stays(
    unit: Unit, require_tool: Callable[[str], str]
) -> None:
    unit.drop("small.csv", "ABC123,Stolen,CA", second=0)
    tight = (require_tool("prlimit"), f"--data={TIGHT_BYTES}")
    unit.import_next(*tight)
    unit.drop("large.csv", *(f"{number:07X},Stolen,CA" for number in range(0x1000000, 0x1000000 + 1_000_000)), second=1)
    assert "it needs more memory than an import may take" in unit.import_next(*tight)
    assert unit.entries() == [1]
    assert "more memory" in sync_state.state_of(unit.database, "bolo").take_failure
    assert "hotlist" not in unit.import_next(*tight), "a list that was refused is not tried again and again"
    unit.drop("next.csv", "ABC123,Stolen,CA", "ABC124,Stolen,CA", second=2)
    assert "event=hotlist.imported" in unit.import_next(*tight)
