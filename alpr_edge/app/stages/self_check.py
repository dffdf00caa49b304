"""The stage that compares what the unit works by with the access log: at the start, and once a day.

What the department sets of the unit from afar goes on record as soon as the uplink keeps it.

The settings are read from their file anew, since somebody may edit it while the unit runs with the old ones. What
differs is looked at twice, some seconds apart: an import or a command may be between its change and its record.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.errors import ModelError, SettingsError, StoreError
from alpr_edge.domain.ports import Clock
from alpr_edge.runtime.durable_files import file_version
from alpr_edge.services.changes.department_settings import record_department_settings
from alpr_edge.services.changes.list_change_values import change_name, values_after_change
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.services.changes.self_check import Drift, find_drift, record_drift, record_start
from alpr_edge.services.changes.values_in_force import choice_values, read_values
from alpr_edge.settings import Settings, load
from alpr_edge.settings.layers.department_layer import kept_file
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.access_log.schema import FILE_NAME
from alpr_edge.store.db.database import Database
from alpr_edge.vision.model_files.choice import read_choice

STEP_S = 1.0
CHECK_S = 86_400.0
RETRY_S = 60.0
SETTLED_S = 5.0
"""Time between the two looks at a difference."""
COMPONENT = "run"
IMPORTED, CHOICE_FOUND = "import_list", "model_choice_in_force"

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class SelfCheckStage:
    """Checks until the unit stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    settings: Settings
    settings_file: Path | None
    """None: the settings came from no file, and are in force as they are."""
    database: Database
    clock: Clock
    name: str = "self-check"
    _drifts: list[str] = field(default_factory=list)
    """What was found since the start of the unit."""
    _failure: str = ""
    _is_started: bool = False
    _due_s: float = 0.0
    _document_version: tuple[int, int, int] = (0, 0, 0)
    """Tells the department's document that was recorded last from another one."""

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Check at the start, then once a day; a check that fails is tried again each minute."""
        while not stop.wait(STEP_S):
            beat()
            if (version := file_version(kept_file(self.settings))) != self._document_version:
                self._document_version, self._due_s = version, 0.0
            if time.monotonic() >= self._due_s and self._has_log():
                self._attempt(beat, stop)

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""

    def faults(self) -> list[Fault]:
        """What was found since the start. Never waits."""
        faults = [Fault(FaultKind.DRIFT, "self-check", f"self-check: {text}") for text in self._drifts]
        if self._failure:
            faults.append(Fault(FaultKind.SIDE_STAGE, "self-check", f"self-check: {self._failure}"))
        return faults

    def begin_import(self, source: str) -> None:
        """Put on record that an import of a list begins, so that one cut off from its record is known for an import."""
        self._record_values({change_name(source): IMPORTED})

    def end_import(self, source: str) -> None:
        """Put on record which generation of a list is live now, after an import."""
        self._record_values(values_after_change(self.database, source))

    def _record_values(self, values: Mapping[str, str]) -> None:
        with open_access_log(self.settings, migrate=False, is_told=False) as access_log:
            ChangeRecorder(access_log, COMPONENT, self.clock).record_values(IMPORTED, values)

    def _has_log(self) -> bool:
        """Whether there is a log with a record: the stage beside this one begins it with the unit's start."""
        if self._is_started:
            return True
        try:
            if not (self.settings.unit.data_directory / FILE_NAME).exists():
                return False
            with open_access_log(self.settings, migrate=False) as access_log:
                return access_log.size() > 0
        except StoreError:
            return False  # the stage beside this one tells why

    def _attempt(self, beat: Callable[[], None], stop: threading.Event) -> None:
        try:
            drift = self._check(beat, stop)
        except (StoreError, SettingsError) as error:
            if str(error) != self._failure:
                log.error("self_check.failed", failure=str(error))
            self._failure, self._due_s = str(error), time.monotonic() + RETRY_S * self._is_started
            return
        self._failure, self._is_started, self._due_s = "", True, time.monotonic() + CHECK_S
        if drift.text and drift.text not in self._drifts:
            log.error("self_check.drift", finding=drift.text)
            self._drifts = [*self._drifts, drift.text]

    def _check(self, beat: Callable[[], None], stop: threading.Event) -> Drift:
        with open_access_log(self.settings, migrate=True) as access_log:
            recorder = ChangeRecorder(access_log, COMPONENT, self.clock)
            if not self._is_started:
                self._record_choice(recorder)
                return record_start(recorder, self._values(access_log, recorder))
            drift = find_drift(access_log, self._values(access_log, recorder))
            if not drift and not drift.late:
                return drift
            wait_end_s = time.monotonic() + SETTLED_S
            while time.monotonic() < wait_end_s and not stop.wait(STEP_S):
                beat()
            return record_drift(recorder, find_drift(access_log, self._values(access_log, recorder)))

    def _record_choice(self, recorder: ChangeRecorder) -> None:
        """Put on record which files of the models are run, where that is another choice than the one on record."""
        try:
            choice = read_choice(self.settings.unit.data_directory)
        except ModelError:
            return
        recorder.record_values(CHOICE_FOUND, choice_values(choice))

    def _values(self, access_log: AccessLog, recorder: ChangeRecorder) -> dict[str, str]:
        """What the unit works by; what the department set of it is on record when this returns."""
        settings = self.settings if self.settings_file is None else load(self.settings_file)
        values = read_values(settings, self.database, access_log.digest)
        record_department_settings(recorder, values)
        return values
