"""What of a process's memory may reach a disk."""

import subprocess
import sys
from pathlib import Path

import pytest

from alpr_edge.runtime.memory import core_pattern, swaps

pytestmark = pytest.mark.review(18)
CRASH = """
import ctypes, os, resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
sys.argv = ["alpr-edge", "--version"]
from alpr_edge.cli import main
try:
    main()
except SystemExit:
    print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE), flush=True)
    os.abort()
"""
SWAPS = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


def test_a_command_that_crashes_leaves_no_core_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASH], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode < 0
    assert done.stdout.splitlines()[-1] == "0 (0, 0)"
    assert not list(tmp_path.iterdir())


def swap_privacy(folder: Path, *lines: str) -> dict[str, bool]:
    """The swap of a computer whose kernel tells so."""
    (folder / "proc").mkdir()
    (folder / "proc" / "swaps").write_text(SWAPS + "".join(f"{line}\t1048572\t0\t-2\n" for line in lines))
    return {swap.path: swap.is_private for swap in swaps(folder / "proc", folder / "sys")}


def device(folder: Path, name: str, uuid: str = "", *below: str) -> None:
    """A block device of that computer and those it lies on."""
    place = folder / "sys" / "class" / "block" / name
    (place / "slaves").mkdir(parents=True)
    for other in below:
        (place / "slaves" / other).symlink_to(place.parent / other)
    if uuid:
        (place / "dm").mkdir()
        (place / "dm" / "uuid").write_text(f"{uuid}\n", encoding="ascii")


def test_swap_in_the_clear_is_told_from_compressed_memory_and_encrypted_devices(tmp_path: Path) -> None:
    device(tmp_path, "sda2")
    device(tmp_path, "dm-0", "CRYPT-LUKS2-00-swap", "sda2")
    device(tmp_path, "dm-1", "LVM-x", "dm-0")
    device(tmp_path, "dm-2", "LVM-y", "sda2")
    device(tmp_path, "dm-3", "LVM-z", "dm-0", "sda2")
    names = ("zram0", "sda2", "dm-0", "dm-1", "dm-2", "dm-3")
    privacy = swap_privacy(tmp_path, *(f"/dev/{name} partition" for name in names), "/swapfile file")
    private = ("/dev/zram0", "/dev/dm-0", "/dev/dm-1")
    assert privacy == {path: path in private for path in (*(f"/dev/{name}" for name in names), "/swapfile")}


def test_a_computer_without_swap_has_none(tmp_path: Path) -> None:
    assert swap_privacy(tmp_path) == {}
    assert swaps(tmp_path / "nowhere", tmp_path) == []
    assert core_pattern(tmp_path) == ""
