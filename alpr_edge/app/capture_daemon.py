"""The daemon that takes frames and stores reads. It uses no network but the address of an rtsp:// camera."""

import gc
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import structlog

from alpr_edge.alerts.players import open_player
from alpr_edge.app.alert_speech import AlertSpeech, open_clips
from alpr_edge.app.attempts import Attempts
from alpr_edge.app.capture_session import ROUND_S, CaptureSession
from alpr_edge.app.clock import open_computer_clock
from alpr_edge.app.factories import VisionModels, open_lists, open_vision_models
from alpr_edge.app.fault_advice import told_ended_faults, told_faults
from alpr_edge.app.faults.failure_hold import FailureHold
from alpr_edge.app.faults.fault_tones import sound_tones
from alpr_edge.app.faults.run_health import RunHealth
from alpr_edge.app.instance_lock import instance_lock
from alpr_edge.app.pipeline.alerter import Alerter, SoundRules
from alpr_edge.app.pipeline.pipeline import PipelineParts
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.app.session_start import UnitParts, open_session
from alpr_edge.app.signed_in import SignedInWatch
from alpr_edge.app.stages.clock_trust import ClockTrust
from alpr_edge.app.stages.disk import open_ballast
from alpr_edge.app.stages.hotlist_refresh import HotlistRefresh
from alpr_edge.app.stages.position import PositionMonitor, position_monitor
from alpr_edge.app.stages.power import PowerMonitor, power_monitor
from alpr_edge.app.stages.store_counts import store_warnings
from alpr_edge.app.stages.vehicle_state import VehicleStateStage
from alpr_edge.app.store_upkeep.earlier_records import EarlierRecords
from alpr_edge.app.store_upkeep.image_reconciliation import ImageReconciliation
from alpr_edge.app.store_upkeep.steps import store_steps
from alpr_edge.app.unit_faults import Fault, FaultKind, FaultMonitor, faults_of
from alpr_edge.app.unit_mute import UnitMute
from alpr_edge.app.watches.fault_history import FaultHistory
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.errors import StoreError, UplinkError
from alpr_edge.domain.power import Phase
from alpr_edge.domain.protocol.items import instant_payload
from alpr_edge.hotlist.index.officer_entries import OfficerEntryLoader
from alpr_edge.position.chrony_time_sender import ChronyTimeSender
from alpr_edge.position.fix_history import FixHistory, GnssClock
from alpr_edge.runtime.health import Health
from alpr_edge.runtime.notify import ServiceManager
from alpr_edge.settings import Settings
from alpr_edge.settings.layers.department_layer import IN_FORCE_FIGURE, LayeredSettings
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.keys import load_evidence_key
from alpr_edge.store.outbox import time_corrections
from alpr_edge.store.retention.ballast import Ballast
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.uplink.documents.voucher_request import REQUEST_NAME, leave_request


def leave_evidence_request(settings: Settings) -> None:
    """Leave it if this unit has a department; a failure is logged, and costs nothing but the voucher."""
    if not settings.uplink.url:
        return
    file = settings.unit.data_directory / REQUEST_NAME
    try:
        leave_request(file, settings.unit.id, load_evidence_key(settings.store.keys_directory))
    except (StoreError, UplinkError) as error:
        log.warning("evidence.key_not_offered", reason=str(error))


log = structlog.get_logger(__name__)


