"""The stage that signs the access log, queues it for the department, and takes in what the department says of it.

It runs in ``alpr-edge run``, which alone holds the signing key. Any program of the unit appends to the log meanwhile.
The unit's own start and stop are records too: so a log that was set back to an old copy of the disk comes to hold
another record than the department has under that number, and the next delivery shows it.

The log is verified as a whole at the start and once a day, and what is old enough goes then, where the department has
cosigned it. What is found is a fault of the unit until it stops. A damaged log is set aside, and a new one begun.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.access_log.records import BEGIN_LOG, RECORD_NOT_KEPT, START_SERVICE, STOP_SERVICE
from alpr_edge.domain.errors import AuditError, DamagedError, StoreError
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.protocol.access_log import LogStatementPayload
from alpr_edge.runtime.stages import Wait, beating
from alpr_edge.services.audit.log_queue import queue_new_checkpoint, queue_new_records
from alpr_edge.services.audit.log_upkeep import drop_old_records
from alpr_edge.services.changes.recorder import ChangeRecorder
from alpr_edge.settings import Settings
from alpr_edge.store.access_log import audits
from alpr_edge.store.access_log.append_failures import take_failure
from alpr_edge.store.access_log.checkpoints import (
    CheckpointSigner,
    add_cosignature,
    checkpoint_at,
    load_signing_key,
)
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.db.database import Database
from alpr_edge.store.outbox import log_items
from alpr_edge.store.outbox.delivered_items import PREFIXES_KEPT_ELSEWHERE, drop_delivered
from alpr_edge.store.recovery import access_log_replacement as replacement
from alpr_edge.store.recovery.damage_check import DamageCheck

STEP_S = 1.0
DROP_S = 60.0
VERIFY_S = 86_400.0
COMPONENT = "run"
FILLED_SHARE = 0.75
"""From this share of its bound on the log is a fault: at the bound nothing is shown any more."""

log = structlog.get_logger(__name__)


class _StoppedError(Exception):
    """Ends a verification when the unit stops."""


@dataclass(slots=True, eq=False)
class _OpenLog:
    """The log and its signer, with what was done last."""

    access_log: AccessLog
    signer: CheckpointSigner
    statement: LogStatementPayload | None = None
    """The department's last statement that was taken in."""
    dropped_s: float = 0.0


