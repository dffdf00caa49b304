"""Puts the stages of one run together, from the ignition on until it goes off; none of them is started yet."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from alpr_edge.app.attempts import Attempts
from alpr_edge.app.cameras import Camera
from alpr_edge.app.capture_session import CaptureSession
from alpr_edge.app.collection.drop_records import DropRecordStage
from alpr_edge.app.collection.no_collection import CollectionLimits
from alpr_edge.app.department_holds import DepartmentHoldsStage
from alpr_edge.app.evidence_request import leave_evidence_request
from alpr_edge.app.pipeline.camera_views import CameraViews
from alpr_edge.app.pipeline.pipeline import CameraFeed, Pipeline, PipelineParts
from alpr_edge.app.pipeline.read_corrector import ReadCorrector
from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.app.precision_watch import PrecisionWatch
from alpr_edge.app.stages.access_log_upload import AccessLogUpload
from alpr_edge.app.stages.canvass_upkeep import CanvassUpkeep
from alpr_edge.app.stages.database_health import DatabaseHealth
from alpr_edge.app.stages.disk import DiskStage
from alpr_edge.app.stages.frame_rate import FrameRateStage
from alpr_edge.app.stages.hotlist_import import HotlistImportStage
from alpr_edge.app.stages.hotlist_refresh import HotlistRefresh
from alpr_edge.app.stages.page_requests import PageRequestStage
from alpr_edge.app.stages.position import PositionMonitor
from alpr_edge.app.stages.roster_install import RosterInstallStage
from alpr_edge.app.stages.self_check import SelfCheckStage
from alpr_edge.app.stages.store_counts import StoreCounts, store_figures
from alpr_edge.app.unit_mute import UnitMute
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.ports import Clock
from alpr_edge.power.machine_files import MachineFiles
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import Settings
from alpr_edge.store.retention.ballast import Ballast
from alpr_edge.store.unit_store import UnitStore


@dataclass(frozen=True, slots=True, eq=False)
class UnitParts:
    """What a unit opens once, and every run of it works with."""

    settings: Settings
    settings_file: Path | None
    clock: Clock
    store: UnitStore
    lists: HotlistRefresh
    ballast: Ballast
    position: PositionMonitor
    attempts: Attempts
    mute: UnitMute
    latest_fix: Callable[[], Fix | None]
    """Gives the receiver's newest fix, however old; None: there was none."""


def open_session(unit: UnitParts, parts: PipelineParts) -> CaptureSession:
    """Make the cameras, the pipeline and the stages beside it."""
    settings, store, halt = unit.settings, unit.store, threading.Event()
    leave_evidence_request(settings)
    cameras = [Camera(camera, unit.clock, halt.wait) for camera in settings.camera]
    feeds = [CameraFeed(camera.camera_id, camera.frames) for camera in cameras]
    limits = CollectionLimits(settings.capture, parts.locate)
    views = CameraViews(feeds, limits, unit.latest_fix)
    pipeline = Pipeline(settings, views.feeds, parts, live=True)
    disk = DiskStage(settings, store, unit.ballast, unit.clock)
    access_log = AccessLogUpload(settings, store.database, unit.clock)
    roster = RosterInstallStage(settings, store.database, store.incoming, unit.clock)
    self_check = SelfCheckStage(settings, unit.settings_file, store.database, unit.clock)
    held = DepartmentHoldsStage(settings, store.database, store.incoming, unit.clock)
    counts = StoreCounts(partial(store_figures, store, unit.attempts))
    frame_rate = FrameRateStage(settings.load, MachineFiles().read, {each.camera_id: each.pacer for each in cameras})
    page_requests, precision = _page_requests(unit, parts), PrecisionWatch(store.database, unit.clock)
    canvass = CanvassUpkeep(settings, store.database, unit.clock)
    stages = access_log, self_check, roster, counts, frame_rate, page_requests, held, canvass, precision
    _record_drops(pipeline.supervisor, limits, unit)
    _add_stages(pipeline.supervisor, unit, disk, stages)
    return CaptureSession(
        store=store,
        lists=unit.lists,
        alerter=parts.alerter,
        position=unit.position,
        cameras=cameras,
        limits=limits,
        views=views,
        pipeline=pipeline,
        disk=disk,
        counts=counts,
        databases=DatabaseHealth(store),
        frame_rate=frame_rate,
        access_log=access_log,
        roster=roster,
        self_check=self_check,
        page_requests=page_requests,
        held=held,
        canvass=canvass,
        precision=precision,
        halt=halt,
    )


def _record_drops(supervisor: Supervisor, limits: CollectionLimits, unit: UnitParts) -> None:
    """Put on record how many frames no-collection areas cost, where there are such areas."""
    if unit.settings.capture.no_collection_areas:
        supervisor.add(DropRecordStage(unit.settings, limits.drops, unit.clock), replaceable=True)


def _page_requests(unit: UnitParts, parts: PipelineParts) -> PageRequestStage:
    make_id = partial(new_id, unit.settings.unit.id)
    corrector = ReadCorrector(parts.entries, parts.alerter, make_id)
    return PageRequestStage(unit.store, unit.clock, unit.mute, corrector.decide, make_id, unit.ballast.require)


def _add_stages(
    supervisor: Supervisor,
    unit: UnitParts,
    disk: DiskStage,
    replaceable_stages: tuple[
        AccessLogUpload,
        SelfCheckStage,
        RosterInstallStage,
        StoreCounts,
        FrameRateStage,
        PageRequestStage,
        DepartmentHoldsStage,
        CanvassUpkeep,
        PrecisionWatch,
    ],
) -> None:
    if unit.settings.hotlist.source:
        record_list = replaceable_stages[1].record_list
        stage = HotlistImportStage(unit.settings, unit.store.database, unit.store.incoming, unit.clock, record_list)
        supervisor.add(stage, replaceable=True)
    supervisor.add(disk)
    for other_stage in replaceable_stages:
        supervisor.add(other_stage, replaceable=True)
