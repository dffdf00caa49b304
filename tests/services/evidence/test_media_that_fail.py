"""A medium that is pulled, full or write-protected, and an export that is killed: nothing is left that looks whole."""

import contextlib
import multiprocessing
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence.verification import verify_package
from alpr_edge.runtime.durable_files import sync_directory
from scripts.faults.disk import Disk
from tests.services.evidence.case_rig import (
    CaseRig,
    escrowed_passphrase,
    export_in_process,
    looks_whole,
    open_rig,
)
from tests.staff import Staff

READS = 60
JOIN_S_MAX = 60.0
MANY = pytest.param(50, id="many", marks=pytest.mark.slow)
"""As many moments as are asked for by the marker ``slow``; the ordinary suite has a few."""


@pytest.fixture(scope="module")
def rig(staff: Staff) -> Iterator[CaseRig]:
    with open_rig(staff) as rig:
        rig.hold(*(rig.add_read(number, is_hit=number % 5 == 0) for number in range(READS)))
        rig.sign_log()
        yield rig


def require_sound(rig: CaseRig, authority: TlsFiles, medium: Path) -> int:
    """Whatever looks whole on a medium is whole and booked, with a passphrase that the department can open."""
    found = looks_whole(medium)
    for package in found:
        passphrase = escrowed_passphrase(rig, authority, package)
        assert verify_package(package, lambda *_: None, passphrase=passphrase).faults == ()
    return len(found)


def require_new_start(rig: CaseRig, medium: Path) -> None:
    """The next export leaves nothing of those before that were cut short."""
    before = looks_whole(medium)
    result = rig.export(medium)
    assert sorted(path for path in medium.rglob("*") if path.is_file()) == sorted([*before, result.path])
    for path in looks_whole(medium):
        path.unlink()
    sync_directory(medium)  # the next cut does not bring it back


@pytest.mark.parametrize("moments", [pytest.param(4, id="few"), MANY])
def test_a_medium_that_is_pulled_at_any_moment_holds_nothing_that_looks_whole(
    rig: CaseRig, authority: TlsFiles, disk: Disk, moments: int
) -> None:
    random = Random(462)
    began = time.monotonic()
    rig.export(disk.folder).path.unlink()
    whole_s, failed = time.monotonic() - began, 0
    for _ in range(moments):
        ended: list[str] = []

        def work(ended: list[str] = ended) -> None:
            try:
                ended.append(rig.export(disk.folder).path.name)
            except EvidenceError:
                ended.append("")

        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(random.uniform(0, whole_s))
        disk.cut_power()
        thread.join(JOIN_S_MAX)
        assert not thread.is_alive()
        disk.restart()
        failed += ended == [""]
        whole = require_sound(rig, authority, disk.folder)
        assert whole == bool(ended[0]) or (whole, ended) == (1, [""]), "what is told to be there is there"
        require_new_start(rig, disk.folder)
    assert failed


@pytest.mark.parametrize("moments", [pytest.param(2, id="few"), MANY])
def test_an_export_that_is_killed_at_any_moment_leaves_nothing_that_looks_whole(
    rig: CaseRig, staff: Staff, authority: TlsFiles, medium: Path, moments: int
) -> None:
    random, processes, killed = Random(463), multiprocessing.get_context("spawn"), 0
    settings_file = staff.unit.unit.data_directory.parent / "alpr-edge.toml"
    for number in range(moments):
        here, there = processes.Pipe(duplex=False)
        token = staff.begin_session()
        process = processes.Process(target=export_in_process, args=(settings_file, token, medium, there), daemon=True)
        process.start()
        there.close()
        # The last reads are close to the end, where the package is closed, read back, booked and named.
        last = READS if number % 2 else random.randint(0, READS)
        with contextlib.suppress(EOFError):
            while here.poll(JOIN_S_MAX) and here.recv() not in {last, "done"}:
                pass
        time.sleep(random.uniform(0, 0.2) if number % 2 else 0)
        process.kill()
        process.join()
        killed += process.exitcode == -9
        here.close()
        require_sound(rig, authority, medium)
        require_new_start(rig, medium)
    assert killed


def test_a_medium_that_fills_up_meanwhile_is_told_and_holds_nothing(rig: CaseRig, disk: Disk) -> None:
    filled = threading.Event()

    def fill_once(done: int, _total: int) -> None:
        if done == READS // 2 and not filled.is_set():
            filled.set()
            disk.fill()

    with rig.staff.authoriser() as chief, pytest.raises(EvidenceError, match="cannot be written: No space left"):
        rig.export_with(chief, disk.folder, fill_once)
    assert filled.is_set()
    assert looks_whole(disk.folder) == [disk.folder / "filling"] or not looks_whole(disk.folder)
    disk.free()
    require_new_start(rig, disk.folder)


def test_a_medium_without_room_or_write_protected_is_refused_before_anything_is_written(
    rig: CaseRig, disk: Disk
) -> None:
    disk.fill()
    with pytest.raises(EvidenceError, match="are free; take another"):
        rig.export(disk.folder)
    disk.free()
    subprocess.run(["mount", "-o", "remount,ro", disk.folder], check=True)
    with pytest.raises(EvidenceError, match=r"write-protected|Read-only"):
        rig.export(disk.folder)
    subprocess.run(["mount", "-o", "remount,rw", disk.folder], check=True)
    assert looks_whole(disk.folder) == []
    assert os.listdir(disk.folder) in ([], ["lost+found"])  # noqa: PTH208 - names alone
