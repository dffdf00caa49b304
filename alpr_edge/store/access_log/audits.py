"""Audits of the access log: verify all of it, or prove one record to somebody who has nothing of it."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from alpr_edge.domain.access_log.verification import LogVerifier
from alpr_edge.domain.errors import AuditError, LostError
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint, open_checkpoint
from alpr_edge.domain.log_proofs.cosignatures import check_cosignature
from alpr_edge.domain.log_proofs.merkle import CompactRange, complete_subtrees, range_root
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.domain.log_proofs.proof_files import ProofFile
from alpr_edge.domain.log_proofs.proofs import inclusion_proof
from alpr_edge.store.access_log import checkpoints
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.access_log.log_rows import first_of, node_reader

BATCH = 4000
"""Records read at a time: a reading transaction has a second."""
TURN_S = 0.0005
"""How long Python lets the thread that verifies go on while the one that reads waits for its turn: as short as that,
since it waits at each batch several times."""

Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit of a log found."""

    records: int
    """Records so far, those that went for their age among them."""
    checkpoints: int
    """Checkpoints whose signatures were checked."""
    cosigned: int
    """Records up to the newest checkpoint that the department cosigned."""
    findings: tuple[str, ...]
    """What is wrong, a line each; empty: nothing."""


def verify(log: AccessLog, key: NoteKey, other: Checkpoint | None, tick: Tick) -> AuditResult:
    """Verify every record of a log against its tree and its checkpoints; others may append meanwhile.

    Args:
        other: a checkpoint that somebody else kept; None: there is none.
    """
    stored = checkpoints.all_checkpoints(log)
    witness = checkpoints.witness_key(log)
    findings: list[str] = []
    roots: dict[int, bytes] = {}
    begin = _removed_tree(log)
    if other is not None and other.size < begin.size:
        raise AuditError(f"of the {other.size} records of that checkpoint none is left here; the department has them")
    for each in stored:
        try:
            roots[each.size] = _root_of(each, key, witness)
        except AuditError as error:
            findings.append(f"checkpoint at {each.size}: {error}")
    if other is not None:
        if roots.setdefault(other.size, other.root) != other.root:
            findings.append(f"the checkpoint given and the log's own differ at {other.size} records")
        roots[other.size] = other.root
    verifier = _read_all(log, LogVerifier(roots, _copy_of(begin)), tick)
    if verifier.findings:
        verifier = _read_beside_tree(log, LogVerifier(roots, _copy_of(begin)), tick)
    elif not _has_tree(log, verifier):
        findings.append("the stored tree is not that of the records")
    findings += verifier.findings
    cosigned = max((each.size for each in stored if each.is_cosigned), default=0)
    return AuditResult(verifier.size, len(stored), cosigned, tuple(findings))


def prove(log: AccessLog, sequence: int) -> ProofFile:
    """Prove that a record is in the log, by its newest cosigned checkpoint that covers it, else by the newest."""
    if sequence < (first := log.first()):
        raise AuditError(f"record {sequence} went for its age; the first that is left is {first}")
    found = log.read(sequence, 1)
    if not found or found[0].sequence != sequence:
        raise AuditError(f"the access log has no record {sequence}")
    covering = [each for each in checkpoints.all_checkpoints(log) if each.size > sequence]
    if not covering:
        raise AuditError(f"no checkpoint covers record {sequence} yet; alpr-edge run signs one while it runs")
    best = max(covering, key=lambda each: (each.is_cosigned, each.size))
    with log.reading() as connection:
        hashes = inclusion_proof(node_reader(connection), sequence, best.size)
    return ProofFile(sequence, tuple(hashes), best.note.whole, found[0].body)


def _root_of(stored: checkpoints.StoredCheckpoint, key: NoteKey, witness: NoteKey | None) -> bytes:
    """The root of a stored checkpoint, once its signatures are checked."""
    checkpoint = open_checkpoint(stored.note.whole, key)
    if checkpoint.size != stored.size:
        raise AuditError("it is stored under another size")
    if stored.is_cosigned:
        if witness is None:
            raise AuditError("cosigned by an unknown key")
        check_cosignature(stored.note, witness)
    return checkpoint.root


def _has_tree(log: AccessLog, verifier: LogVerifier) -> bool:
    """Whether the stored nodes give the root of the records."""
    try:
        with log.reading() as connection:
            return range_root(node_reader(connection), 0, verifier.size) == verifier.root
    except LostError:
        return False


def _removed_tree(log: AccessLog) -> CompactRange:
    """The tree of the records that went for their age, as its stored hashes give it."""
    with log.reading() as connection:
        first, read_node = first_of(connection), node_reader(connection)
        return CompactRange(first, [read_node(level, place) for level, place in complete_subtrees(0, first)])


def _copy_of(tree: CompactRange) -> CompactRange:
    return CompactRange(tree.size, list(tree.edge))


def _read_all(log: AccessLog, verifier: LogVerifier, tick: Tick) -> LogVerifier:
    """Verify every record by the checkpoints."""
    total = log.size()
    for batch in _read_ahead(log, verifier.size):
        for sequence, body in batch:
            verifier.add(sequence, body)
        tick(min(verifier.size, total), total)
    verifier.finish()
    return verifier


def _read_ahead(log: AccessLog, first: int) -> Iterator[list[tuple[int, bytes]]]:
    """Records in batches; the next is read and decrypted, on another core, while one is verified."""
    turn_s = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        with ThreadPoolExecutor(1) as reader:
            coming = reader.submit(log.read_bodies, first, BATCH)
            while batch := coming.result():
                coming = reader.submit(log.read_bodies, batch[-1][0] + 1, BATCH)
                yield batch
    finally:
        sys.setswitchinterval(turn_s)


def _read_beside_tree(log: AccessLog, verifier: LogVerifier, tick: Tick) -> LogVerifier:
    """The same once more, of a log with findings: its stored hashes tell which record it is."""
    total, first = log.size(), verifier.size
    while batch := log.read(first, BATCH):
        for record in batch:
            verifier.add(record.sequence, record.body, record.leaf)
        first = batch[-1].sequence + 1
        tick(min(first, total), total)
    verifier.finish()
    return verifier
