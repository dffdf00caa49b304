"""Puts the stages of one run together, from the ignition on until it goes off; none of them is started yet."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from alpr_edge.app.attempts import Attempts
from alpr_edge.app.cameras import Camera, is_recording, make_cameras
from alpr_edge.app.capture_session import CaptureSession
from alpr_edge.app.collection.drop_records import DropRecordStage
from alpr_edge.app.collection.no_collection import CollectionLimits
from alpr_edge.app.collection.position_wait import PositionWait
from alpr_edge.app.department_holds import DepartmentHoldsStage
from alpr_edge.app.pipeline.camera_views import FIX_AGE_MS_MAX, CameraViews
from alpr_edge.app.pipeline.pipeline import CameraInput, Pipeline, PipelineParts
from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.app.precision_watch import PrecisionWatch
from alpr_edge.app.stages.access_log_upload import AccessLogUpload
from alpr_edge.app.stages.camera_pictures import CameraPictureStage
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
from alpr_edge.app.store_upkeep.store_upkeep import StoreUpkeep
from alpr_edge.app.unit_mute import UnitMute
from alpr_edge.app.watches.unit_watches import unit_watches
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.motion.fix_check import MOVING_MPS
from alpr_edge.domain.ports import Clock
from alpr_edge.power.machine_files import MachineFiles
from alpr_edge.runtime.supervisor import Stage, Supervisor
from alpr_edge.settings import Settings
from alpr_edge.store.outbox.oldest_item import OldestWaiting
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
    upkeep: tuple[Callable[[], None], ...]
    """What is done once a second with the data folder."""

    def is_driving(self) -> bool:
        """Whether the receiver says now that the car drives."""
        fix, now = self.latest_fix(), self.clock.now()
        if fix is None or fix.speed_mps is None or fix.received_at.boot_id != now.boot_id:
            return False
        return fix.speed_mps >= MOVING_MPS and now.ms_since(fix.received_at) <= FIX_AGE_MS_MAX


def open_session(unit: UnitParts, parts: PipelineParts) -> CaptureSession:
    """Make the cameras, the pipeline and the stages beside it."""
    settings, store, clock, halt = unit.settings, unit.store, unit.clock, threading.Event()
    cameras = make_cameras(settings, clock, halt.wait, unit.is_driving)
    limits, precision = CollectionLimits(settings.capture, parts.locate), PrecisionWatch(store.database, clock)
    pictures, page_requests = CameraPictureStage(settings.unit.runtime_directory), _page_requests(unit, parts)
    views = _camera_views(unit, cameras, limits, pictures)
    pipeline, watches = Pipeline(settings, views.inputs, parts, live=True), unit_watches(settings, store, clock)
    disk, database = DiskStage(settings, store, unit.ballast, clock), store.database
    access_log, canvass = AccessLogUpload(settings, database, clock), CanvassUpkeep(settings, database, clock)
    roster, databases = RosterInstallStage(settings, database, store.incoming, clock), DatabaseHealth(store)
    holds, upkeep = DepartmentHoldsStage(settings, database, store.incoming, clock), _upkeep(unit, databases, parts)
    self_check = SelfCheckStage(settings, unit.settings_file, database, clock)
    counts = StoreCounts(partial(store_figures, store, OldestWaiting(store.database), unit.attempts, clock))
    frame_rate = FrameRateStage(settings.load, MachineFiles().read, {each.camera_id: each.pacer for each in cameras})
    stages = (
        access_log,
        self_check,
        roster,
        counts,
        frame_rate,
        page_requests,
        holds,
        canvass,
        precision,
        watches,
        pictures,
    )
    _add_stages(pipeline.supervisor, disk, databases, upkeep, *_stages_by_settings(unit, limits, self_check), *stages)
    return CaptureSession(
        store=store,
        lists=unit.lists,
        alerter=parts.alerter,
        position=unit.position,
        cameras=cameras,
        limits=limits,
        position_wait=PositionWait(settings.capture, lambda: parts.locate(clock.now())),
        views=views,
        pipeline=pipeline,
        disk=disk,
        counts=counts,
        databases=databases,
        frame_rate=frame_rate,
        access_log=access_log,
        roster=roster,
        self_check=self_check,
        page_requests=page_requests,
        department_holds=holds,
        canvass=canvass,
        precision=precision,
        watches=watches,
        halt=halt,
    )


def _camera_views(
    unit: UnitParts, cameras: Sequence[Camera], limits: CollectionLimits, pictures: CameraPictureStage
) -> CameraViews:
    infrared = {camera.id for camera in unit.settings.camera if camera.infrared}
    live = {camera.id for camera in unit.settings.camera if not is_recording(camera)}
    inputs = [CameraInput(each.camera_id, each.frames) for each in cameras]
    return CameraViews(inputs, limits, unit.latest_fix, infrared, live, pictures.note)


def _upkeep(unit: UnitParts, databases: DatabaseHealth, parts: PipelineParts) -> StoreUpkeep:
    def judge_databases() -> None:
        if unit.attempts.do("databases set aside", databases.judge, otherwise=False):
            parts.alerter.sound(Tone.DAMAGED)

    return StoreUpkeep((*unit.upkeep, judge_databases))


def _page_requests(unit: UnitParts, parts: PipelineParts) -> PageRequestStage:
    make_id = partial(new_id, unit.settings.unit.id)
    alerter, require_room = parts.alerter, unit.ballast.require
    return PageRequestStage(
        unit.store, unit.clock, unit.mute, alerter.correct, alerter.note_answer, make_id, require_room
    )


def _stages_by_settings(unit: UnitParts, limits: CollectionLimits, self_check: SelfCheckStage) -> Iterator[Stage]:
    """The stages that some units need: what no-collection areas cost goes on record, lists come from folders."""
    if unit.settings.capture.no_collection_areas:
        yield DropRecordStage(unit.settings, limits.drops, unit.clock)
    if unit.settings.hotlist.source:
        yield HotlistImportStage(
            unit.settings,
            unit.store.database,
            unit.store.incoming,
            unit.clock,
            self_check,
            lambda: unit.ballast.has_room,
        )


def _add_stages(supervisor: Supervisor, disk: Stage, databases: Stage, *replaceable: Stage) -> None:
    supervisor.add(disk)
    supervisor.add(databases)
    for stage in replaceable:
        supervisor.add(stage, replaceable=True)
