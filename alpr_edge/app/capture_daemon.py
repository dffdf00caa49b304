"""The daemon of the car: cameras to outbox. It touches no network but the address of an rtsp:// camera."""

import threading
from contextlib import ExitStack
from statistics import median
from typing import Any

import structlog

from alpr_edge.alerts.players import open_player
from alpr_edge.app.attempts import Attempts
from alpr_edge.app.cameras import Camera
from alpr_edge.app.factories import VisionModels, open_clock, open_lists, open_vision_models
from alpr_edge.app.instance_lock import instance_lock
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.pipeline import WRITER, CameraFeed, Pipeline, PipelineDeps
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.app.stages.database_health import DatabaseHealth
from alpr_edge.app.stages.disk import DiskStage, open_ballast
from alpr_edge.app.stages.hotlist_import import HotlistImportStage
from alpr_edge.app.stages.hotlist_refresh import HotlistRefresh
from alpr_edge.app.stages.position import PositionMonitor, position_monitor
from alpr_edge.app.stages.power import PowerMonitor, power_monitor
from alpr_edge.app.stages.store_figures import store_figures, store_warnings
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.power import Phase
from alpr_edge.domain.protocol.items import instant_payload
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.hotlist.index.officer_entries import OfficerEntryLoader
from alpr_edge.position.chrony import ChronyFeed
from alpr_edge.position.fix_history import FixHistory, GnssClock
from alpr_edge.runtime.health import Health, write_health
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.settings import Settings
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.outbox import time_corrections
from alpr_edge.store.unit_store import UnitStore, open_store

log = structlog.get_logger(__name__)

DRAIN_S_MAX = 4.5
"""A stop is asked for when the ignition goes off: systemd and the power supply wait five seconds."""
ROUND_S = 1.0
PAIR_FIRST_MS, PAIR_MS = 5_000.0, 60_000.0
"""From the first pair of a run to the second, and the longest between two: early reads are not to wait for a minute."""


