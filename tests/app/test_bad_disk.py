"""A disk that hangs or is made read-only under a running unit: told with its tone, and all goes on afterwards."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.settings import load
from alpr_edge.store.unit_store import open_store
from scripts.faults.disk import Disk
from tests.app.rig import daemon, wait_for_health, write_frames, write_settings

DISK_BYTES = 1 << 30
FRAMES_MEANWHILE = 60
"""Frames that the unit takes after the disk was told: it goes on, and its health goes on to say so."""


@pytest.fixture
def disk(
    tmp_path: Path, require_tool: Callable[[str], str], require_system_module: Callable[[str], str]
) -> Iterator[Disk]:
    require_system_module("import os; assert os.access('/dev/loop-control', os.W_OK), 'mounting needs root'")
    for tool in ("mkfs.ext4", "e2fsck", "fsfreeze"):
        require_tool(tool)
    with Disk(tmp_path / "disk.img", DISK_BYTES) as disk:
        yield disk


def settings_on(disk: Disk, folder: Path) -> Path:
    """Settings of a unit whose data lie on the disk."""
    settings = write_settings(folder, write_frames(folder / "frames", range(9)), fps=20)
    text = settings.read_text().replace('data_directory = "data"', f'data_directory = "{disk.folder}/data"')
    settings.write_text(text)
    return settings


def tells_of_disk(health: dict[str, Any]) -> bool:
    return any(line.startswith("disk: slow: ") for line in health["troubles"])


def test_it_is_told_while_it_hangs_and_what_was_read_is_stored_afterwards(tmp_path: Path, disk: Disk) -> None:
    with daemon("run", "--settings", str(settings_on(disk, tmp_path))) as run:
        run.wait_for("event=read.stored", 3)
        subprocess.run(["fsfreeze", "--freeze", disk.folder], check=True)
        try:
            told = wait_for_health(tmp_path, tells_of_disk)
            run.wait_for("event=tone.sounded tone=disk")
            stored, taken = run.count("event=read.stored"), told["figures"]["frames"]
            wait_for_health(tmp_path, lambda health: health["figures"]["frames"] >= taken + FRAMES_MEANWHILE)
            assert run.count("event=read.stored") == stored, "nothing can be stored"
        finally:
            subprocess.run(["fsfreeze", "--unfreeze", disk.folder], check=True)
        run.wait_for("event=read.stored", stored + 3)
        assert run.end(signal.SIGTERM) == 0


def test_one_made_read_only_is_told_and_after_its_repair_every_stored_read_is_there(tmp_path: Path, disk: Disk) -> None:
    settings = settings_on(disk, tmp_path)
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored", 3)
        disk.fail()
        told = wait_for_health(tmp_path, cannot_be_written)
        run.wait_for("event=tone.sounded tone=disk")
        taken = told["figures"]["frames"]
        wait_for_health(tmp_path, lambda health: health["figures"]["frames"] >= taken + FRAMES_MEANWHILE)
        run.end(signal.SIGTERM)
        stored = {line.partition(" read=")[2].split()[0] for line in run.having("event=read.stored")}
    disk.repair()
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored", 3)
        wait_for_health(tmp_path, lambda health: not cannot_be_written(health))
        assert run.end(signal.SIGTERM) == 0
    assert len(stored) >= 3
    with open_store(load(settings), migrate=False) as store:
        assert [read_id for read_id in stored if store.reads.get(read_id) is None] == []


def cannot_be_written(health: dict[str, Any]) -> bool:
    return any(line.startswith("disk: nothing can be written on it") for line in health["troubles"])
