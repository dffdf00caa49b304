"""Checks the department's access log: that no record was changed, left out or put in, and that its end is all there."""

from collections.abc import Callable
from dataclasses import dataclass

from alpr_edge.department.access_log.log import DepartmentAccessLog, LoggedRecord
from alpr_edge.domain.access_log.records import DEPARTMENT, AccessOutcome, AccessRecord, parse_record, utc_text
from alpr_edge.domain.errors import AuditError, LostError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
from alpr_edge.domain.log_proofs.merkle import CompactRange, hash_leaf
from alpr_edge.domain.log_proofs.notes import NoteKey, SignedNote

BATCH = 500
FINDINGS_MAX = 100
"""Most findings that are named."""
Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class AccessLogCheck:
    """What a check found."""

    records: int
    checkpoint: str | None
    """The newest signed note, to be kept elsewhere; None: there is no record yet."""
    findings: tuple[str, ...]
    """What is wrong, a line each; empty: nothing."""


def open_department_checkpoint(whole: str, log: DepartmentAccessLog) -> Checkpoint:
    """A checkpoint of this log that the department signed.

    Raises:
        AuditError: it is none.
    """
    return _open(whole, log.origin, log.key)


def check_access_log(log: DepartmentAccessLog, other: Checkpoint | None, tick: Tick) -> AccessLogCheck:
    """Check every record against its tree, its signature and the columns beside it; others may append meanwhile.

    Args:
        other: a checkpoint that somebody kept; None: there is none.

    Raises:
        StoreError: the log cannot be read, or a record does not open.
    """
    total, tree, findings, newest = log.size(), CompactRange(), list[str](), None
    while tree.size < total and len(findings) < FINDINGS_MAX:
        for record in log.read(tree.size, min(BATCH, total - tree.size)):
            if record.sequence != tree.size:
                findings.append(f"record {tree.size} is missing")
                return AccessLogCheck(tree.size, newest, tuple(findings))
            tree.append(hash_leaf(record.body))
            findings += _faults_of(record, tree, log)
            newest = record.checkpoint
            if other is not None and other.size == tree.size and other.root != tree.root:
                findings.append(f"the checkpoint given and the log's own differ at {other.size} records")
        tick(tree.size, total)
    if not findings and other is not None and other.size > tree.size:
        findings.append(f"the checkpoint given is of {other.size} records and {tree.size} are here: the end is cut off")
    if not findings and log.size() == total and not _has_tree(log, tree):
        findings.append("the stored tree is not that of the records")
    return AccessLogCheck(tree.size, newest, tuple(findings[:FINDINGS_MAX]))


def _faults_of(record: LoggedRecord, tree: CompactRange, log: DepartmentAccessLog) -> list[str]:
    """What is wrong with one record, the last of a tree."""
    faults = []
    try:
        if not _fits(parse_record(record.body), record, log.log_id):
            faults.append(f"record {record.sequence}: what stands beside it is not what it says")
        checkpoint = _open(record.checkpoint, log.origin, log.key)
        if (checkpoint.size, checkpoint.root) != (tree.size, tree.root):
            faults.append(f"record {record.sequence}: the records up to it are not those that were signed")
    except AuditError as error:
        faults.append(f"record {record.sequence}: {error}")
    return faults


def _open(whole: str, origin: str, key: NoteKey) -> Checkpoint:
    note = SignedNote.parse(whole)
    check_cosignature(note, key)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != origin:
        raise AuditError("the checkpoint is that of another log")
    return checkpoint


def _fits(said: AccessRecord, stored: LoggedRecord, log_id: str) -> bool:
    """Whether a record is one of this log, and the columns beside it say what it says itself."""
    is_own = (said.unit_id, said.log_id) == (DEPARTMENT, log_id)
    is_allowed = said.outcome is AccessOutcome.ALLOWED
    of_record = (said.sequence, said.person_id, said.action, is_allowed, said.shown)
    of_columns = (stored.sequence, stored.person_id, stored.action, stored.is_allowed, stored.shown)
    return is_own and of_record == of_columns and said.received.utc in {None, utc_text(stored.received_at)}


def _has_tree(log: DepartmentAccessLog, tree: CompactRange) -> bool:
    try:
        return log.root() == tree.root
    except LostError:
        return False