class CaptureDaemon:
    """The running daemon.

    Args:
        settings: of this unit.
        stop: set by SIGTERM.
    """

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._manager = ServiceManager()
        self._fix_history = FixHistory(settings.position.fix_age_ms_max)
        self._clock = GnssClock(open_clock(settings), self._fix_history)
        self._chrony = ChronyFeed(settings.position.chrony_socket)
        self._troubles: tuple[str, ...] = ()
        self._ready = False
        self._attempts = Attempts()
        self._not_recovered: list[str] = []
        self._paired: Instant | None = None
        self._pair_ms = PAIR_FIRST_MS
        self._power: PowerMonitor
        self._positioning: PositionMonitor

    def run(self) -> None:
        """Work until stopped, then drain.

        Raises:
            AlprEdgeError: it cannot start.
            StoreError: it could not write everything it had.
        """
        with ExitStack() as resources:
            resources.enter_context(instance_lock(self._settings.unit.data_directory))
            ballast = open_ballast(self._settings)
            store = resources.enter_context(open_store(self._settings, migrate=True, renew=True))
            self._recover(store)
            _, loader = open_lists(self._settings, store.database)
            loader.load()
            lists = HotlistRefresh(loader, OfficerEntryLoader(store.database), self._settings.hotlist)
            lists.refresh(self._clock.now().trusted_utc)
            player = open_player(self._settings.alerts, self._clock.now())
            resources.callback(player.close)
            alerter = Alerter(player, self._clock, self._settings.alerts, self._settings.hotlist)
            recorder = Recorder(store.reads, self._settings.store, store.refused, require_room=ballast.require)
            models = open_vision_models(self._settings.vision, self._settings.unit.data_directory)
            self._power = resources.enter_context(power_monitor(self._settings))
            position = position_monitor(self._settings.position, self._fix_history, self._chrony)
            self._positioning = resources.enter_context(position)
            is_on = True
            while is_on:
                halt = threading.Event()
                cameras = [Camera(camera, self._clock, halt.wait) for camera in self._settings.camera]
                pipeline = self._pipeline(models, alerter, recorder, lists, cameras)
                if self._settings.hotlist.source:
                    stage = HotlistImportStage(self._settings, store.database, store.incoming, self._clock)
                    pipeline.supervisor.add(stage, replaceable=True)
                pipeline.supervisor.add(disk := DiskStage(self._settings, store, ballast, self._clock))
                pipeline.supervisor.start()
                try:
                    self._keep(pipeline, store, lists, alerter, cameras, disk)
                finally:
                    self._drain(pipeline, halt, alerter)
                is_on = self._part(store)

    def _recover(self, store: UnitStore) -> None:
        """Put right what the last run left, and go on with the time that this boot believed."""
        self._not_recovered = store.recover()
        now = self._clock.now()
        if believed := clock_pairs.pairs(store.database, now.boot_id)[-1:]:
            self._fix_history.resume(believed[0])
        time_corrections.place_earlier(store.database, now)

    def _pipeline(
        self, models: VisionModels, alerter: Alerter, recorder: Recorder, lists: HotlistRefresh, cameras: list[Camera]
    ) -> Pipeline:
        parts = PipelineDeps(
            models=models,
            alerter=alerter,
            entries=lambda: lists.entries,
            locate=self._fix_history.at,
            recorder=recorder,
            tick=_no_tick,
        )
        feeds = [CameraFeed(camera.camera_id, camera.frames) for camera in cameras]
        return Pipeline(self._settings, feeds, parts, live=True)

    def _keep(
        self,
        pipeline: Pipeline,
        store: UnitStore,
        lists: HotlistRefresh,
        alerter: Alerter,
        cameras: list[Camera],
        disk: DiskStage,
    ) -> None:
        """Once a second: take up new lists, judge health, tell the service manager, sound a change for the worse.

        What cannot be told is left out and named: no failure of the kind ends the watch. Ends when the unit is stopped
        or the ignition is off.

        Raises:
            StoreError: a damaged database cannot be exchanged; only a new start helps.
        """
        damage, do = DatabaseHealth(store), self._attempts.do
        while not self._stop.wait(ROUND_S) and self._power.step() is Phase.WATCHING:
            damage.mend()
            now = self._clock.now().trusted_utc
            if do("databases set aside", damage.judge, otherwise=False):
                alerter.sound(Tone.DAMAGED)
            if disk.judge():
                alerter.sound(Tone.DISK)
            pipeline.supervisor.tend()
            stalled = pipeline.stalled()
            self._keep_time(store, writes=WRITER not in stalled)
            lists.refresh(now)
            if lists.judge(now):
                alerter.sound(Tone.STALE)
            others = disk.figures() | store_figures(store, self._attempts)
            others |= do("databases set aside", damage.figures, otherwise={})
            troubles = self._judge(pipeline, lists, alerter, cameras)
            warnings = (*lists.old(), *disk.warnings(), *damage.warnings(), *store_warnings(others), *self._dates())
            self._tell((*troubles, *disk.faults(), *self._attempts.faults()), warnings, alerter)
            self._write(pipeline, alerter, cameras, others)
            if pipeline.is_alive(stalled):
                self._manager.alive()
        damage.mend()

    def _dates(self) -> list[str]:
        """What is wrong with the dates that the receiver tells."""
        return [self._clock.trouble] if self._clock.trouble else []

    def _keep_time(self, store: UnitStore, *, writes: bool) -> None:
        """In trusted time, at last once a minute: a pair, and what the pairs tell of earlier reads of this boot."""
        now = self._clock.now()
        if not (writes and now.trusted) or (self._paired is not None and now.ms_since(self._paired) < self._pair_ms):
            return
        try:
            clock_pairs.record(store.database, now)
            if self._paired is not None:
                self._pair_ms = min(PAIR_MS, self._pair_ms * 2)
            self._paired = now
            if placed := time_corrections.place_boot(store.database, now.boot_id, now):
                log.info("clock.reads_placed", reads=placed)
        except StoreError as error:
            log.error("clock.pair_not_kept", failure=str(error))

    def _judge(
        self, pipeline: Pipeline, lists: HotlistRefresh, alerter: Alerter, cameras: list[Camera]
    ) -> tuple[str, ...]:
        """What keeps the unit from watching, a short line each."""
        troubles = [f"camera {camera.camera_id}: {camera.trouble}" for camera in cameras if camera.trouble]
        troubles += [*pipeline.troubles(), *self._positioning.troubles()]
        troubles += [f"sound: {alerter.trouble}"] if alerter.trouble else []
        return (*troubles, *lists.faults(), *self._not_recovered, *pipeline.storage_faults())

    def _tell(self, troubles: tuple[str, ...], old: tuple[str, ...], alerter: Alerter) -> None:
        """Sound a change; an old list has its own sound already, but the unit is not well while it lasts."""
        told = (*troubles, *old)
        if set(troubles) - set(self._troubles):
            log.warning("unit.trouble", troubles=list(troubles))
            alerter.sound(Tone.TROUBLE)
        elif self._troubles and not told:
            log.info("unit.recovered")
            alerter.sound(Tone.READY)
        if not self._ready:
            self._ready = True
            self._manager.ready("; ".join(told) or "watching")
            log.info("unit.ready")
            if not told:
                alerter.sound(Tone.READY)
        elif told != self._troubles:
            self._manager.status("; ".join(told) or "watching")
        self._troubles = told

    def _write(
        self,
        pipeline: Pipeline,
        alerter: Alerter,
        cameras: list[Camera],
        others: dict[str, Any],
    ) -> None:
        latencies, now = list(alerter.latencies_ms), self._clock.now()
        figures = {
            "frames": pipeline.frames_seen,
            "frames_dropped": pipeline.frames.dropped,
            "reopened": {camera.camera_id: camera.reopened for camera in cameras},
            "cameras": {camera.camera_id: camera.figures for camera in cameras if camera.figures},
            "records_waiting": len(pipeline.records),
            "records_let_go": pipeline.records.dropped,
            "restarts": pipeline.supervisor.restarts() | self._positioning.restarts() | self._power.restarts(),
            "capture_to_tone_ms_median": round(median(latencies), 1) if latencies else None,
            "has_fix": self._fix_history.at(now) is not None,
            "utc_source": now.utc_source.value,
            "now": instant_payload(now).model_dump(),
            "receiver_date": self._clock.trouble,
            "chrony": self._chrony.state,
            **others,
            **self._power.figures(),
        }
        self._write_health(figures, stores=not pipeline.is_behind)

    def _write_health(self, figures: dict[str, Any], *, stores: bool = True) -> None:
        """Write what is told; a unit whose reads are not stored is not ready."""
        try:
            health = Health("run", self._ready and stores, self._troubles, figures, self._power.warnings())
            write_health(self._settings.unit.runtime_directory, health)
        except OSError as error:
            log.error("health.not_written", failure=error.strerror)

    def _drain(self, pipeline: Pipeline, halt: threading.Event, alerter: Alerter) -> None:
        """End the watch: what is under way becomes reads, and all of them are written."""
        if self._stop.is_set():
            self._manager.stopping()
        else:
            alerter.sound(Tone.SHUTTING_DOWN)
        halt.set()
        pipeline.supervisor.stop.set()
        if not pipeline.supervisor.join(DRAIN_S_MAX):
            raise StoreError(f"not everything was written within {DRAIN_S_MAX:g} s; it will be missing")
        failures = [state.failure for state in pipeline.supervisor.states if state.finish_failed]
        if failures:
            raise StoreError(f"the last reads could not be written: {failures[0]}")
        log.info("unit.stopped", frames=pipeline.frames_seen)

    def _part(self, store: UnitStore) -> bool:
        """Stay until everything is sent, let the power go and wait for that; True when the ignition came back."""
        while not self._stop.is_set():
            counts = self._attempts.do("outbox", store.outbox.counts, otherwise=None)
            ready = counts and counts.ready
            if self._power.step(sent=ready == 0 or not self._settings.uplink.url) is Phase.WATCHING:
                return True
            if self._power.troubles() != self._troubles:
                self._troubles = self._power.troubles()
                self._manager.status("; ".join(self._troubles))
            self._write_health({"outbox_ready": ready, **self._power.figures()})
            self._manager.alive()
            self._stop.wait(ROUND_S)
        return False


def _no_tick(frame: Frame) -> None:
    """A live unit's clock runs by itself."""
    del frame
