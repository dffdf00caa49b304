"""Verifies the access log and proves single records of it."""

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.log_proofs.checkpoints import open_checkpoint
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.domain.log_proofs.proof_files import ProofFile
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.store.access_log import audits
from alpr_edge.store.access_log.audits import AuditResult, Tick
from alpr_edge.store.access_log.checkpoints import log_key
from alpr_edge.store.access_log.log import AccessLog


def key_of_log(log: AccessLog) -> NoteKey:
    """The public key that signs the log's checkpoints, as the log itself has it.

    Raises:
        AuditError: nothing was signed yet.
    """
    key = log_key(log)
    if key is None:
        raise AuditError("the access log has no checkpoint yet; alpr-edge run signs one while it runs")
    return key


def verify_log(log: AccessLog, key: NoteKey | None, checkpoint: str | None, tick: Tick) -> AuditResult:
    """Verify every record of the log; shows nothing of any, and works on a log that takes no record any more.

    Args:
        key: the key that signs it, from somebody else; None: the one that the log itself has.
        checkpoint: a signed checkpoint that somebody else kept; None: there is none.

    Raises:
        AuditError: the checkpoint is none, or of another log or key.
        StoreError: the log cannot be read.
    """
    if key is None:
        key = key_of_log(log)
    elif key.name != log.origin:
        raise AuditError("the key is that of another log")
    other = None if checkpoint is None else open_checkpoint(checkpoint, key)
    return audits.verify(log, key, other, tick)


def prove_record(log: AccessLog, authoriser: Authoriser, purpose: Purpose, sequence: int) -> ProofFile:
    """Prove one record to somebody who has nothing of the log; that it was shown is on record first.

    Raises:
        AccessError: it is refused.
        AuditError: there is no such record, or no checkpoint covers it yet.
        StoreError: the log cannot be read, or the access is not on record: nothing may be shown.
    """
    objects = (f"record:{sequence}",)
    with authoriser.access(Operation.PROVE_RECORD, purpose, AccessSubject(objects)) as access:
        proof = audits.prove(log, sequence)
        access.show(objects, byte_count=len(proof.extra or b""))
        return proof