class CaptureDaemon:
    """The running daemon.

    Args:
        settings_file: where the settings are from; None: no file.
        layers: how much of the settings the department set; None: nothing.
    """

    def __init__(
        self,
        settings: Settings,
        stop: threading.Event,
        settings_file: Path | None = None,
        layers: LayeredSettings | None = None,
    ) -> None:
        self._layers = layers or LayeredSettings(settings, {})
        self._settings = settings
        self._settings_file = settings_file
        self._stop = stop
        self._manager = ServiceManager()
        self._fix_history = FixHistory(settings.position.fix_age_ms_max)
        self._clock = GnssClock(open_computer_clock(settings), self._fix_history)
        self._clips = open_clips(settings)
        self._signed_in = SignedInWatch(settings, self._clock, speaks=bool(self._clips.samples))
        self._speech = AlertSpeech(settings, self._clips, self._signed_in)
        self._mute = UnitMute(self._clock, self._signed_in.has_session)
        self._chrony = ChronyTimeSender(settings.position.chrony_socket)
        self._faults = FaultMonitor()
        self._fault_history = FaultHistory()
        self._clock_trust = ClockTrust()
        self._is_started = False
        self._attempts = Attempts()
        self._not_recovered: list[str] = []
        self._health = RunHealth(settings.unit.runtime_directory)
        self._earlier_records: EarlierRecords
        self._images: ImageReconciliation
        self._models: VisionModels
        self._power: PowerMonitor
        self._positioning: PositionMonitor

    def run(self) -> None:
        """Work until stopped, then write what is left. One that fails ends once the ignition is on.

        Raises:
            AlprEdgeError: the daemon cannot start.
            StoreError: it could not write all of its records.
        """
        with ExitStack() as resources:
            self._power = resources.enter_context(power_monitor(self._settings, self._manager))
            hold = FailureHold(self._settings, self._power, self._manager, self._health, self._stop)
            resources.enter_context(hold)
            resources.enter_context(instance_lock(self._settings.unit.data_directory))
            resources.callback(self._health.close)
            starting = resources.enter_context(self._manager.extending_start())
            ballast = open_ballast(self._settings)
            store = resources.enter_context(open_store(self._settings, migrate=True, replace_damaged=True))
            store.with_replacement(lambda: self._recover(store))
            _, loader = open_lists(self._settings, store.database)
            store.with_replacement(loader.load)
            lists = HotlistRefresh(loader, OfficerEntryLoader(store.database), self._settings.hotlist)
            lists.refresh(self._clock.now().trusted_utc)
            player = open_player(self._settings.alerts, self._clock.now(), self._clips)
            resources.callback(player.close)
            resources.callback(self._signed_in.close)
            silences = self._signed_in.is_silent, self._mute.silences, self._mute.quiets
            rules = SoundRules(*silences, self._speech.sentence_of, self._fix_history.estimated_utc)
            alerter = Alerter(player, self._clock, self._settings, lambda: lists.entries, rules)
            recorder = Recorder(store.reads, self._settings.store, store.refused_records, require_room=ballast.require)
            self._models = open_vision_models(self._settings.vision, self._settings.unit.data_directory)
            for warning in self._models.warnings:
                log.warning("models.float32_used", reason=warning)
            vehicle = VehicleStateStage(self._fix_history, self._clock, self._settings.unit.runtime_directory)
            position = position_monitor(self._settings.position, self._fix_history, self._chrony, vehicle)
            self._positioning = resources.enter_context(position)
            parts = PipelineParts(self._models, alerter, self._fix_history.at, recorder)
            unit = self._unit_parts(store, lists, ballast)
            gc.collect()
            gc.freeze()  # as after the imports: store, lists and models live as long as the unit
            starting.set()
            self._run_sessions(unit, parts)

    def _unit_parts(self, store: UnitStore, lists: HotlistRefresh, ballast: Ballast) -> UnitParts:
        return UnitParts(
            settings=self._settings,
            settings_file=self._settings_file,
            clock=self._clock,
            store=store,
            lists=lists,
            ballast=ballast,
            position=self._positioning,
            attempts=self._attempts,
            mute=self._mute,
            latest_fix=lambda: self._fix_history.latest,
            upkeep=self._upkeep(lists, store),
        )

    def _run_sessions(self, unit: UnitParts, parts: PipelineParts) -> None:
        """Run a session from each ignition on, until the unit stops or goes off."""
        is_on = True
        while is_on:
            leave_evidence_request(unit.settings)
            session = open_session(unit, parts)
            session.pipeline.supervisor.start()
            try:
                self._run_session(session)
            finally:
                self._drain(session)
            is_on = self._shut_down(unit.store)

    def _upkeep(self, lists: HotlistRefresh, store: UnitStore) -> tuple[Callable[[], None], ...]:
        """What is done once a second with the data folder."""
        first = (
            lambda: self._signed_in.refresh(is_asked=self._mute.has_quieted),
            lambda: lists.refresh(self._clock.now().trusted_utc),
        )
        steps = store_steps(self._settings, store.database, self._clock, self._fix_history)
        return *first, *steps, self._earlier_records.step, self._images.step

    def _recover(self, store: UnitStore) -> None:
        """Repair what the last run left unfinished, and continue with the clock pairs of this boot."""
        self._not_recovered = store.recover()
        self._earlier_records, self._images = EarlierRecords(store), ImageReconciliation(store)
        now = self._clock.now()
        if last_pairs := clock_pairs.pairs(store.database, now.boot_id)[-1:]:
            self._fix_history.resume(last_pairs[0])
        time_corrections.place_earlier(store.database, now)

    def _run_session(self, session: CaptureSession) -> None:
        """Find out once a second what works and what does not, report it and sound it, until the unit stops.

        A value that cannot be determined is reported as a fault and ends nothing. Ignition off is a stop as well. What
        needs the disk is done by stages: a disk that hangs is a fault to be told, and must not keep this from telling.
        """
        pipeline = session.pipeline
        while not self._stop.wait(ROUND_S) and self._power.step() is Phase.WATCHING:
            session.disk.judge()
            session.lists.judge(self._clock.now().trusted_utc)
            pipeline.supervisor.tend()
            stalled = pipeline.stalled()
            others = session.disk.figures() | session.counts.figures() | session.databases.figures()
            self._report(self._faults_of(session, others), session.alerter)
            self._write_session_health(session, others)
            if pipeline.is_alive(stalled, session.disk_idle_s()):
                self._manager.alive()

    def _faults_of(self, session: CaptureSession, others: dict[str, Any]) -> list[Fault]:
        """Everything that is wrong with the unit at present."""
        clock = self._clock_trust.faults(self._clock.now(), time.monotonic())
        unrepaired = [*self._not_recovered, *self._earlier_records.faults, *self._images.faults]
        return [
            *session.faults(),
            *self._speech.faults(),
            *faults_of(FaultKind.NOT_REPAIRED, unrepaired),
            *faults_of(FaultKind.NOT_KNOWN, self._attempts.faults()),
            *faults_of(FaultKind.RECORDS_ASIDE, store_warnings(others)),
            *faults_of(FaultKind.RECEIVER_DATE, [f"clock: {date}"] if (date := self._date_trouble()) else []),
            *faults_of(FaultKind.CLOCK, clock),
        ]

    def _date_trouble(self) -> str:
        """What is wrong with the receiver's date; empty when nothing is."""
        return self._clock.trouble or self._positioning.date_trouble()

    def _report(self, faults: list[Fault], alerter: Alerter) -> None:
        """Log what changed, tell it to the service manager, and sound the tones of the table."""
        if not self._is_started:
            log.info("unit.started")
        tones = self._faults.update(faults)
        self._fault_history.update(self._faults.faults, self._clock.now())
        status = "; ".join(self._faults.texts) or "watching"
        if not self._is_started:
            self._is_started = True
            self._manager.ready(status)
        self._manager.status(status)
        sound_tones(tones, self._faults, alerter, self._speech)

    def _write_session_health(self, session: CaptureSession, others: dict[str, Any]) -> None:
        now, figures = self._clock.now(), session.figures()
        figures |= {
            "restarts": figures["restarts"] | self._power.restarts(),
            "has_fix": self._fix_history.at(now) is not None,
            "utc_source": now.utc_source.value,
            "computer_clock_confirmed": self._clock.computer_clock.trusted,
            "now": instant_payload(now).model_dump(),
            "receiver_date": self._date_trouble(),
            "chrony": self._chrony.state,
            "model_files": dict(self._models.precisions),
            IN_FORCE_FIGURE: self._layers.in_force,
            **others,
            **self._power.figures(),
        }
        self._write_health(figures, stores=not session.pipeline.is_behind)

    def _write_health(self, figures: dict[str, Any], *, stores: bool = True) -> None:
        """Write the health file; a unit whose reads are not stored is not ready."""
        figures["faults"] = told_faults(self._faults.faults)
        figures["ended_faults"] = told_ended_faults(self._fault_history.ended)
        troubles = (*self._power.troubles(), *self._faults.texts)
        warnings = (*self._power.warnings(), *self._models.warnings, *filter(None, (self._layers.fault,)))
        is_working = self._faults.is_ready
        self._health.write(Health("run", self._is_started and stores, troubles, figures, warnings, is_working))

    def _drain(self, session: CaptureSession) -> None:
        """Stop reading plates: open passes become reads, and all of them are written."""
        is_off = self._power.phase is not Phase.WATCHING
        if self._stop.is_set():
            self._manager.stopping()
        elif is_off:
            session.alerter.sound(Tone.SHUTTING_DOWN)
        grace_s = 0.0 if self._stop.is_set() or not is_off else self._settings.power.shutdown_grace_s
        session.drain(grace_s, self._stop, self._manager.alive)
        log.info("unit.stopped", frames=session.pipeline.frames_seen)

    def _shut_down(self, store: UnitStore) -> bool:
        """Wait until everything is sent, order the power off and wait for that; True when the ignition came back."""
        self._faults.reset()
        while not self._stop.is_set():
            counts = self._attempts.do("outbox", store.outbox.counts, otherwise=None)
            ready = counts and counts.ready
            if self._power.step(all_sent=ready == 0 or not self._settings.uplink.url) is Phase.WATCHING:
                return True
            self._manager.status("; ".join(self._power.troubles()))
            shown = self._attempts.do("outbox", store.outbox.shown_counts, otherwise=None)
            self._write_health({"outbox_ready": shown and shown.ready, **self._power.figures()})
            self._manager.alive()
            self._stop.wait(ROUND_S)
        return False
