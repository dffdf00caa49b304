"""Gives the records of an access log that are about one case, each with its proof, and none of any other.

Which those are says :mod:`alpr_edge.domain.access_log.case_records`. One that names what is withheld from whoever asks
is left out, whatever it states, and so is one that may tell of a covert entry. The proof of one shows no other record.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from alpr_edge.domain.access_log.case_records import record_subject
from alpr_edge.domain.log_proofs.notes import NoteKey
from alpr_edge.domain.log_proofs.proof_files import ProofFile
from alpr_edge.domain.log_proofs.proofs import consistency_proof, inclusion_proof
from alpr_edge.store.access_log import checkpoints
from alpr_edge.store.access_log.checkpoints import StoredCheckpoint
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.access_log.log_rows import node_reader

BATCH = 2000
"""Records read at a time: a reading transaction has a second."""


@dataclass(frozen=True, slots=True)
class ProvedRecord:
    """A record with its proof."""

    sequence: int
    body: bytes
    proof: ProofFile


@dataclass(frozen=True, slots=True)
class RecordVolume:
    """How much some records are."""

    count: int
    byte_count: int


@dataclass(frozen=True, slots=True)
class LogState:
    """What a log says of itself, and who vouches for it."""

    key: NoteKey
    newest: StoredCheckpoint
    cosigned: StoredCheckpoint | None
    """The newest that the department cosigned; None: it cosigned none."""
    witness: NoteKey | None
    consistency: tuple[bytes, ...]
    """Proof that the newest continues the cosigned one; empty where there is nothing to prove."""


@dataclass(frozen=True, slots=True)
class RecordChoice:
    """Which records are wanted."""

    case: str
    """The case number, as :func:`~alpr_edge.domain.holds.case_numbers.normal_case` writes it."""
    ids: Collection[str]
    """The ids of what belongs to the case."""
    withheld: Collection[str]
    """Ids that no record may name."""
    plain_entries: Collection[str] | None = None
    """Entries that are known not to be covert, where whoever asks may see no others; None: they may see all."""


def log_state(log: AccessLog) -> LogState | None:
    """The newest checkpoints of a log; None before its first. Raises StoreError."""
    key, stored = checkpoints.log_key(log), checkpoints.all_checkpoints(log)
    if key is None or not stored:
        return None
    newest = stored[-1]
    cosigned = next((each for each in reversed(stored) if each.is_cosigned), None)
    proof: tuple[bytes, ...] = ()
    if cosigned is not None and cosigned.size < newest.size:
        with log.reading() as connection:
            proof = tuple(consistency_proof(node_reader(connection), cosigned.size, newest.size))
    return LogState(key, newest, cosigned, checkpoints.witness_key(log), proof)


def records_of_case(log: AccessLog, state: LogState, choice: RecordChoice) -> Iterator[ProvedRecord]:
    """The records about a case that a checkpoint covers, in their order.

    Raises:
        StoreError: the log cannot be read.
    """
    for sequence, body in _wanted_bodies(log, log.first(), state.newest.size, choice):
        yield ProvedRecord(sequence, body, _proof(log, state, sequence, body))


def measure_records(log: AccessLog, choice: RecordChoice) -> RecordVolume:
    """How many records are about a case by now, proved or not, and their bytes. Raises StoreError."""
    lengths = [len(body) for _, body in _wanted_bodies(log, log.first(), log.size(), choice)]
    return RecordVolume(len(lengths), sum(lengths))


def count_unproved(log: AccessLog, state: LogState | None, choice: RecordChoice) -> int:
    """How many records about a case no checkpoint covers yet, so that they cannot be proved. Raises StoreError.

    Args:
        state: its checkpoints; None: it has none.
    """
    first = log.first() if state is None else max(log.first(), state.newest.size)
    return sum(1 for _ in _wanted_bodies(log, first, log.size(), choice))


def _wanted_bodies(log: AccessLog, first: int, end: int, choice: RecordChoice) -> Iterator[tuple[int, bytes]]:
    """The wanted records with a number of a range."""
    while first < end and (batch := log.read_bodies(first, min(BATCH, end - first))):
        yield from ((sequence, body) for sequence, body in batch if _is_wanted(body, choice))
        first = batch[-1][0] + 1


def _is_wanted(body: bytes, choice: RecordChoice) -> bool:
    subject, plain = record_subject(body), choice.plain_entries
    if any(each in choice.withheld for each in subject.objects):
        return False
    return subject.is_of_case(choice.case, choice.ids) and (plain is None or not subject.may_tell_covert(plain))


def _proof(log: AccessLog, state: LogState, sequence: int, body: bytes) -> ProofFile:
    """The proof by the cosigned checkpoint where it covers the record, else by the newest."""
    cosigned = state.cosigned
    best = cosigned if cosigned is not None and cosigned.size > sequence else state.newest
    with log.reading() as connection:
        hashes = inclusion_proof(node_reader(connection), sequence, best.size)
    return ProofFile(sequence, tuple(hashes), best.note.whole, body)
