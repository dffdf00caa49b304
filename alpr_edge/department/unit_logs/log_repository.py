"""Takes in records and checkpoints of units' access logs, cosigns what is consistent, and notes what is not.

All of it happens inside the transaction that stores a batch, so an answer never says more than is on the disk. A
checkpoint is judged once all records that it speaks of are here: its root has to be that of the records. Then, and if
it is the largest so far, it is cosigned.

A log that was set back on the unit's side shows as another record under a number that is taken, as a checkpoint with
another root, or as a new log of a unit that had one. A log that is the department's own or another unit's is refused:
the department would sign by that log's name what a unit made up. Each is noted
(:mod:`alpr_edge.department.unit_logs.findings`), and told to the unit with every answer while it is open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, update

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.day_keys.item_bodies import open_bodies, select_bodies
from alpr_edge.department.db.schema import items, unit_log_checkpoints, unit_logs
from alpr_edge.department.db.statements import insert_once
from alpr_edge.department.unit_logs.findings import (
    Acknowledgement,
    FindingKind,
    LogFinding,
    acknowledge_findings,
    all_open_findings,
    note_finding,
    open_findings,
)
from alpr_edge.department.unit_logs.trees import LogIdentity, StoredTree
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.access_log.records import DRIFT_FOUND, RECORD_NOT_KEPT, parse_record
from alpr_edge.domain.log_proofs.checkpoints import log_id_of_key, open_checkpoint
from alpr_edge.domain.log_proofs.notes import NoteKey, SignedNote
from alpr_edge.domain.protocol.access_log import (
    FINDING_CHARACTERS_MAX,
    LOGS_MAX,
    CheckpointPayload,
    LogPlace,
    LogStatementPayload,
    place_in,
)

NAMED_MAX = 3
_ALARMS = {
    f'"action":"{DRIFT_FOUND}"'.encode(): FindingKind.SELF_CHECK,
    f'"action":"{RECORD_NOT_KEPT}"'.encode(): FindingKind.NOT_KEPT,
}
"""What a record of an alarm holds. In a text of a record the quotes would be escaped."""
_REFUSED = "and were refused: it has the data of another unit, or a disk was copied or tampered with"
JUDGED_MAX = 100
"""Most checkpoints of a log judged with one batch, the smallest first."""


@dataclass(frozen=True, slots=True)
class UnitLogState:
    """How a unit's log stands at the department; shows no record."""

    unit_id: str
    log_id: str
    records: int
    """Records that are here without a gap."""
    cosigned: int
    """Records up to the largest checkpoint that was cosigned."""
    cosigned_at: datetime | None
    key: str
    """The public key that signs the log; empty before its first checkpoint."""
    findings: list[LogFinding]
    """What is wrong with it and not acknowledged."""


