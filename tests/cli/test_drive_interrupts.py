"""Ctrl-C on ``drive`` in a real process: it ends with 130, whenever it comes, and what it leaves agrees."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.app.rig import write_frames, write_settings

PATIENCE_S = 120.0
INTERRUPTED = 130


@contextmanager
def driving(out: Path, *more: str) -> Iterator["subprocess.Popen[str]"]:
    """A drive in a process of its own, which is ended whatever happens."""
    command = [sys.executable, "-m", "alpr_edge", "drive", "--out", str(out), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Wait for a state of the drive's folder; fails once the drive has ended without it."""
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, text_of(process.stderr)
        assert time.monotonic() < until_s
        time.sleep(0.02)


def text_of(stream: IO[str] | None) -> str:
    return "" if stream is None else stream.read()


def interrupt_drive(process: "subprocess.Popen[str]", out: Path) -> dict[str, int]:
    """Interrupt the drive, and give its summary once it has ended as it has to."""
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == INTERRUPTED, complaints
    assert complaints == f"alpr-edge: interrupted; {out} holds the reads made until then\n"
    summary: dict[str, int] = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    reads = [json.loads(line) for line in lines_of(out)]
    assert summary["reads"] == len(reads)
    assert summary["frames"] > max((read["last_frame"] for read in reads), default=-1)
    return summary


def lines_of(out: Path) -> list[str]:
    path = out / "reads.jsonl"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@pytest.fixture
def arguments(tmp_path: Path) -> tuple[str, ...]:
    """A folder of many plates at five pictures a second: a drive of minutes at its own pace."""
    frames = write_frames(tmp_path / "frames", [number % 4 for number in range(60)])
    settings = write_settings(tmp_path, frames)
    return ("--source", str(frames), "--settings", str(settings), "--fps", "5", "--pace", "real")


def test_an_interrupt_as_the_folder_is_made_leaves_an_empty_drive(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    out = tmp_path / "out"
    with driving(out, *arguments) as process:
        wait_until((out / "reads.jsonl").exists, process)
        assert interrupt_drive(process, out)["alerts"] == 0


@pytest.mark.parametrize("reads", [1, 3])
def test_an_interrupt_after_some_reads_keeps_them(tmp_path: Path, arguments: tuple[str, ...], reads: int) -> None:
    out = tmp_path / "out"
    with driving(out, *arguments) as process:
        wait_until(lambda: len(lines_of(out)) >= reads, process)
        summary = interrupt_drive(process, out)
    assert reads <= summary["reads"]
    assert summary["outbox_left"] >= summary["reads"]


def test_an_interrupt_while_the_models_work_does_not_abort_the_process(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with driving(out, "--source", "simulated") as process:
        wait_until(lambda: len(lines_of(out)) >= 1, process)
        assert interrupt_drive(process, out)["reads"] >= 1


def test_an_interrupt_while_a_department_is_sought_keeps_every_read(tmp_path: Path) -> None:
    frames, out = write_frames(tmp_path / "frames", [0]), tmp_path / "out"
    settings = write_settings(tmp_path, frames, "https://127.0.0.1:9")
    with driving(out, "--source", str(frames), "--settings", str(settings), "--upload-timeout", "3600") as process:
        wait_until(lambda: len(lines_of(out)) == 1, process)
        assert interrupt_drive(process, out)["outbox_left"] >= 1
