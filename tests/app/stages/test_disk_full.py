"""The running unit on a disk that fills up: it goes on sounding, nothing acknowledged is lost, and it comes back."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.app.pipeline.pipeline import RECORDS_HELD
from alpr_edge.settings import load
from alpr_edge.store.unit_store import open_store
from scripts.faults.disk import Disk
from tests.app.rig import daemon, wait_for_health, write_frames, write_settings
from tests.app.test_daemons import stored_reads

FULL = "disk: full, no read is kept"


@pytest.fixture
def disk(
    tmp_path: Path, require_tool: Callable[[str], str], require_system_module: Callable[[str], str]
) -> Iterator[Disk]:
    """A small ext4 file system of its own."""
    require_system_module("import os; assert os.access('/dev/loop-control', os.W_OK), 'mounting needs root'")
    require_tool("mkfs.ext4")
    with Disk(tmp_path / "disk.img", 64 << 20) as disk:
        yield disk


def is_full(health: dict[str, Any]) -> bool:
    return any(line.startswith(FULL) for line in health["troubles"])


def test_a_full_disk_is_red_holds_what_is_read_loses_nothing_and_is_left_again(tmp_path: Path, disk: Disk) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(20)))
    text = settings.read_text(encoding="utf-8").replace('"data"', f'"{disk.folder / "data"}"')
    settings.write_text(text + "[retention]\nballast_bytes = 4194304\n", encoding="utf-8")
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored", 3)
        wait_for_health(tmp_path, lambda health: health["figures"].get("disk") == "room")
        disk.fill()
        run.wait_for("event=disk.ballast_released")
        told = wait_for_health(
            tmp_path, lambda told: is_full(told) and told["figures"]["records_waiting"] > RECORDS_HELD + 20
        )
        assert not told["ready"]
        assert told["figures"]["records_set_aside"] == 0
        assert told["figures"]["disk"] == "red"
        read_count = len(stored_reads(run.lines))
        time.sleep(1.0)  # no condition: nothing is to happen
        assert len(stored_reads(run.lines)) == read_count
        disk.free()
        run.wait_for("event=disk.ballast_written", 2)
        run.wait_for("event=read.stored", read_count + 20)
        wait_for_health(tmp_path, lambda told: not is_full(told))
        assert run.end(signal.SIGTERM) == 0
        read_ids = stored_reads(run.lines)
    with open_store(load(settings), migrate=False) as store:
        assert all(store.reads.get(read_id) is not None for read_id in read_ids)
        assert store.reads.counts().open_reads == 0
