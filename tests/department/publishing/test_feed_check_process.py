"""A feed is checked in a process of its own, within the limits of a unit's import, and its end is a refusal."""

import json
import multiprocessing
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.publishing.feed_check import FeedToPublish
from alpr_edge.department.publishing.list_publisher import ListPublisher
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.hotlist.ingest.process_limits import DATA_BYTES_MAX, NICENESS
from tests.other_user import STRANGER, as_other_user
from tests.syscalls import allowed_by

PAGE_UNIT_FILE = Path(__file__).parents[3] / "systemd" / "department" / "alpr-edge-department-page.service"

SETTINGS = '[[feed]]\nname = "amber"\nformat = "generic-csv"\n'
ENTRIES = 60_000
SPARE_BYTES = 2_000_000
"""Memory left to a check that has begun; the entries take more."""


@pytest.fixture
def feed(tmp_path: Path) -> FeedToPublish:
    path = tmp_path / "feed.csv"
    lines = [f"{number:07X},AMBER Alert,CA,{number}\n" for number in range(0x1000000, 0x1000000 + ENTRIES)]
    path.write_text("Plate Number,Description,State/Province,Remarks\n" + "".join(lines))
    return FeedToPublish(path, "amber")


def create(directory: Path) -> None:
    directory.mkdir(mode=0o700)
    (directory / "department.toml").write_text(SETTINGS)


def check(feed: FeedToPublish, directory: Path, at_first: Callable[[int], object]) -> int:
    """Entries that a check finds; ``at_first`` gets the id of its process once it has read some of them."""
    told: list[int] = []

    def progress(entries: int, _: float) -> None:
        if not told:
            (process,) = multiprocessing.active_children()
            assert process.pid is not None
            at_first(process.pid)
        told.append(entries)

    create(directory)
    with closing(Storage(directory)) as storage:
        found = ListPublisher(directory, storage.database).check(replace(feed, progress=progress))
    assert found is not None
    assert told[-1] == found.entries
    return found.entries


def test_it_has_the_limits_of_a_units_import_and_is_gone_with_its_end(feed: FeedToPublish, tmp_path: Path) -> None:
    limits: list[tuple[int, int]] = []
    priorities: list[int] = []

    def note(pid: int) -> None:
        limits.append(resource.prlimit(pid, resource.RLIMIT_DATA))
        priorities.append(os.getpriority(os.PRIO_PROCESS, pid))

    assert check(feed, tmp_path / "department", note) == ENTRIES
    assert (limits, priorities) == ([(DATA_BYTES_MAX, DATA_BYTES_MAX)], [NICENESS])
    assert multiprocessing.active_children() == []


def test_a_feed_that_needs_more_memory_than_there_is_for_it_is_refused(feed: FeedToPublish, tmp_path: Path) -> None:
    def tighten(pid: int) -> None:
        (present,) = re.findall(r"(?m)^VmData:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        limit = int(present) * 1024 + SPARE_BYTES
        resource.prlimit(pid, resource.RLIMIT_DATA, (limit, limit))

    with pytest.raises(DepartmentError, match="refused, nothing is published: it needs more memory than an import may"):
        check(feed, tmp_path / "department", tighten)


def test_a_check_that_the_kernel_ends_is_a_refusal(feed: FeedToPublish, tmp_path: Path) -> None:
    with pytest.raises(DepartmentError, match="nothing is published: the check was ended by signal 9, for memory"):
        check(feed, tmp_path / "department", lambda pid: os.kill(pid, signal.SIGKILL))


def test_a_check_that_stops_with_the_page_is_no_fault_of_the_feed(feed: FeedToPublish, tmp_path: Path) -> None:
    with pytest.raises(DepartmentError) as stopped:
        check(feed, tmp_path / "department", lambda pid: os.kill(pid, signal.SIGTERM))
    assert str(stopped.value) == "amber: nothing is published: the page was stopped; upload it again"


def test_it_runs_under_the_filter_of_the_page(
    feed: FeedToPublish, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    create(tmp_path / "department")
    Storage(tmp_path / "department").close()
    publish = ("publish", str(feed.path), "--source", feed.source, "--new-source", "--dry-run", "--json")
    command = [sys.executable, "-m", "alpr_edge", "department", *publish, "--directory", str(tmp_path / "department")]
    names = allowed_by(require_tool("systemd-analyze"), PAGE_UNIT_FILE)
    assert "setpriority" not in names
    filtered = [sys.executable, "-m", "tests.syscalls", ",".join(names), *command]
    done = subprocess.run(filtered, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["check"]["entries"] == ENTRIES


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that users other than root can reach."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.review2(14)
def test_no_warning_stands_above_the_answer_for_a_user_other_than_root(
    feed: FeedToPublish, place: Path, require_tool: Callable[[str], str]
) -> None:
    require_tool("setpriv")
    directory, copy = place / "department", str(shutil.copy(feed.path, place / "feed.csv"))
    create(directory)
    Storage(directory).close()
    if os.geteuid() == 0:
        for path in (place, *place.rglob("*")):
            os.chown(path, STRANGER, STRANGER)
    publish = ("publish", copy, "--source", feed.source, "--new-source", "--dry-run", "--json")
    command = as_other_user(sys.executable, "-m", "alpr_edge", "department", *publish, "--directory", str(directory))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["check"]["entries"] == ENTRIES
