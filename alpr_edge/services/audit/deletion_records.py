"""Puts on record what retention deleted, and shows whether a read was: counts and a digest, no plate and no id."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from alpr_edge.domain.access_log.records import AccessRecord, parse_record
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.retention import RetentionLimits
from alpr_edge.services.audit.access_entries import unit_entry
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.db.database import Database
from alpr_edge.store.retention import deleted_list

DELETE_READS = "delete_reads"
COMPONENT = "run"
_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class DeletionRecord:
    """What a record says of one run of deletions."""

    sequence: int
    happened: str
    """RFC 3339, as the unit believed."""
    text: str
    """How many reads for which reason, and the limits of that time."""
    sha256: str
    """The digest of the list of them."""


@dataclass(frozen=True, slots=True)
class DeletionFinding:
    """Whether a read was deleted, as far as the unit can show it."""

    read_id: str
    records: tuple[DeletionRecord, ...] = ()
    """Records of the runs that deleted it, whose digests are those of the list."""
    is_uncounted: bool = False
    """Whether it was deleted and its run is not on record yet."""
    contradicted: tuple[int, ...] = ()
    """Records whose digests are not those of the list: one of the two was changed, or old entries of the list went."""


def record_deletions(settings: Settings, database: Database, now: Instant) -> int:
    """Put on record what was deleted since the last record; returns how many reads.

    A cut between the record and the note of it leaves a second record of the same reads, which does no harm.

    Raises:
        StoreError: the log or the database cannot be written; the next call does it.
    """
    count = 0
    while (deleted := deleted_list.reads_to_record(database)) is not None:
        text = ", ".join(f"{reason} {number}" for reason, number in sorted(deleted.counts.items()))
        entry = unit_entry(COMPONENT, DELETE_READS, now).model_copy(
            update={"objects": (deleted.sha256,), "note": f"{text}; {_limits_text(settings.retention.limits)}"}
        )
        with open_access_log(settings, migrate=True) as log:
            record = log.append(entry, now)
        deleted_list.note_record(database, deleted, record.sequence)
        count += deleted.counts.total()
    return count


def deletion_records(log: AccessLog) -> Iterator[DeletionRecord]:
    """The records of deletions, the oldest first."""
    sequence = log.first()
    while bodies := log.read_bodies(sequence, _READ_AT_ONCE):
        for number, body in bodies:
            record = parse_record(body)
            if record.action == DELETE_READS and record.objects:
                yield _deletion_of(record, number)
        sequence = bodies[-1][0] + 1


def find_deletion(log: AccessLog, database: Database, read_id: str) -> DeletionFinding:
    """Whether a read was deleted here: its hash is on the list whose digest a record of the log has.

    The log's own tree and its checkpoints say whether that record was changed: ``audit verify``, ``audit prove``.
    """
    numbers = deleted_list.records_of(database, read_id)
    shown, contradicted = list[DeletionRecord](), list[int]()
    for number in sorted({number for number in numbers if number is not None}):
        (found,) = log.read_bodies(number, 1) or ((number, b""),)
        record = parse_record(found[1]) if found[0] == number and found[1] else None
        digest = deleted_list.digest_of_record(database, number)
        if record is not None and record.action == DELETE_READS and record.objects == (digest,):
            shown.append(_deletion_of(record, number))
        else:
            contradicted.append(number)
    return DeletionFinding(read_id, tuple(shown), None in numbers, tuple(contradicted))


def _deletion_of(record: AccessRecord, sequence: int) -> DeletionRecord:
    return DeletionRecord(sequence, record.happened.utc or "", record.note, record.objects[0])


def _limits_text(limits: RetentionLimits) -> str:
    """The rule of that time."""
    own = "" if limits.is_law else "acknowledged "
    periods = (
        ("acknowledged", limits.acknowledged_max),
        ("unacknowledged", limits.policy_max),
        (f"{own}hits", limits.hit_max),
        (f"{own}no hits", limits.non_hit_max),
    )
    return "kept " + ", ".join(
        f"{name} {period / timedelta(days=1):g} d" for name, period in periods if period is not None
    )
