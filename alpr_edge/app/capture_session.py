"""What works from the ignition on until it goes off or the daemon is stopped, held together."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from alpr_edge.app.cameras import Camera
from alpr_edge.app.collection.no_collection import CollectionLimits
from alpr_edge.app.collection.position_wait import PositionWait
from alpr_edge.app.department_holds import DepartmentHoldsStage
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.camera_views import CameraViews
from alpr_edge.app.pipeline.pipeline import BEHIND, CAMERA_STAGE, TRACKING, WRITER, Pipeline
from alpr_edge.app.pipeline.recognition import RECOGNITION
from alpr_edge.app.precision_watch import PrecisionWatch
from alpr_edge.app.stages.access_log_upload import AccessLogUpload
from alpr_edge.app.stages.canvass_upkeep import CanvassUpkeep
from alpr_edge.app.stages.database_health import DATABASE_STAGE, DatabaseHealth
from alpr_edge.app.stages.disk import DiskStage
from alpr_edge.app.stages.frame_rate import FrameRateStage
from alpr_edge.app.stages.hotlist_refresh import HotlistRefresh
from alpr_edge.app.stages.page_requests import PageRequestStage
from alpr_edge.app.stages.position import PositionMonitor
from alpr_edge.app.stages.roster_install import RosterInstallStage
from alpr_edge.app.stages.self_check import SelfCheckStage
from alpr_edge.app.stages.store_counts import StoreCounts
from alpr_edge.app.unit_faults import Fault, FaultKind, faults_of
from alpr_edge.app.watches.watch_stage import WatchStage
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.store.unit_store import UnitStore

DRAIN_S_MAX = 4.5
"""Longest time to finish after a stop: systemd and the power supply wait five seconds."""
ROUND_S = 1.0
"""Time between two rounds of checks."""


@dataclass(frozen=True, slots=True, eq=False)
class CaptureSession:
    """One run of the pipeline, with everything whose state is checked beside it."""

    store: UnitStore
    lists: HotlistRefresh
    alerter: Alerter
    position: PositionMonitor
    cameras: list[Camera]
    limits: CollectionLimits
    position_wait: PositionWait
    views: CameraViews
    pipeline: Pipeline
    disk: DiskStage
    counts: StoreCounts
    databases: DatabaseHealth
    frame_rate: FrameRateStage
    access_log: AccessLogUpload
    roster: RosterInstallStage
    self_check: SelfCheckStage
    page_requests: PageRequestStage
    department_holds: DepartmentHoldsStage
    canvass: CanvassUpkeep
    precision: PrecisionWatch
    watches: WatchStage
    halt: threading.Event
    """Ends the waits of the cameras."""

    def faults(self) -> list[Fault]:
        """What is wrong with cameras, pipeline, sound, receiver, lists, disk and database."""
        sound = [f"sound: {self.alerter.trouble}"] if self.alerter.trouble else []
        return [
            *self._camera_faults(),
            *(_clock_fault(camera) for camera in self.cameras if camera.clock_trouble),
            *(_mode_fault(camera, text) for camera in self.cameras if (text := camera.mode_trouble)),
            *self.frame_rate.faults(),
            *(_stage_fault(line) for line in self.pipeline.troubles()),
            *(_storage_fault(line) for line in self.pipeline.storage_faults()),
            *faults_of(FaultKind.NO_SOUND, sound),
            *self.position.faults(),
            *self.position_wait.faults(),
            *self.lists.faults(),
            *self.disk.faults(),
            *faults_of(FaultKind.DATABASE, self.databases.warnings()),
            *self.access_log.faults(),
            *self.roster.faults(),
            *self.self_check.faults(),
            *self.page_requests.faults(),
            *self.department_holds.faults(),
            *self.canvass.faults(),
            *self.precision.faults(),
            *self.watches.faults(),
        ]

    def _camera_faults(self) -> list[Fault]:
        """What is wrong with each camera; and that none works, where all are down."""
        faults = [_camera_fault(camera) for camera in self.cameras if camera.trouble]
        down = [fault for fault in faults if fault.kind is FaultKind.CAMERA]
        if len(down) == len(self.cameras):
            faults.append(Fault(FaultKind.NO_CAMERA, "cameras", "no camera gives pictures: nothing is read"))
        faults += [_standstill_fault(camera, text) for camera in self.cameras if (text := camera.standstill)]
        without_pictures = {fault.subject for fault in faults}
        return faults + [fault for fault in self.views.faults() if fault.subject not in without_pictures]

    def disk_idle_s(self) -> float:
        """Seconds since a write on the disk last ended; the upkeep writes every few seconds (DiskProbe)."""
        return self.store.database.commits.idle_s()

    def figures(self) -> dict[str, Any]:
        """What health tells of frames, cameras, records and alerts."""
        latencies = list(self.alerter.latencies_ms)
        return {
            "frames": self.pipeline.frames_seen,
            "frames_dropped": self.pipeline.recognition.frames.drop_count,
            "frames_lost": self.pipeline.recognition.lost_count,
            "frames_not_collected": self.limits.drops.figures(),
            "cameras_not_collecting": self.limits.drops.silent_cameras,
            "reopened": {camera.camera_id: camera.reopen_count for camera in self.cameras},
            "cameras": {
                camera.camera_id: camera.figures | self.pipeline.camera_figures(camera.camera_id)
                for camera in self.cameras
            },
            **self.frame_rate.figures(),
            "records_waiting": len(self.pipeline.records),
            "records_let_go": self.pipeline.records.drop_count,
            **self.access_log.figures(),
            **self.roster.figures(),
            **self.lists.figures(),
            **self.page_requests.figures(),
            "restarts": self.pipeline.supervisor.restarts() | self.position.restarts(),
            "capture_to_tone_ms_median": round(median(latencies), 1) if latencies else None,
        }

    def drain(self, grace_s: float, stop: threading.Event, beat: Callable[[], None]) -> None:
        """Stop the cameras, and wait until open passes have become reads and all of them are written.

        Args:
            grace_s: how long the unit itself keeps the power on, as the ignition is off; 0: it does not.
            beat: called once a second meanwhile.
        """
        self.halt.set()
        stages = self.pipeline.supervisor
        stages.stop.set()
        if not is_written(stages, grace_s, stop, beat):
            raise StoreError("not everything was written in the time there was; it will be missing")
        failures = [state.failure for state in stages.states if state.finish_failed]
        if failures:
            raise StoreError(f"the last reads could not be written: {failures[0]}")


def _camera_fault(camera: Camera) -> Fault:
    name = f"camera {camera.camera_id}"
    kind = FaultKind.CAMERA_OPENING if camera.is_opening else FaultKind.CAMERA
    return Fault(kind, name, f"{name}: {camera.trouble}")


def _standstill_fault(camera: Camera, text: str) -> Fault:
    name = f"camera {camera.camera_id}"
    return Fault(FaultKind.CAMERA_FROZEN, name, f"{name}: {text}")


def _clock_fault(camera: Camera) -> Fault:
    name = f"camera {camera.camera_id}"
    return Fault(FaultKind.CAMERA_CLOCK, name, f"{name}: pictures are dated by arrival: {camera.clock_trouble}")


def _mode_fault(camera: Camera, text: str) -> Fault:
    name = f"camera {camera.camera_id}"
    return Fault(FaultKind.CAMERA_MODE, name, f"{name}: {text}")


def _stage_fault(line: str) -> Fault:
    """A fault of a stage, from the line that begins with its name."""
    name = line.partition(" ")[0]
    if name.startswith(CAMERA_STAGE):
        return Fault(FaultKind.CAMERA, f"camera {name.removeprefix(CAMERA_STAGE)}", line)
    is_needed = name in {WRITER, TRACKING, DATABASE_STAGE} or name.startswith(RECOGNITION)
    return Fault(FaultKind.STAGE if is_needed else FaultKind.SIDE_STAGE, name, line)


def _storage_fault(line: str) -> Fault:
    kind = FaultKind.NOT_STORED if line == BEHIND else FaultKind.STORED_IN_PART
    return Fault(kind, line.partition(":")[0], line)


def is_written(
    stages: Supervisor, grace_s: float, stop: threading.Event, beat: Callable[[], None], drain_s: float = DRAIN_S_MAX
) -> bool:
    """Wait until everything is written; False when it is not in time.

    Args:
        grace_s: how long the unit itself keeps the power on, as the ignition is off; 0: it does not.
        beat: called once a second meanwhile.
    """
    until_s = time.monotonic() + grace_s
    while not stop.is_set() and time.monotonic() < until_s:
        if stages.join(ROUND_S, is_last=False):
            return True
        beat()
    return stages.join(drain_s)
