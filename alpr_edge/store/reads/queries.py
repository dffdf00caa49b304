"""Queries of what is stored: bounded, in few statements, inside the caller's transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from alpr_edge.domain.alerting import AlertRecord
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef, PlateRead
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import alert_of, hit_of, read_of
from alpr_edge.store.db.schema import alerts, evidence, hits, images, missing_evidence, reads
from alpr_edge.store.db.schema import counts as counts_table

CORRECTIONS_MAX = 100
"""Most corrections of one pass that are looked through."""
ROWS_MAX = 1000
"""Most reads that one query returns: a reading transaction is short."""


@dataclass(frozen=True, slots=True)
class StoredRead:
    """A read with its images, hits and alerts."""

    read: PlateRead
    closed: bool
    """Whether the pass is over: the row does not change any more."""
    hits: tuple[Hit, ...]
    alerts: tuple[AlertRecord, ...]
    missing_evidence: str = ""
    """Why pictures of it are missing; empty when none is."""

    def alert_of(self, hit_id: str) -> AlertRecord | None:
        """Return a hit's own alert; where an earlier release stored none, the read's gravest, standing ones first."""
        return max(
            self.alerts,
            key=lambda one: (one.alert.hit_id == hit_id, not one.withdrawn_at, one.alert.level),
            default=None,
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of stored reads, hits and images."""

    reads: int
    open_reads: int
    hits: int
    images: int
    image_bytes: int
    """Bytes of the JPEGs."""


def recent(connection: Connection, limit: int, *, hits_only: bool) -> list[StoredRead]:
    """The newest reads first, or those of the newest hits; a read whose only hit is covert does not count as a hit."""
    limit = min(max(limit, 0), ROWS_MAX)
    query = select(reads).order_by(reads.c.seq.desc()).limit(limit)
    if hits_only:
        # From the hits to their reads: where few reads have one, the other way leads through all of them.
        newest = select(hits.c.read_id).where(hits.c.covert == 0).distinct().order_by(hits.c.seq.desc()).limit(limit)
        query = query.where(reads.c.read_id.in_(newest))
    return _complete(connection, list(connection.execute(query).mappings()))


def get(connection: Connection, read_id: str) -> StoredRead | None:
    rows = connection.execute(select(reads).where(reads.c.read_id == read_id)).mappings()
    return next(iter(_complete(connection, list(rows))), None)


def corrections(connection: Connection, read_ids: Sequence[str]) -> dict[str, str]:
    """The later reads that corrected some of these, by the id of the corrected one; a person's before the vote's."""
    query = (
        select(reads.c.supersedes, reads.c.read_id)
        .where(reads.c.supersedes.in_(read_ids))
        .order_by(reads.c.corrected_by.is_not(None), reads.c.seq)
    )
    return {row.supersedes: row.read_id for row in connection.execute(query)}


def newest_of_pass(connection: Connection, read_id: str) -> StoredRead | None:
    """What counts of a vehicle's pass: the read that corrected this one last, or itself; None: none is stored."""
    newest, after = read_id, corrections(connection, [read_id])
    for _ in range(CORRECTIONS_MAX):
        if newest not in after:
            break
        newest = after[newest]
        after = corrections(connection, [newest])
    return get(connection, newest)


def open_reads(connection: Connection, read_ids: Sequence[str]) -> list[PlateRead]:
    """Those of some reads, at most :data:`ROWS_MAX`, that are decided and not closed, oldest first."""
    is_one = reads.c.read_id.in_(read_ids[:ROWS_MAX])
    query = select(reads).where(is_one, reads.c.closed == 0).order_by(reads.c.seq)
    rows = list(connection.execute(query).mappings())
    pictures = evidence_of(connection, [row["read_id"] for row in rows])
    return [read_of(row, pictures.get(row["read_id"], ())) for row in rows]


def counts(connection: Connection) -> Counts:
    """The number of stored reads, hits and images; covert hits are counted nowhere in the car."""
    numbers = kept_counts(connection)
    return Counts(
        reads=numbers.get("reads", 0),
        # Counted here: few are open at a time, and they have an index of their own.
        open_reads=connection.execute(select(func.count()).where(reads.c.closed == 0)).scalar_one(),
        hits=numbers.get("hits", 0),
        images=numbers.get("images", 0),
        image_bytes=numbers.get("image_bytes", 0),
    )


def read_count_since(connection: Connection, begun: Instant) -> int:
    """Return the number of vehicle passes read in a boot since a moment of it; a correction is no read of its own."""
    is_since = (reads.c.first_seen_boot_id == begun.boot_id) & (reads.c.first_seen_boottime_ns >= begun.boottime_ns)
    query = select(func.count()).select_from(reads).where(is_since, reads.c.supersedes.is_(None))
    return connection.execute(query).scalar_one()


