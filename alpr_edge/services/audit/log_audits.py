"""Verifies the access log and proves single records of it."""

from alpr_edge.domain.access import Actor, Permission, Purpose, authorise
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.transparency.checkpoints import open_checkpoint
from alpr_edge.domain.transparency.notes import NoteKey
from alpr_edge.domain.transparency.proof_files import ProofFile
from alpr_edge.services.audit.access_entries import AccessAction, allowed_entry
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


def verify_log(
    log: AccessLog, actor: Actor, purpose: Purpose, key: NoteKey | None, checkpoint: str | None, tick: Tick
) -> AuditResult:
    """Verify every record of the log; shows nothing of any.

    Args:
        log: the log.
        actor: the person who asks.
        purpose: what for.
        key: the key that signs it, from somebody else; None: the one that the log itself has.
        checkpoint: a signed checkpoint that somebody else kept; None: there is none.
        tick: receives the number of records verified and of all.

    Raises:
        AccessError: the actor may not.
        AuditError: the checkpoint is none, or of another log or key.
        StoreError: the log cannot be read.
    """
    authorise(actor, purpose, Permission.SEE_LOG)
    if key is None:
        key = key_of_log(log)
    elif key.name != log.origin:
        raise AuditError("the key is that of another log")
    other = None if checkpoint is None else open_checkpoint(checkpoint, key)
    return audits.verify(log, key, other, tick)


def prove_record(log: AccessLog, actor: Actor, purpose: Purpose, sequence: int, clock: Clock) -> ProofFile:
    """Prove one record to somebody who has nothing of the log; that it was shown is on record first.

    Args:
        log: the log.
        actor: the person who asks.
        purpose: what for.
        sequence: the record's number.
        clock: says when it was shown.

    Raises:
        AccessError: the actor may not.
        AuditError: there is no such record, or no checkpoint covers it yet.
        StoreError: the log cannot be read, or the access is not on record: nothing may be shown.
    """
    authorise(actor, purpose, Permission.SEE_LOG)
    proof = audits.prove(log, sequence)
    size = 0 if proof.extra is None else len(proof.extra)
    action = AccessAction("prove_record", objects=(f"record:{sequence}",), shown=1, shown_bytes=size)
    now = clock.now()
    log.append(allowed_entry(actor, purpose, action, now), now)
    return proof
