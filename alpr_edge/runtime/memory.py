"""Keeps this process's memory, which has keys and plates in the clear, from being written to a disk; and bounds it.

A core file is a copy of all of it. Forbidding the file alone is not enough: a collector behind a pipe gets its copy
whatever the limit of size is (core(5)). The process is therefore marked as not dumpable (prctl(2)), which also keeps
other processes of its user from reading its memory.

The C library keeps up to eight heaps a core, one for each of a daemon's threads, and each keeps what was freed in it:
so a daemon grows for a quarter of an hour, until every heap has once held its greatest load.
"""

import ctypes
import resource
from dataclasses import dataclass
from pathlib import Path

_PR_SET_DUMPABLE = 4
_M_ARENA_MAX = -8
"""Number of heaps (mallopt(3))."""
HEAPS_MAX = 2
"""Heaps that all threads share."""


def forbid_dumps() -> None:
    """Forbid core files of this process and its children, and access to its memory by other processes of its user."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def bound_heaps() -> None:
    """Have all threads share :data:`HEAPS_MAX` heaps; to be called before threads begin, as heaps are never given up.

    Does nothing where the C library is not GNU's.
    """
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_M_ARENA_MAX, HEAPS_MAX)


def return_free_memory() -> None:
    """Return the pages of the heaps that hold nothing to the kernel (malloc_trim(3)).

    Does nothing where the C library is not GNU's.
    """
    if (malloc_trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        malloc_trim(0)


@dataclass(frozen=True, slots=True)
class Swap:
    """A place that memory is swapped out to."""

    path: str
    is_private: bool
    """Compressed memory, or a device encrypted as a whole: nothing of it lies on a disk in the clear."""


def swaps(proc: Path = Path("/proc"), system: Path = Path("/sys")) -> list[Swap]:
    """List the swap in use; empty where there is none."""
    try:
        lines = (proc / "swaps").read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return []  # a kernel without swap
    paths = [(words[0], words[1]) for line in lines if len(words := line.split()) > 1]
    return [Swap(path, _is_private(path, kind, system)) for path, kind in paths]


def core_pattern(proc: Path = Path("/proc")) -> str:
    """Where core files of other programs go: a name, or after a bar the program that gets them."""
    try:
        return (proc / "sys" / "kernel" / "core_pattern").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _is_private(path: str, kind: str, system: Path) -> bool:
    if kind != "partition":
        return False  # a file is as safe as its file system, which is not asked here
    name = Path(path).name
    return name.startswith("zram") or _is_encrypted(system / "class" / "block" / name, 8)


def _is_encrypted(device: Path, depth: int) -> bool:
    """Whether a device or all below it (LVM, RAID) are dm-crypt's."""
    try:
        uuid = (device / "dm" / "uuid").read_text(encoding="ascii")
    except OSError:
        uuid = ""
    if uuid.startswith("CRYPT-"):
        return True
    below = list((device / "slaves").glob("*"))
    return depth > 0 and bool(below) and all(_is_encrypted(each, depth - 1) for each in below)
