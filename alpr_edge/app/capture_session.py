"""What works from the ignition on until it goes off or the daemon is stopped, held together."""

import threading
from dataclasses import dataclass
from statistics import median
from typing import Any

from alpr_edge.app.cameras import Camera
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.pipeline import Pipeline
from alpr_edge.app.stages.database_health import DatabaseHealth
from alpr_edge.app.stages.disk import DiskStage
from alpr_edge.app.stages.hotlist_refresh import HotlistRefresh
from alpr_edge.app.stages.position import PositionMonitor
from alpr_edge.app.stages.store_counts import StoreCounts
from alpr_edge.store.unit_store import UnitStore


@dataclass(frozen=True, slots=True, eq=False)
class CaptureSession:
    """One run of the pipeline with everything that is watched beside it."""

    store: UnitStore
    lists: HotlistRefresh
    alerter: Alerter
    position: PositionMonitor
    cameras: list[Camera]
    pipeline: Pipeline
    disk: DiskStage
    counts: StoreCounts
    databases: DatabaseHealth
    halt: threading.Event
    """Ends the waits of the cameras."""

    def faults(self) -> list[str]:
        """What keeps cameras, pipeline, position, sound or lists from working, a short line each."""
        lines = [f"camera {camera.camera_id}: {camera.trouble}" for camera in self.cameras if camera.trouble]
        lines += [*self.pipeline.troubles(), *self.position.troubles()]
        lines += [f"sound: {self.alerter.trouble}"] if self.alerter.trouble else []
        return [*lines, *self.lists.faults()]

    def figures(self) -> dict[str, Any]:
        """What health tells of frames, cameras, records and alerts."""
        latencies = list(self.alerter.latencies_ms)
        return {
            "frames": self.pipeline.frames_seen,
            "frames_dropped": self.pipeline.frames.dropped,
            "reopened": {camera.camera_id: camera.reopened for camera in self.cameras},
            "cameras": {camera.camera_id: camera.figures for camera in self.cameras if camera.figures},
            "records_waiting": len(self.pipeline.records),
            "records_let_go": self.pipeline.records.dropped,
            "restarts": self.pipeline.supervisor.restarts() | self.position.restarts(),
            "capture_to_tone_ms_median": round(median(latencies), 1) if latencies else None,
        }