@dataclass(slots=True, eq=False)
class AccessLogUpload:
    """Signs and queues the log once a second; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    settings: Settings
    database: Database
    """The unit's database, with the outbox."""
    clock: Clock
    name: str = "access-log"
    _open: _OpenLog | None = None
    _is_started: bool = False
    _failure: str = ""
    """Why the log cannot be used now; empty: it can."""
    _damage: DamagedError | None = None
    """What showed that the open log is damaged; it is checked before it is opened again."""
    _damage_check: DamageCheck = field(default_factory=DamageCheck)
    _findings: dict[str, str] = field(default_factory=dict)
    """What is wrong with its content, by who found it."""
    _verified: tuple[str, float] | None = None
    """Which log was verified as a whole last, and when: it is not verified anew each time that it has to be opened."""
    _is_sound: bool = False
    """Whether that log was all as it was written."""
    _not_kept: str = ""
    """That a record of another program was not kept, since the start of the unit."""
    _filled: str = ""
    _broken_glass: int | None = None
    """The last record of break-glass since the start."""
    _size: int | None = None
    _cosigned: int | None = None

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Work until the unit stops; a log that cannot be used is tried again each second."""
        while True:
            beat()
            self._attempt(lambda: self._step(beat, stop))
            if stop.wait(STEP_S):
                return

    def finish(self) -> None:
        """Record the stop, sign and queue what is left, and close the log."""
        if self._open is not None:
            self._attempt(self._record_stop)
        self._close()

    def faults(self) -> list[Fault]:
        """What is wrong with the log at present. Never waits."""
        failure, findings = self._failure or self._not_kept or self._filled, list(self._findings.values())
        faults = [Fault(FaultKind.ACCESS_LOG, "access log", f"access log: {failure}")] if failure else []
        if self._broken_glass is not None:
            text = f"break-glass: root looked without an account, record {self._broken_glass}"
            faults.append(Fault(FaultKind.BREAK_GLASS, f"record {self._broken_glass}", text))
        return faults + [Fault(FaultKind.ACCESS_LOG_CHANGED, "access log", f"access log: {line}") for line in findings]

    def figures(self) -> dict[str, Any]:
        """What health tells of the log; None where it is not known."""
        return {"access_records": self._size, "access_records_cosigned": self._cosigned}

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except StoreError as error:
            if str(error) != self._failure:
                log.error("access_log.failed", failure=str(error))
            self._failure = str(error)
            if isinstance(error, DamagedError) and self._open is not None:
                self._damage = error
            self._close()
        else:
            self._failure = ""

    def _step(self, beat: Callable[[], None], stop: threading.Event) -> None:
        if self._open is None:
            self._open = self._open_log(beating(stop.wait, beat))
        opened = self._open
        if self._is_due(opened.access_log) and self._verify(opened, beat, stop):
            self._drop_old(opened)
        # Before what a full log refuses: what is sent and cosigned can go from it.
        self._publish(opened)
        self._take_in_statement(opened)
        if time.monotonic() - opened.dropped_s >= DROP_S:
            opened.dropped_s = time.monotonic()
            drop_delivered(self.database, PREFIXES_KEPT_ELSEWHERE)
            if self._filled and self._is_sound:
                self._drop_old(opened)
        self._note_failure(opened)

    def _is_due(self, access_log: AccessLog) -> bool:
        """Whether the log is to be verified as a whole."""
        log_id, verified_s = self._verified or ("", 0.0)
        return log_id != access_log.log_id or time.monotonic() - verified_s >= VERIFY_S

    def _open_log(self, wait: Wait) -> _OpenLog:
        """Open the log and record the start; a damaged one is set aside, and the next begins with a record of that."""
        access_log = replacement.open_or_begin(self.settings, self._damage, self._damage_check, wait)
        self._damage = None
        try:
            signer = CheckpointSigner(access_log, load_signing_key(self.settings.store.keys_directory))
            self._find_set_aside(access_log)
            self._record_start(access_log)
        except StoreError:
            access_log.close()
            raise
        return _OpenLog(access_log, signer)

    def _record_start(self, access_log: AccessLog) -> None:
        """Record the start, once however often the log has to be opened again."""
        if not self._is_started:
            self._recorder(access_log).note(START_SERVICE)
            self._is_started = True

    def _find_set_aside(self, access_log: AccessLog) -> None:
        """Tell of logs that were set aside, for as long as their folders are there."""
        names = replacement.damaged_logs(self.settings.unit.data_directory)
        if names and access_log.size() == 0:
            self._recorder(access_log).note(BEGIN_LOG, names[-1], note="the log before was damaged and set aside")
        words = f"damaged and set aside as {', '.join(names[-3:])}; hand it to the department, then remove the folder"
        self._find("set aside", words if names else "")

    def _drop_old(self, opened: _OpenLog) -> None:
        """Remove what is older than the profiles ask for."""
        try:
            count = drop_old_records(opened.access_log, self._recorder(opened.access_log), self.settings.policy)
        except AuditError as error:
            self._find("upkeep", str(error))
            return
        if count:
            log.info("access_log.old_records_dropped", records=count)

    def _note_failure(self, opened: _OpenLog) -> None:
        """Tell, and put on record, that another program's record was not kept."""
        failure = take_failure(self.settings.unit.runtime_directory)
        if failure:
            self._not_kept = failure
            log.error("access_log.record_not_kept", failure=failure)
            self._recorder(opened.access_log).note(RECORD_NOT_KEPT, note=failure)

    def _recorder(self, access_log: AccessLog) -> ChangeRecorder:
        return ChangeRecorder(access_log, COMPONENT, self.clock)

    def _verify(self, opened: _OpenLog, beat: Callable[[], None], stop: threading.Event) -> bool:
        """Verify the whole log; returns whether all of it is as it was written."""

        def tick(_done: int, _total: int) -> None:
            beat()
            if stop.is_set():
                raise _StoppedError

        try:
            result = audits.verify(opened.access_log, opened.signer.key, None, tick)
        except _StoppedError:
            return False
        self._verified = opened.access_log.log_id, time.monotonic()
        self._is_sound = not result.findings
        self._find("audit", result.findings[0] if result.findings else "")
        return self._is_sound

    def _publish(self, opened: _OpenLog) -> None:
        """Queue what is not queued yet, and sign for it."""
        queued = queue_new_records(opened.access_log, self.database, self.clock.now())
        if queued.broken_glass is not None:
            log.error("access_log.glass_broken", record=queued.broken_glass)
            self._broken_glass = queued.broken_glass
        self._size = size = opened.access_log.size()
        self._filled = _filled_words(opened.access_log)
        first = queued.next_sequence
        self._find("cursor", f"it has {size} records, and {first} were queued: it was set back" * (first > size))
        unit_id, now = self.settings.unit.id, self.clock.now()
        try:
            queue_new_checkpoint(opened.access_log, opened.signer, unit_id, self.database, now)
        except AuditError as error:
            self._find("signer", str(error))
            return
        self._find("signer", "")

    def _take_in_statement(self, opened: _OpenLog) -> None:
        """Take in the department's cosignature, or what it found."""
        statement = log_items.statement_of(self.database, opened.access_log.log_id)
        if statement is None or statement == opened.statement:
            return
        opened.statement = statement
        self._find("department", statement.finding and f"the department says: {statement.finding}")
        size = opened.access_log.size()
        is_behind = statement.size > size
        self._find("size", f"it has {size} records, the department {statement.size}: it was set back" * is_behind)
        if statement.signature and checkpoint_at(opened.access_log, statement.size) is not None:
            self._take_in_cosignature(opened, statement)

    def _take_in_cosignature(self, opened: _OpenLog, statement: LogStatementPayload) -> None:
        try:
            key = NoteKey.parse(statement.witness_key)
            add_cosignature(opened.access_log, statement.size, statement.signature, key)
        except AuditError as error:
            self._find("cosignature", str(error))
            return
        self._cosigned = statement.size
        self._find("cosignature", "")

    def _find(self, who: str, finding: str) -> None:
        if finding and self._findings.get(who) != finding:
            log.error("access_log.changed", found_by=who, finding=finding)
        if finding:
            self._findings[who] = finding
        else:
            self._findings.pop(who, None)

    def _record_stop(self) -> None:
        opened = self._open
        assert opened is not None, "the caller looked"
        self._recorder(opened.access_log).note(STOP_SERVICE)
        self._publish(opened)

    def _close(self) -> None:
        if self._open is not None:
            self._open.access_log.close()
            self._open = None


def _filled_words(access_log: AccessLog) -> str:
    """That the log comes near its bound; empty while it does not."""
    share = access_log.used_bytes() / access_log.bytes_max
    return f"it has {share:.0%} of the bytes that it may have; at 100 % nothing is shown" * (share >= FILLED_SHARE)
