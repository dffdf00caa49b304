"""How long a unit waits for its last reads to be written."""

import threading
import time
from collections.abc import Callable

import pytest

from alpr_edge.app.capture_session import is_written
from alpr_edge.runtime.supervisor import Supervisor

WRITING_S = 1.5


class SlowWriter:
    """Goes on writing for a while after the stop."""

    name = "writer"

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        stop.wait(60)
        until_s = time.monotonic() + WRITING_S
        while time.monotonic() < until_s:
            beat()
            time.sleep(0.02)

    def finish(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("grace_s", "is_stopped", "in_time"), [(60.0, False, True), (0.0, False, False), (60.0, True, False)]
)
def test_the_ignition_gives_the_writer_as_long_as_the_unit_keeps_its_power(
    grace_s: float, is_stopped: bool, in_time: bool
) -> None:
    stages, stop, beats = Supervisor(), threading.Event(), []
    stages.add(SlowWriter())
    stages.start()
    stages.stop.set()
    if is_stopped:
        stop.set()
    assert is_written(stages, grace_s, stop, lambda: beats.append(1), drain_s=0.1) is in_time
    assert bool(beats) is in_time
    assert stages.join(60)
