"""Keeps the newest signed checkpoint of the deletions in the department's folder, outside the database.

The signatures in the database hold for each beginning of the record: whoever has the database alone could cut its end,
and what is left would still be as it was signed. A backup does not have the mark: what it restores begins anew.
"""

from sqlalchemy import Connection

from alpr_edge.department.retention.deletion_log import ORIGIN, LoggedRun, check_log, logged_runs
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.collection.deletion_runs import root_of
from alpr_edge.domain.errors import AuditError, DepartmentError, StoreError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
from alpr_edge.domain.log_proofs.notes import SignedNote
from alpr_edge.runtime.durable_files import give_to_owner_of, replace_file
from alpr_edge.runtime.io_errors import io_errors

FILE_NAME = "deletions.checkpoint"


def check_deletions(runs: list[LoggedRun], witness: Witness) -> None:
    """Check that no record of deletions was changed, left out, put in or cut from the end.

    Raises:
        AuditError: one was; it says which.
        StoreError: the mark cannot be read.
    """
    check_log(runs, witness.key)
    path = witness.directory / FILE_NAME
    with io_errors(f"{path}: cannot be read", StoreError):
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    if not text:
        return
    note = SignedNote.parse(text)
    check_cosignature(note, witness.key)
    marked = Checkpoint.parse(note.text)
    if marked.origin != ORIGIN:
        raise AuditError(f"{path}: it is none of deletions; restore it")
    if marked.size > len(runs):
        raise AuditError(f"deletion {len(runs)}: records are missing at the end; {marked.size} were signed")
    if marked.root != root_of(run.record for run in runs[: marked.size]):
        raise AuditError(f"deletion {marked.size - 1}: the records up to it are not those that were signed")


def require_end(connection: Connection, witness: Witness) -> None:
    """Refuse to go on with a record whose end was cut: the next run would take the number of a lost one."""
    try:
        check_deletions(logged_runs(connection), witness)
    except AuditError as error:
        raise DepartmentError(f"the record of deletions was changed, and nothing is deleted: {error}") from None


def mark_end(run: LoggedRun, witness: Witness) -> None:
    """Keep the checkpoint of a run that is on record, once its transaction is over."""
    path = witness.directory / FILE_NAME
    with io_errors(f"{path}: cannot be written", StoreError):
        replace_file(path, run.checkpoint.encode())
        give_to_owner_of(witness.directory, path)
