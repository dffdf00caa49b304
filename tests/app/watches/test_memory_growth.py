"""Processes that really grow are told, and no more once they gave the memory back; nothing is started anew for that."""

import mmap
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.app.watches.memory_use import (
    GROWTH_BYTES_MAX,
    WINDOW_S,
    DaemonMemoryWatch,
    MemoryWatch,
    machine_bytes,
    resident_bytes,
)
from tests.app.watches.test_watches import Seconds

SPARE_BYTES = 32 << 20
GROWING = """
import mmap, sys
from pathlib import Path
from alpr_edge.app.watches.memory_use import RESIDENT_FIGURE, resident_bytes
from alpr_edge.runtime.health import Health, write_health

block = None
for line in sys.stdin:
    if block is not None:
        block.close()
        block = None
    if size := int(line):
        block = mmap.mmap(-1, size)
        while block.tell() < len(block):
            block.write(bytes([1]) * (1 << 16))
    figures = {RESIDENT_FIGURE: resident_bytes()}
    write_health(Path(sys.argv[1]), Health(sys.argv[2], ready=True, troubles=(), figures=figures))
    print(flush=True)
"""
"""A daemon that takes so many bytes as it is told, and says in its health file what it has then."""


class GrowingDaemon:
    """The process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def take(self, size: int) -> None:
        """Have so much memory beside its own, and say so."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{size}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "\n"


@contextmanager
def growing(folder: Path, name: str) -> Iterator[GrowingDaemon]:
    command = [sys.executable, "-c", GROWING, str(folder), name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield GrowingDaemon(process)
        assert process.stdin is not None
        process.stdin.close()


def pass_window(watch: MemoryWatch | DaemonMemoryWatch, seconds: Seconds) -> list[Fault]:
    """Ten minutes later."""
    seconds.now_s += WINDOW_S
    watch.look()
    return watch.faults()


def test_a_process_that_really_grows_is_told_and_heals_without_a_restart() -> None:
    seconds = Seconds()
    watch = MemoryWatch(resident_bytes, machine_bytes(), seconds)
    assert [pass_window(watch, seconds) for _ in range(2)] == [[], []]
    with mmap.mmap(-1, GROWTH_BYTES_MAX + SPARE_BYTES) as block:
        while block.tell() < len(block):
            block.write(bytes([1]) * (1 << 16))
        (fault,) = pass_window(watch, seconds)
    assert (fault.kind, fault.subject) == (FaultKind.MEMORY, "memory")
    assert pass_window(watch, seconds) == []


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [("console", FaultKind.PAGE_MEMORY, "the page"), ("uplink", FaultKind.UPLINK_MEMORY, "the uplink")],
)
def test_another_daemon_that_really_grows_is_told_by_what_it_says_and_heals(
    tmp_path: Path, name: str, kind: FaultKind, words: str
) -> None:
    seconds = Seconds()
    watch = DaemonMemoryWatch(tmp_path, name, machine_bytes(), seconds)
    watch.look()
    assert watch.faults() == [], "it does not run yet"
    with growing(tmp_path, name) as daemon:
        for _ in range(3):
            daemon.take(0)
            watch.look()
            assert pass_window(watch, seconds) == []
        daemon.take(GROWTH_BYTES_MAX + SPARE_BYTES)
        (fault,) = pass_window(watch, seconds)
        assert (fault.kind, fault.text.startswith(f"memory: {words} has ")) == (kind, True)
        daemon.take(0)
        assert pass_window(watch, seconds) == []
        daemon.take(GROWTH_BYTES_MAX + SPARE_BYTES)
        assert len(pass_window(watch, seconds)) == 1
    watch.look()
    assert watch.faults() == [], "it has ended, and its memory with it"