class LogRepository:
    """The access logs of all units; threads may share it."""

    def __init__(self, database: DepartmentDatabase, witness: Witness) -> None:
        self._database = database
        self._witness = witness
        self.own_log_id = log_id_of_key(witness.key)
        """The id of the department's own access log, which no unit's log may have."""

    @property
    def witness_key(self) -> NoteKey:
        """The public key that cosigns."""
        return self._witness.key

    def note_checkpoint(self, connection: Connection, unit_id: str, place: LogPlace, item_id: str) -> None:
        """Note that a checkpoint arrived, to be judged when its records are here."""
        values = {"unit_id": unit_id, "log_id": place.log_id, "size": place.number, "item_id": item_id}
        insert_once(connection, unit_log_checkpoints, [values | {"is_judged": False}])

    def note_conflict(self, connection: Connection, unit_id: str, place: LogPlace) -> None:
        """Note that a unit sent something else under the number of a record that is here."""
        text = f"another record {place.number} came than the one stored: the log was set back"
        note_finding(connection, LogIdentity(unit_id, place.log_id), FindingKind.RECORD, text)

    def note_foreign_log(self, connection: Connection, sent: LogIdentity, whose: str) -> None:
        """Note that items of a log came that is not their sender's, with the newest log of the sender.

        A sender that has none here gets it under the log whose items it sent: it was enrolled with the data folder of
        another unit, and none of what it puts on record may ever be taken (policy 462.6).
        """
        newest = select(unit_logs.c.log_id).where(unit_logs.c.unit_id == sent.unit_id)
        log_id = connection.scalar(newest.order_by(unit_logs.c.begun_at.desc()).limit(1))
        identity = sent if log_id is None else LogIdentity(sent.unit_id, log_id)
        note_finding(connection, identity, FindingKind.FOREIGN_LOG, f"items of a log came that is {whose}, {_REFUSED}")

    def take_in(self, connection: Connection, unit_id: str, item_ids: Iterable[str]) -> None:
        """Take in what a batch stored of a unit's logs."""
        log_ids = {place.log_id for item_id in item_ids if (place := place_in(item_id)) is not None}
        for log_id in sorted(log_ids):
            identity = LogIdentity(unit_id, log_id)
            tree = StoredTree(connection, identity)
            size = tree.advance(_begun_log(connection, identity)["size"], partial(_note_alarm, connection, identity))
            self._judge(connection, identity, tree, size)

    def statements(self, unit_id: str) -> list[LogStatementPayload]:
        """What there is to say of a unit's logs, the newest first."""
        return [self._statement(state, row) for state, row in self._states(unit_logs.c.unit_id == unit_id, LOGS_MAX)]

    def states(self) -> list[UnitLogState]:
        """Every log, by unit, the newest of each first."""
        return [state for state, _ in self._states(unit_logs.c.unit_id != "", None)]

    def findings(self) -> list[tuple[str, LogFinding]]:
        """What is wrong and not acknowledged, each with its unit, also of a unit that has no log here."""
        with self._database.reading() as connection:
            return all_open_findings(connection)

    def acknowledge(self, unit_id: str, acknowledgement: Acknowledgement) -> int:
        """End the open findings of a unit's logs; returns how many there were."""
        with self._database.writing() as connection:
            return acknowledge_findings(connection, unit_id, acknowledgement)

    def _states(self, condition: ColumnElement[bool], limit: int | None) -> list[tuple[UnitLogState, RowMapping]]:
        query = select(unit_logs).where(condition).order_by(unit_logs.c.unit_id, unit_logs.c.begun_at.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit)).mappings().all()
            return [(_state(row, open_findings(connection, _identity(row))), row) for row in rows]

    def _statement(self, state: UnitLogState, row: RowMapping) -> LogStatementPayload:
        return LogStatementPayload(
            log_id=state.log_id,
            size=state.cosigned,
            signature=row["cosignature"],
            witness_key=self._witness.key.text if row["cosignature"] else "",
            finding="; ".join(finding.text for finding in state.findings)[:FINDING_CHARACTERS_MAX],
        )

    def _judge(self, connection: Connection, identity: LogIdentity, tree: StoredTree, size: int) -> None:
        """Judge the checkpoints that the records here reach."""
        due = unit_log_checkpoints.c
        of_log = (due.unit_id == identity.unit_id) & (due.log_id == identity.log_id)
        item = (items.c.item_id == due.item_id) & (items.c.unit_id == due.unit_id)
        are_due = of_log & ~due.is_judged & (due.size <= size)
        query = select_bodies().join(unit_log_checkpoints, item).where(are_due).order_by(due.size).limit(JUDGED_MAX)
        rows = connection.execute(query).all()
        for row, body in zip(rows, open_bodies(connection, rows), strict=True):
            self._judge_one(connection, identity, CheckpointPayload.model_validate_json(body or b""), tree)
            is_it = of_log & (due.item_id == row.item_id)
            connection.execute(update(unit_log_checkpoints).where(is_it).values(is_judged=True))

    def _judge_one(
        self, connection: Connection, identity: LogIdentity, payload: CheckpointPayload, tree: StoredTree
    ) -> None:
        row = _begun_log(connection, identity)
        checkpoint = open_checkpoint(payload.note, NoteKey.parse(payload.key))
        if row["log_key"] not in {"", payload.key}:
            text = f"the checkpoint at {checkpoint.size} was signed with another key than those before"
            note_finding(connection, identity, FindingKind.KEY, text)
            return
        if tree.root(checkpoint.size) != checkpoint.root:
            text = f"the checkpoint at {checkpoint.size} is not that of the records stored: the log was set back"
            note_finding(connection, identity, FindingKind.CHECKPOINT, text)
            return
        values: dict[str, Any] = {"log_key": payload.key}
        if checkpoint.size > row["cosigned_size"]:
            now = naive_utc_now()
            line = self._witness.cosign(SignedNote.parse(payload.note).text, now.replace(tzinfo=UTC))
            values |= {"cosigned_size": checkpoint.size, "cosignature": line, "cosigned_at": now}
        connection.execute(update(unit_logs).where(_is(identity)).values(values))


def _note_alarm(connection: Connection, identity: LogIdentity, sequence: int, body: bytes) -> None:
    """Note what a unit found wrong with itself: its record of that is a finding here until somebody acknowledges it."""
    kind = next((kind for word, kind in _ALARMS.items() if word in body), None)
    if kind is None:
        return
    record = parse_record(body)
    names = [change.name for change in record.changes] or list(record.objects) or [record.note]
    more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
    text = f"record {sequence}, by the unit itself: {record.action.replace('_', ' ')}: {', '.join(names[:NAMED_MAX])}"
    note_finding(connection, identity, kind, f"{text[: FINDING_CHARACTERS_MAX // 2]}{more}")


def _begun_log(connection: Connection, identity: LogIdentity) -> RowMapping:
    """The row of a log; made when this is the first that arrives of it."""
    row = connection.execute(select(unit_logs).where(_is(identity))).mappings().first()
    if row is not None:
        return row
    of_unit = select(unit_logs.c.size).where(unit_logs.c.unit_id == identity.unit_id)
    earlier = connection.scalar(of_unit.order_by(unit_logs.c.begun_at.desc()).limit(1))
    values = {"size": 0, "log_key": "", "cosigned_size": 0, "cosignature": "", "begun_at": naive_utc_now()}
    connection.execute(insert(unit_logs).values(unit_id=identity.unit_id, log_id=identity.log_id, **values))
    if earlier is not None:
        text = f"the unit began a new log; of the one before {earlier} records are here"
        note_finding(connection, identity, FindingKind.NEW_LOG, text)
    return connection.execute(select(unit_logs).where(_is(identity))).mappings().one()


def _is(identity: LogIdentity) -> ColumnElement[bool]:
    return (unit_logs.c.unit_id == identity.unit_id) & (unit_logs.c.log_id == identity.log_id)


def _identity(row: RowMapping) -> LogIdentity:
    return LogIdentity(row["unit_id"], row["log_id"])


def _state(row: RowMapping, findings: list[LogFinding]) -> UnitLogState:
    return UnitLogState(
        unit_id=row["unit_id"],
        log_id=row["log_id"],
        records=row["size"],
        cosigned=row["cosigned_size"],
        cosigned_at=row["cosigned_at"],
        key=row["log_key"],
        findings=findings,
    )
