"""A disk that hangs under a running unit: it is told with its tone while it hangs, and all goes on afterwards."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

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
    for tool in ("mkfs.ext4", "fsfreeze"):
        require_tool(tool)
    with Disk(tmp_path / "disk.img", DISK_BYTES) as disk:
        yield disk


def tells_of_disk(health: dict[str, Any]) -> bool:
    return any(line.startswith("disk: slow: ") for line in health["troubles"])


def test_it_is_told_while_it_hangs_and_what_was_read_is_stored_afterwards(tmp_path: Path, disk: Disk) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(9)), fps=20)
    text = settings.read_text().replace('data_directory = "data"', f'data_directory = "{disk.folder}/data"')
    settings.write_text(text)
    with daemon("run", "--settings", str(settings)) as run:
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
