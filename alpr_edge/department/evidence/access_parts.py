"""Makes what a package shows of access logs: records with their proofs, and the list of all who looked."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, select

from alpr_edge.department.access_log.log import DepartmentAccessLog
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.item_bodies import open_bodies, select_bodies
from alpr_edge.department.db.schema import items, unit_log_checkpoints, unit_logs
from alpr_edge.department.evidence.case_accesses import CaseLog, FoundAccess
from alpr_edge.department.packages.csv_lines import csv_lines
from alpr_edge.department.unit_logs.trees import LogIdentity, StoredTree
from alpr_edge.domain.access_log.records import DEPARTMENT
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
from alpr_edge.domain.log_proofs.notes import NoteKey, SignedNote
from alpr_edge.domain.log_proofs.proof_files import ProofFile
from alpr_edge.domain.log_proofs.proofs import inclusion_proof
from alpr_edge.domain.protocol.access_log import CheckpointPayload
from alpr_edge.evidence import layout
from alpr_edge.evidence.content import AccessLogPart, AccessProof


@dataclass(frozen=True, slots=True)
class _SignedState:
    """What a log was signed at last."""

    key: str
    note: str
    size: int


@dataclass(frozen=True, slots=True)
class AccessParts:
    """What a package shows of access logs."""

    logs: tuple[AccessLogPart, ...]
    unproved: int
    """Records about the case that their unit had not signed yet, or the department not cosigned."""
    table: bytes
    """All accesses as CSV, UTF-8; empty: there is none."""


class AccessPartMaker:
    """Makes them; threads may share it.

    Args:
        certificate: the authority's word for that key, PEM; empty: there is none.
    """

    def __init__(self, database: DepartmentDatabase, log: DepartmentAccessLog, certificate: bytes) -> None:
        self._database = database
        self._log = log
        self._certificate = certificate

    def make(self, found: Sequence[FoundAccess]) -> AccessParts:
        """The parts of some accesses, those of one log one after the other."""
        parts, unproved, lines = list[AccessLogPart](), 0, list[dict[str, object]]()
        for log, accesses in groupby(found, key=lambda access: access.log):
            state, of_log = self._state(log), list(accesses)
            size = 0 if state is None else state.size
            shown = [each for each in of_log if each.is_of_case and each.is_shown]
            proved = [each for each in shown if each.sequence < size]
            unproved += len(shown) - len(proved)
            if state is not None and proved:
                parts.append(self._part(log, state, proved))
            folder = layout.log_folder(len(parts))
            files = {each.sequence: f"{folder}/{each.sequence:08}.json" for each in proved}
            lines += [access_line(each) | {"record_file": files.get(each.sequence, "")} for each in of_log]
        return AccessParts(tuple(parts), unproved, "".join(csv_lines(lines)).encode())

    def _part(self, log: CaseLog, state: _SignedState, proved: Sequence[FoundAccess]) -> AccessLogPart:
        return AccessLogPart(
            log_key=state.key,
            checkpoint=state.note,
            cosigned=state.note,
            witness_key=self._log.key.text,
            witness_certificate=self._certificate,
            records=self._proofs(log, state, proved),
        )

    def _proofs(self, log: CaseLog, state: _SignedState, proved: Sequence[FoundAccess]) -> Iterator[AccessProof]:
        for access in proved:
            if log.identity is None:
                proof = self._log.prove(access.sequence, state.size)
            else:
                with self._database.reading() as connection:
                    read_node = StoredTree(connection, log.identity).read_node
                    hashes = tuple(inclusion_proof(read_node, access.sequence, state.size))
                proof = ProofFile(access.sequence, hashes, state.note, access.body)
            yield AccessProof(access.sequence, access.body, proof.text)

    def _state(self, log: CaseLog) -> _SignedState | None:
        """What a log was signed at last, with the department's cosignature; None: it never was."""
        if log.identity is None:
            return _SignedState(self._log.key.text, self._log.checkpoint(log.size), log.size)
        with self._database.reading() as connection:
            return _cosigned_state(connection, log.identity, self._log.key)


def access_line(access: FoundAccess) -> dict[str, object]:
    """What the list says of an access: by whom, when, what for; no plate, no note, and no number of another case."""
    record, identity = access.record, access.log.identity
    stated = "this case" if access.is_of_case else "another case"
    return {
        "log": DEPARTMENT if identity is None else identity.unit_id,
        "record": access.sequence,
        "utc": record.happened.utc or "clock not set",
        "person": record.person,
        "person_id": record.person_id,
        "organisation": record.organisation,
        "break_glass": "yes" if record.break_glass else "no",
        "action": record.action,
        "purpose": record.purpose,
        "offence": record.offence if access.is_of_case else "",
        "case": stated if access.subject.case else "no case",
        "outcome": record.outcome.value,
        "reads_of_the_case": access.read_count,
    }


def _cosigned_state(connection: Connection, log: LogIdentity, witness: NoteKey) -> _SignedState | None:
    """The largest checkpoint of a unit's log that the department cosigned, with its cosignature."""
    is_it = (unit_logs.c.unit_id == log.unit_id) & (unit_logs.c.log_id == log.log_id)
    row = connection.execute(select(unit_logs).where(is_it)).one()
    due = unit_log_checkpoints.c
    of_log = (due.unit_id == log.unit_id) & (due.log_id == log.log_id) & (due.size == row.cosigned_size) & due.is_judged
    item = (items.c.item_id == due.item_id) & (items.c.unit_id == due.unit_id)
    rows = connection.execute(select_bodies().join(unit_log_checkpoints, item).where(of_log)).all()
    for body in filter(None, open_bodies(connection, rows)):
        payload = CheckpointPayload.model_validate_json(body)
        whole = payload.note + row.cosignature
        with suppress(AuditError):  # another checkpoint of that size, which was not the one cosigned
            check_cosignature(SignedNote.parse(whole), witness)
            return _SignedState(row.log_key, whole, row.cosigned_size)
    return None
