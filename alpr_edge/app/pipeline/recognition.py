"""Shares the frames of all cameras out to recognition workers, and puts their results back in each camera's order.

One session of one thread reads a frame for each worker: frames side by side use the cores better than the threads of
one inference do. The workers share the models; ONNX Runtime lets several threads run one session at once.

A worker that fails is started again, and its frame counts as lost. One that hangs is replaced; meanwhile the other
workers go on, and after :data:`OVERDUE_S` of a live unit so does its camera, without that frame.
"""

import os
from collections.abc import Mapping, Sequence

from alpr_edge.app.pipeline.camera_figures import FrameCounts
from alpr_edge.domain.recognition.frames import Frame, Reading
from alpr_edge.domain.recognition.ignore_areas import Polygon
from alpr_edge.runtime.channels import BoundedChannel, LatestChannel
from alpr_edge.runtime.parallel.ordered_work import OrderedWork
from alpr_edge.runtime.parallel.worker_stage import WorkerStage
from alpr_edge.vision.recogniser import Recogniser

RECOGNITION = "recognition-"
"""Beginning of the names of the workers' stages; the worker's number, from 1, ends them."""
FRAMES_HELD = 4
"""Decoded frames of a recording waiting for recognition."""
AHEAD_OF_WORKERS = 2
"""Frames of one camera that are under way, for each worker: so that the others need not wait for one slow frame."""
OVERDUE_S = 5.0
"""Time after which a live camera goes on without a frame whose worker hangs or is starved."""
CAMERAS_A_CORE = 6
"""Cameras whose decoding fills one core: 5.6 ms a frame of 1280x720 (H.264, by the processor's time), 30 a second."""


def worker_count(wanted: int, cameras: int, cores: int | None = None) -> int:
    """The number of recognition workers.

    Args:
        wanted: the setting; 0: all cores but what decoding needs, at least one.
        cameras: the number of cameras.
        cores: the cores of this computer; None: those that this process may use.
    """
    usable = len(os.sched_getaffinity(0)) if cores is None else cores
    return wanted or max(1, usable - cameras // CAMERAS_A_CORE)


class Recognition:
    """The recognition of all cameras' frames.

    Args:
        recogniser: what finds and reads plates; the workers share it.
        areas: for each camera by its id the areas in which no plate is looked for.
        workers: the number of workers.
        live: whether frames that the workers cannot follow are dropped, and those of one that hangs given up;
            otherwise the cameras wait.
    """

    def __init__(
        self, recogniser: Recogniser, areas: Mapping[str, Sequence[Polygon]], workers: int, *, live: bool
    ) -> None:
        self._recogniser = recogniser
        self._areas = areas
        self.frames: BoundedChannel[Frame] = (
            LatestChannel(_camera_of, producers=len(areas))
            if live
            else BoundedChannel(FRAMES_HELD, producers=len(areas))
        )
        """The channel that the cameras put frames into; the one place where frames are dropped."""
        self.results: OrderedWork[Frame, list[Reading]] = OrderedWork(
            self.frames, _camera_of, workers, workers * AHEAD_OF_WORKERS, OVERDUE_S if live else None
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
        return self._recogniser.read_frame(frame, self._areas[frame.camera_id])


def _camera_of(frame: Frame) -> str:
    return frame.camera_id
