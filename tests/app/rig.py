"""A whole unit in a folder: models for grey frames, keys, settings, and a department on loopback."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from tests.units import write_unit
from tests.vision.models import LEVEL_STEP, brightness_models, write_models

PLATES = tuple(f"{n}ABC{n}{n}{n}"[:7] for n in range(1, 10)) + tuple(f"5XYZ{n:03d}" for n in range(20))
UNIT = "test-1"
WAIT_S = 180.0


def write_frames(folder: Path, passes: Sequence[int], plate_frames: int = 3, gap: int = 3) -> Path:
    """A recording of grey frames: each pass shows its plate ``plate_frames`` frames long, then nothing for ``gap``."""
    folder.mkdir(parents=True)
    number = 0
    for index in passes:
        for level in [LEVEL_STEP * (index + 1)] * plate_frames + [0] * gap:
            cv2.imwrite(str(folder / f"{number:05d}.png"), np.full((360, 640, 3), level, np.uint8))
            number += 1
    return folder


def write_settings(
    folder: Path, frames: Path, url: str = "", fps: float = 20, pass_gap_ms: float = 100, unit_id: str = UNIT
) -> Path:
    """Settings, models and keys of a unit that watches ``frames`` over and over.

    Each frame takes the unit some 9 ms of a core.
    """
    write_models(folder / "models", *brightness_models(PLATES))
    more = f"""
[[camera]]
kind = "folder"
path = "{frames}"
fps = {fps}
reopen_first_s = 0.01
[vision]
models_directory = "models"
workers = 2
[decision]
pass_gap_ms = {pass_gap_ms:g}
[alerts]
player = "wav"
"""
    return write_unit(folder, unit_id, url, uplink="retry_first_s = 0.1\nidle_s = 0.05", more=more)


def wait_for_health(
    folder: Path, condition: Callable[[dict[str, Any]], bool], unit: str = "run", wait_s: float = WAIT_S
) -> dict[str, Any]:
    """The health of a daemon once it is as awaited."""
    path, deadline_s = folder / "runtime" / f"{unit}.json", time.monotonic() + wait_s
    health: dict[str, Any] = {}
    while time.monotonic() < deadline_s:
        health = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if health and condition(health):
            return health
        time.sleep(0.05)
    raise AssertionError(f"health is not as awaited: {health}")


def edge(*arguments: str, stdin: str = "") -> Result:
    """Run a command to its end, within this process, since one of its own takes seconds to start; no line is cut."""
    return CliRunner().invoke(app, arguments, input=stdin, env={"COLUMNS": "300"})


class Daemon:
    """A subprocess of the product whose log is read as it comes.

    Args:
        arguments: of the command line.
        inside: a program that runs it elsewhere, such as in a network namespace.
    """

    def __init__(self, *arguments: str, inside: Sequence[str] = ()) -> None:
        self._process = subprocess.Popen(
            [*inside, sys.executable, "-m", "alpr_edge", *arguments],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        self.lines: list[str] = []
        self._condition = threading.Condition()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    def wait_for(self, text: str, count: int = 1) -> str:
        """Wait until ``count`` lines hold ``text``; returns the last of them."""
        with self._condition:
            is_over = self._condition.wait_for(lambda: len(self.having(text)) >= count or self._has_ended(), WAIT_S)
            assert is_over, f"{text!r} did not come: {self.lines[-5:]}"
            assert len(self.having(text)) >= count, f"ended without {text!r}: {self.lines[-5:]}"
            return self.having(text)[count - 1]

    def count(self, text: str) -> int:
        """Number of lines so far that hold ``text``."""
        return len(self.having(text))

    def having(self, text: str) -> list[str]:
        """The lines so far that hold ``text``."""
        return [line for line in self.lines if text in line]

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        self._process.send_signal(number)
        return self.wait_for_end()

    def wait_for_end(self) -> int:
        """Wait for the end; returns the exit code."""
        code = self._process.wait(WAIT_S)
        self._reader.join(WAIT_S)
        assert self._process.stderr is not None
        self._process.stderr.close()
        return code

    def _has_ended(self) -> bool:
        return self._process.poll() is not None and not self._reader.is_alive()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._condition:
                self.lines.append(line.rstrip("\n"))
                self._condition.notify_all()
        with self._condition:
            self._condition.notify_all()


@contextmanager
def daemon(*arguments: str, inside: Sequence[str] = ()) -> Iterator[Daemon]:
    """A daemon that is gone afterwards."""
    process = Daemon(*arguments, inside=inside)
    try:
        yield process
    finally:
        if process._process.poll() is None:
            process.end(signal.SIGKILL)
