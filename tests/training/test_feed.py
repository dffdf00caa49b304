"""The process that renders samples: when it ends, and when it does not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plate_training.run.feed import FeedEndError, Sample, SampleFeed

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, signal, sys
from pathlib import Path
from plate_training.run.feed import SampleFeed
from tests.training.test_feed import build

if __name__ == "__main__":
    feed = SampleFeed(build, 1, 64, 1.0)
    feed.batch(8)
    Path(sys.argv[1]).write_text(str(feed._process.pid))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def build() -> Callable[[np.random.Generator], Sample]:
    return lambda rng: (rng.integers(0, 256, (64, 64)).astype(np.uint8),)


def draw(feed: SampleFeed, batches: int) -> int:
    return sum(len(feed.batch(16)[0]) for _ in range(batches))


def send(feed: SampleFeed, number: signal.Signals) -> None:
    assert feed._process.pid is not None
    os.kill(feed._process.pid, number)


def is_running(pid: int) -> bool:
    status = Path("/proc") / str(pid) / "stat"
    return status.exists() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


def test_it_renders_on_through_ctrl_c() -> None:
    feed = SampleFeed(build, 1, 64, 1.0)
    try:
        feed.batch(8)
        send(feed, signal.SIGINT)
        assert draw(feed, 100) == 1600
    finally:
        feed.close()


def test_its_end_is_seen_in_the_middle_of_a_part() -> None:
    feed = SampleFeed(build, 1, 64, 1.0)
    try:
        feed.batch(8)
        send(feed, signal.SIGKILL)
        with pytest.raises(FeedEndError):
            draw(feed, 1000)
    finally:
        feed.close()


def test_it_ends_with_a_trainer_that_was_killed(tmp_path: Path) -> None:
    program = tmp_path / "trainer.py"
    program.write_text(PROGRAM, encoding="utf-8")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "models" / "training")])
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path / "pid")],
        env=os.environ | {"PYTHONPATH": paths},
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    pid = int((tmp_path / "pid").read_text(encoding="utf-8"))
    until = time.monotonic() + 20
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.1)
    was_running = is_running(pid)
    if was_running:
        os.kill(pid, signal.SIGKILL)
    assert not was_running
