"""The daemon that takes frames and stores reads. It uses no network but the address of an rtsp:// camera."""

import threading
from contextlib import ExitStack
from functools import partial
from typing import Any

import structlog

from alpr_edge.alerts.players import open_player
from alpr_edge.app.attempts import Attempts
from alpr_edge.app.cameras import Camera
from alpr_edge.app.capture_session import CaptureSession
from alpr_edge.app.factories import open_clock, open_lists, open_vision_models
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
from alpr_edge.app.stages.store_counts import StoreCounts, store_figures, store_warnings
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
from alpr_edge.store.retention.ballast import Ballast
from alpr_edge.store.unit_store import UnitStore, open_store

log = structlog.get_logger(__name__)

DRAIN_S_MAX = 4.5
"""Longest time to finish after a stop: systemd and the power supply wait five seconds."""
ROUND_S = 1.0
PAIR_FIRST_MS, PAIR_MS = 5_000.0, 60_000.0
"""Time from the first clock pair of a run to the second, and between later ones: early reads need not wait a minute."""


class CaptureDaemon:
    """The running daemon.

    Args:
        settings: the settings of this unit.
        stop: the event that SIGTERM sets.
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
        """Work until stopped, then write what is left.

        Raises:
            AlprEdgeError: the daemon cannot start.
            StoreError: it could not write all of its records.
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
            deps = PipelineDeps(models, alerter, lambda: lists.entries, self._fix_history.at, recorder, _no_tick)
            is_on = True
            while is_on:
                session = self._open_session(deps, store, lists, ballast)
                session.pipeline.supervisor.start()
                try:
                    self._keep(session)
                finally:
                    self._drain(session)
                is_on = self._part(store)

    def _recover(self, store: UnitStore) -> None:
        """Repair what the last run left unfinished, and continue with the clock pairs of this boot."""
        self._not_recovered = store.recover()
        now = self._clock.now()
        if believed := clock_pairs.pairs(store.database, now.boot_id)[-1:]:
            self._fix_history.resume(believed[0])
        time_corrections.place_earlier(store.database, now)

    def _open_session(
        self, deps: PipelineDeps, store: UnitStore, lists: HotlistRefresh, ballast: Ballast
    ) -> CaptureSession:
        """Put the stages of one run together; none of them is started yet."""
        halt = threading.Event()
        cameras = [Camera(camera, self._clock, halt.wait) for camera in self._settings.camera]
        feeds = [CameraFeed(camera.camera_id, camera.frames) for camera in cameras]
        pipeline = Pipeline(self._settings, feeds, deps, live=True)
        if self._settings.hotlist.source:
            stage = HotlistImportStage(self._settings, store.database, store.incoming, self._clock)
            pipeline.supervisor.add(stage, replaceable=True)
        disk = DiskStage(self._settings, store, ballast, self._clock)
        pipeline.supervisor.add(disk)
        counts = StoreCounts(partial(store_figures, store, self._attempts))
        pipeline.supervisor.add(counts, replaceable=True)
        databases = DatabaseHealth(store)
        parts = (cameras, pipeline, disk, counts, databases)
        return CaptureSession(store, lists, deps.alerter, self._positioning, *parts, halt)

    def _keep(self, session: CaptureSession) -> None:
        """Once a second: take up new lists, judge health, tell the service manager, sound a change for the worse.

        What cannot be determined is left out and named: no failure of that kind ends the work. Ends when the unit is
        stopped or the ignition is off.

        Raises:
            StoreError: a damaged database cannot be replaced; only a new start helps.
        """
        databases, disk, lists, pipeline = session.databases, session.disk, session.lists, session.pipeline
        sound, do = session.alerter.sound, self._attempts.do
        while not self._stop.wait(ROUND_S) and self._power.step() is Phase.WATCHING:
            databases.mend()
            now = self._clock.now().trusted_utc
            if do("databases set aside", databases.judge, otherwise=False):
                sound(Tone.DAMAGED)
            if disk.judge():
                sound(Tone.DISK)
            pipeline.supervisor.tend()
            stalled = pipeline.stalled()
            self._keep_time(session.store, writes=WRITER not in stalled)
            lists.refresh(now)
            if lists.judge(now):
                sound(Tone.STALE)
            others = disk.figures() | session.counts.figures()
            others |= do("databases set aside", databases.figures, otherwise={})
            troubles = (*session.faults(), *self._not_recovered, *pipeline.storage_faults())
            warnings = (*lists.old(), *disk.warnings(), *databases.warnings(), *store_warnings(others), *self._dates())
            self._tell((*troubles, *disk.faults(), *self._attempts.faults()), warnings, session.alerter)
            self._write(session, others)
            if pipeline.is_alive(stalled):
                self._manager.alive()
        databases.mend()

    def _dates(self) -> list[str]:
        """What is wrong with the dates that the receiver reports."""
        return [self._clock.trouble] if self._clock.trouble else []

    def _keep_time(self, store: UnitStore, *, writes: bool) -> None:
        """At least once a minute, in trusted time: store a clock pair and correct earlier reads of this boot."""
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

    def _tell(self, troubles: tuple[str, ...], old: tuple[str, ...], alerter: Alerter) -> None:
        """Sound a change; an old list has its own tone, but the unit is not well while it lasts."""
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

    def _write(self, session: CaptureSession, others: dict[str, Any]) -> None:
        now, figures = self._clock.now(), session.figures()
        figures |= {
            "restarts": figures["restarts"] | self._power.restarts(),
            "has_fix": self._fix_history.at(now) is not None,
            "utc_source": now.utc_source.value,
            "now": instant_payload(now).model_dump(),
            "receiver_date": self._clock.trouble,
            "chrony": self._chrony.state,
            **others,
            **self._power.figures(),
        }
        self._write_health(figures, stores=not session.pipeline.is_behind)

    def _write_health(self, figures: dict[str, Any], *, stores: bool = True) -> None:
        """Write the health file; a unit whose reads are not stored is not ready."""
        try:
            health = Health("run", self._ready and stores, self._troubles, figures, self._power.warnings())
            write_health(self._settings.unit.runtime_directory, health)
        except OSError as error:
            log.error("health.not_written", failure=error.strerror)

    def _drain(self, session: CaptureSession) -> None:
        """End the watch: what is under way becomes reads, and all of them are written."""
        if self._stop.is_set():
            self._manager.stopping()
        else:
            session.alerter.sound(Tone.SHUTTING_DOWN)
        pipeline = session.pipeline
        session.halt.set()
        pipeline.supervisor.stop.set()
        if not pipeline.supervisor.join(DRAIN_S_MAX):
            raise StoreError(f"not everything was written within {DRAIN_S_MAX:g} s; it will be missing")
        failures = [state.failure for state in pipeline.supervisor.states if state.finish_failed]
        if failures:
            raise StoreError(f"the last reads could not be written: {failures[0]}")
        log.info("unit.stopped", frames=pipeline.frames_seen)

    def _part(self, store: UnitStore) -> bool:
        """Wait until everything is sent, order the power off and wait for that; True when the ignition came back."""
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
    """Do nothing: a live unit's clock runs by itself."""
    del frame
