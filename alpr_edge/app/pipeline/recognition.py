"""Shares the frames of all cameras out to recognition workers, and puts their results back in each camera's order.

One session of one thread reads a frame for each worker: frames side by side use the cores better than the threads of
one inference do. The workers share the models; ONNX Runtime lets several threads run one session at once, which costs
no more of the processor's time than a session each (measured with two).

A worker that fails is started again, and its frame counts as lost. Of a live camera whose frames fail one after the
other only one is tried now and then, so that the workers are there for the other cameras. A worker that hangs is
replaced; meanwhile the other workers go on, and after :data:`OVERDUE_S` of a live unit so does its camera, without that
frame.
"""

import os
import sys
from collections.abc import Mapping

from alpr_edge.app.pipeline.camera_figures import FrameCounts
from alpr_edge.app.pipeline.sparing_reader import SparingReader
from alpr_edge.domain.recognition.frames import Frame, Reading
from alpr_edge.domain.retry import Backoff
from alpr_edge.runtime.channels import BoundedChannel, LatestChannel
from alpr_edge.runtime.parallel.ordered_work import NO_LIMITS, LiveLimits, OrderedWork
from alpr_edge.runtime.parallel.worker_stage import WorkerStage

RECOGNITION = "recognition-"
"""Beginning of the names of the workers' stages; the worker's number, from 1, ends them."""
FRAMES_HELD = 4
"""Decoded frames of a recording waiting for recognition."""
AHEAD_OF_WORKERS = 2
"""Frames of one camera that are under way, for each worker: so that the others need not wait for one slow frame."""
READY_MAX = 2
"""Results of one live camera that wait for tracking, from which on its frames stay in the channel, where the newest
replaces the others. Tracking is one thread for all cameras: where it is what is slow, a frame that waits behind others
of its camera is tracked late, and a newer one would be there by then.

Three cameras of 30 frames a second, four workers, 50 ms of tracking a frame: a frame is 1.3 s old when it is tracked
where as many wait as may be under way, 0.4 s with two, 0.2 s with one. With one, up to a sixth fewer frames of a single
camera of 60 a second are tracked, as several results become ready at once when they waited for a slow one.
"""
SWITCH_S = 0.0005
"""Longest time for which one thread keeps Python to itself while others wait for it; Python's own value is ten times as
long. A worker asks for it again after each of some twenty calls that a frame makes of ONNX Runtime and OpenCV: beside
a thread that computes in Python, a frame waited for 43, 21 and 86 ms, and so for 24, 2 and 12 (three rounds in turns).
"""
OVERDUE_S = 5.0
"""Time after which a live camera goes on without a frame whose worker hangs or is starved."""
FAILING_CAMERA = Backoff(first_s=0.5, longest_s=30.0)
"""Waits between the frames that are tried of a live camera whose frames fail."""
WORKER_RESTART = Backoff(first_s=0.2, longest_s=1.0)
"""Waits before a worker that failed is started again: short, since what fails is the frame, and its camera is held."""
CAMERAS_A_CORE = 6
"""Cameras whose decoding fills one core: 5.6 ms a frame of 1280x720 (H.264, by the processor's time), 30 a second."""


def worker_count(wanted: int, cameras: int, cores: int | None = None) -> int:
    """The number of recognition workers: as many as there are cores, but what decoding needs.

    There is one for each camera where those are more than the cores, and less than twice as many: their frames share
    the cores then. Of three that come at once, two cores have finished the last after one and a half times what a frame
    takes, instead of twice, when it waits until one of two workers is free.

    Args:
        wanted: the setting; 0: by this rule.
        cores: the cores of this computer; None: those that this process may use.
    """
    there = len(os.sched_getaffinity(0)) if cores is None else cores
    usable = max(1, there - cameras // CAMERAS_A_CORE)
    return wanted or (cameras if usable < cameras < 2 * usable else usable)


class Recognition:
    """The recognition of all cameras' frames."""

    def __init__(self, readers: Mapping[str, SparingReader], workers: int, *, live: bool) -> None:
        sys.setswitchinterval(SWITCH_S)
        self._readers = readers
        self.frames: BoundedChannel[Frame] = (
            LatestChannel(_camera_of, producers=len(readers))
            if live
            else BoundedChannel(FRAMES_HELD, producers=len(readers))
        )
        """The channel that the cameras put frames into; the one place where frames are dropped because recognition or
        tracking is behind."""
        self.results: OrderedWork[Frame, list[Reading]] = OrderedWork(
            self.frames,
            _camera_of,
            workers,
            workers * AHEAD_OF_WORKERS,
            LiveLimits(READY_MAX, OVERDUE_S, FAILING_CAMERA) if live else NO_LIMITS,
        )
        """Frames with what was read in them, in each camera's order."""
        self.stages = [WorkerStage(f"{RECOGNITION}{n}", self.results, self._read) for n in range(1, workers + 1)]

    @property
    def lost_count(self) -> int:
        """Frames of all cameras that were lost."""
        return self.results.lost.total()

    def counts(self, camera_id: str, recognised: int) -> FrameCounts:
        """What became of the frames of a camera, of which so many were recognised."""
        dropped = self.frames.drops[camera_id] if isinstance(self.frames, LatestChannel) else 0
        captured = self.results.taken[camera_id] + dropped
        return FrameCounts(captured, recognised, dropped, self.results.lost[camera_id])

    def lost_text(self) -> str:
        """How many frames of which camera were lost; empty where none was."""
        return ", ".join(f"{camera_id} {count}" for camera_id, count in sorted(self.results.lost.items()) if count)

    def _read(self, frame: Frame) -> list[Reading]:
        return self._readers[frame.camera_id].read(frame)


def _camera_of(frame: Frame) -> str:
    return frame.camera_id