def kept_counts(connection: Connection) -> dict[str, int]:
    """The counts that triggers keep in the database, by name; a name that was never counted is left out."""
    return {row.name: row.number for row in connection.execute(select(counts_table))}


def evidence_of(connection: Connection, read_ids: Sequence[str]) -> dict[str, tuple[EvidenceRef, ...]]:
    """The images of reads, by read id."""
    query = (
        select(evidence.c.read_id, evidence.c.kind, evidence.c.sha256, images.c.length)
        .join(images, images.c.sha256 == evidence.c.sha256)
        .where(evidence.c.read_id.in_(read_ids))
        .order_by(evidence.c.read_id, evidence.c.place)
    )
    refs: dict[str, tuple[EvidenceRef, ...]] = {}
    for read_id, kind, sha256, length in connection.execute(query):
        refs[read_id] = (*refs.get(read_id, ()), EvidenceRef(EvidenceKind(kind), sha256, length))
    return refs


def _complete(connection: Connection, rows: Sequence[RowMapping]) -> list[StoredRead]:
    """Rows with their evidence, hits and alerts: one statement each, however many rows."""
    read_ids = [row["read_id"] for row in rows]
    pictures = evidence_of(connection, read_ids)
    hits_by_read: defaultdict[str, list[Hit]] = defaultdict(list)
    for row in connection.execute(select(hits).where(hits.c.read_id.in_(read_ids)).order_by(hits.c.seq)).mappings():
        hits_by_read[row["read_id"]].append(hit_of(row))
    alerts_by_read: defaultdict[str, list[AlertRecord]] = defaultdict(list)
    for row in connection.execute(select(alerts).where(alerts.c.read_id.in_(read_ids))).mappings():
        alerts_by_read[row["read_id"]].append(alert_of(row))
    missing = select(missing_evidence).where(missing_evidence.c.read_id.in_(read_ids))
    reasons = {row.read_id: row.reason for row in connection.execute(missing)}
    return [
        StoredRead(
            read=read_of(row, pictures.get(row["read_id"], ())),
            closed=bool(row["closed"]),
            hits=tuple(hits_by_read[row["read_id"]]),
            alerts=tuple(alerts_by_read[row["read_id"]]),
            missing_evidence=reasons.get(row["read_id"], ""),
        )
        for row in rows
    ]


def hit_ids_between(database: Database, begin: datetime, end: datetime) -> list[str]:
    """Ids of the hits that were matched between two moments, the oldest first; covert ones are shown nowhere here."""
    is_within = (hits.c.matched_utc >= begin) & (hits.c.matched_utc < end) & (hits.c.covert == 0)
    query = select(hits.c.hit_id).where(is_within).order_by(hits.c.seq)
    return list(database.scalars(query))


def image_digests(database: Database, prefix: str) -> set[str]:
    """Digests of the images that have a row, of those that begin with a prefix: a range of the primary key."""
    query = select(images.c.sha256).where(images.c.sha256.between(prefix, f"{prefix}g"))
    return set(database.scalars(query))


def of_ids(connection: Connection, read_ids: Sequence[str]) -> list[StoredRead]:
    """The reads of some ids in order of arrival; one that is gone is left out."""
    query = select(reads).where(reads.c.read_id.in_(read_ids)).order_by(reads.c.seq).limit(ROWS_MAX)
    return _complete(connection, list(connection.execute(query).mappings()))


def of_numbers(connection: Connection, numbers: Sequence[int]) -> list[StoredRead]:
    """The reads of numbers in order of arrival, the newest first; one that is gone is left out."""
    query = select(reads).where(reads.c.seq.in_(numbers)).order_by(reads.c.seq.desc()).limit(ROWS_MAX)
    return _complete(connection, list(connection.execute(query).mappings()))


def ids_of_numbers(connection: Connection, numbers: Sequence[int]) -> list[str]:
    """The ids of the reads of numbers in order of arrival, the oldest first; one that is gone is left out."""
    return list(connection.scalars(select(reads.c.read_id).where(reads.c.seq.in_(numbers)).order_by(reads.c.seq)))


def newest_number(connection: Connection) -> int:
    """The number of the newest read in order of arrival; 0: there is none."""
    return connection.scalar(select(func.max(reads.c.seq))) or 0


def after_number(connection: Connection, number: int) -> list[StoredRead]:
    """The reads that arrived after a number, the oldest first."""
    query = select(reads).where(reads.c.seq > number).order_by(reads.c.seq).limit(ROWS_MAX)
    return _complete(connection, list(connection.execute(query).mappings()))
