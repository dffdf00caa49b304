"""Writes the rows of a record inside its batch's transaction: a decided read, its pass's end, their hits and images."""

import dataclasses
import itertools
from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from alpr_edge.domain.alerting import Alert
from alpr_edge.domain.errors import RefusedError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import EvidenceRef, LateTone, PlateRead
from alpr_edge.store.db.row_mapping import alert_of, alert_row, hit_row, instant_row, late_tone_row, read_row
from alpr_edge.store.db.schema import alerts, evidence, hits, images, missing_evidence, outbox, reads
from alpr_edge.store.outbox import enqueue
from alpr_edge.store.reads import queries
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.reads.records import ClosedRecord, DecidedRecord, PassRecord, SettledRecord

Pictures = tuple[EvidenceRef, ...]
"""The images of a record, as a row refers to them."""


def write_rows(
    connection: Connection, batch: Sequence[PassRecord], pictures: Sequence[Pictures], dropped_digests: set[str]
) -> list[PlateRead]:
    """Write the rows of a batch in its order; decisions that follow each other share their statements.

    Args:
        connection: the connection of the batch's transaction.
        batch: the records.
        pictures: the images of each.
        dropped_digests: the set of digests whose files may be removed; some may be added.

    Raises:
        RefusedError: a read is closed already, or one that is certain now is not stored.
    """
    stored: list[PlateRead] = []
    for _, group in itertools.groupby(zip(batch, pictures, strict=True), lambda each: type(each[0])):
        pairs = list(group)
        decisions = [(record, refs) for record, refs in pairs if isinstance(record, DecidedRecord)]
        stored += decide(connection, decisions) if decisions else []
        for record, refs in pairs:
            if isinstance(record, ClosedRecord):
                stored.append(close(connection, record, refs, dropped_digests))
            elif isinstance(record, SettledRecord):
                stored.append(settle(connection, record))
    return stored


def decide(connection: Connection, decisions: Sequence[tuple[DecidedRecord, Pictures]]) -> list[PlateRead]:
    """Store decided reads, at least one, with their hits and alerts; the hits are queued."""
    new = [dataclasses.replace(record.read, evidence=refs) for record, refs in decisions]
    connection.execute(insert(reads), [read_row(read, closed=False) for read in new])
    _write_references(connection, new)
    for (record, _), read in zip(decisions, new, strict=True):
        _note_missing(connection, read, record.missing_evidence)
        if record.hits:
            connection.execute(insert(hits), [hit_row(hit) for hit in record.hits])
            enqueue.queue_hits(connection, record.hits, read)
        if record.alert is not None:
            connection.execute(insert(alerts), alert_row(record.alert, record.sounded_at))
            enqueue.queue_alert(connection, record.alert, record.sounded_at, read)
        _withdraw(connection, record, record.withdrawn_at or record.read.last_seen)
    return new


def settle(connection: Connection, record: SettledRecord) -> PlateRead:
    """Note that a stored read is certain now, and queue what sounded because of it; a second time it changes nothing.

    Its hits stay as they are. An alert that has a record keeps it, as its item may have been delivered: what sounded
    then is a late tone.

    Raises:
        RefusedError: the read is not stored: its decision is among the refused records, or in a damaged database.
    """
    stored_read = queries.get(connection, record.read.read_id)
    if stored_read is None:
        raise RefusedError(f"read {record.read.read_id} is not stored, so it cannot become certain")
    if not stored_read.closed:
        row = read_row(record.read, closed=False)
        changes = {name: row[name] for name in ("confidence", "alternatives", "slot_votes")}
        connection.execute(update(reads).where(reads.c.read_id == record.read.read_id).values(changes))
    if record.alert is not None:
        sounded = {each.alert.hit_id: each.sounded_at for each in stored_read.alerts}
        is_new = _add_alert(connection, record.alert, record.sounded_at, stored_read.read)
        if not is_new and record.sounded_at is not None and record.sounded_at != sounded.get(record.alert.hit_id):
            _note_late_tone(connection, LateTone(record.alert, record.sounded_at), record.read.unit_id)
    _withdraw(connection, record, record.settled_at)
    return dataclasses.replace(record.read, evidence=stored_read.read.evidence)


def close(
    connection: Connection,
    record: ClosedRecord,
    refs: Pictures,
    dropped_digests: set[str],
) -> PlateRead:
    """Amend and queue a read; digests that it no longer refers to are added to ``dropped_digests``.

    A read whose decision is not stored is stored by its end: the decision may be in a damaged database that was set
    aside, or among the refused records. Its hits and alert follow with the salvage or the next start.

    Args:
        connection: the connection of the batch's transaction.
        record: the record of the pass's end.
        refs: the read's new images.
        dropped_digests: the set of digests whose files may be removed.

    Raises:
        RefusedError: the read is closed already.
    """
    old_refs = queries.evidence_of(connection, [record.read.read_id]).get(record.read.read_id, ())
    new_kinds = {ref.kind for ref in refs}
    read = dataclasses.replace(record.read, evidence=(*(ref for ref in old_refs if ref.kind not in new_kinds), *refs))
    is_open = (reads.c.read_id == read.read_id) & (reads.c.closed == 0)
    if connection.execute(update(reads).where(is_open).values(**read_row(read, closed=True))).rowcount != 1:
        if connection.scalar(select(reads.c.seq).where(reads.c.read_id == read.read_id)) is None:
            return _store_by_end(connection, read, record.missing_evidence)
        raise RefusedError(f"read {read.read_id} is not open, so it cannot be closed; nothing of its batch was kept")
    if refs:
        connection.execute(delete(evidence).where(evidence.c.read_id == read.read_id))
        _write_references(connection, [read])
        dropped_digests.update(ref.sha256 for ref in old_refs if ref.kind in new_kinds)
    enqueue.queue_read(connection, read)
    return read


def correct(connection: Connection, record: DecidedRecord) -> PlateRead:
    """Store and queue a read that a person corrected, with its hits and alert: its pass is over.

    Its pictures are those of the read that it supersedes, which are stored already.
    """
    before = record.read.supersedes or ""
    (read,) = decide(connection, [(record, queries.evidence_of(connection, [before]).get(before, ()))])
    connection.execute(update(reads).where(reads.c.read_id == read.read_id).values(closed=1))
    enqueue.queue_read(connection, read)
    return read


def _store_by_end(connection: Connection, read: PlateRead, missing: str) -> PlateRead:
    """Store a read by the end of its pass alone."""
    connection.execute(insert(reads), read_row(read, closed=True))
    _write_references(connection, [read])
    _note_missing(connection, read, missing)
    enqueue.queue_read(connection, read)
    return read


def add_decision(connection: Connection, record: DecidedRecord, refs: Pictures, stored_read: StoredRead) -> None:
    """Add a decision's hits, alert and (if it has none) images to a read that was stored by its end alone."""
    read_id, hit_ids = record.read.read_id, {hit.hit_id for hit in stored_read.hits}
    new = [hit for hit in record.hits if hit.hit_id not in hit_ids]
    if new:
        connection.execute(insert(hits), [hit_row(hit) for hit in new])
        enqueue.queue_hits(connection, new, stored_read.read)
    if record.alert is not None:
        _add_alert(connection, record.alert, record.sounded_at, stored_read.read)
    if refs and not stored_read.read.evidence:
        _write_references(connection, [dataclasses.replace(stored_read.read, evidence=refs)])
        connection.execute(delete(missing_evidence).where(missing_evidence.c.read_id == read_id))
        for ref in refs if stored_read.closed else ():
            enqueue.queue_image(connection, ref.sha256, ref.length)
    _withdraw(connection, record, record.withdrawn_at or record.read.last_seen)


def _add_alert(connection: Connection, alert: Alert, sounded_at: Instant | None, read: PlateRead) -> bool:
    """Store and queue the alert of a hit; False: it has one already, which stays."""
    row = alert_row(alert, sounded_at)
    is_new = connection.execute(upsert(alerts).on_conflict_do_nothing(), row).rowcount > 0
    if is_new:
        enqueue.queue_alert(connection, alert, sounded_at, read)
    return is_new


def _withdraw(connection: Connection, record: DecidedRecord | SettledRecord, at: Instant) -> None:
    """Withdraw the alerts that a record takes back, dated by the frame or person that said otherwise; queue that.

    The record's own alert stays: a read that is certain now may bring one of another hit in place of the withdrawn.
    What sounded because of it goes with it, for an alert that is stored as silent.
    """
    if record.late_tone is not None:
        _note_late_tone(connection, record.late_tone, record.read.unit_id)
    if record.withdraws is None:
        return
    standing_hit_id = "" if record.alert is None else record.alert.hit_id
    is_taken_back = alerts.c.withdrawn_boot_id.is_(None) & (alerts.c.hit_id != standing_hit_id)
    statement = update(alerts).where((alerts.c.read_id == record.withdraws) & is_taken_back)
    for row in connection.execute(statement.values(**instant_row("withdrawn", at)).returning(alerts)).mappings().all():
        enqueue.queue_withdrawal(connection, alert_of(row), at, record.read.unit_id)


def _note_late_tone(connection: Connection, late_tone: LateTone, unit_id: str) -> None:
    """Note beside an alert that it sounded later, and as what, and queue that; what its own item has stays.

    It is queued also where the alert's record still waits for the writer, or was set aside: the department is told. An
    alert has one late tone, the first.
    """
    if enqueue.queue_late_tone(connection, late_tone, unit_id):
        of_alert = alerts.c.hit_id == late_tone.alert.hit_id
        connection.execute(update(alerts).where(of_alert).values(late_tone_row(late_tone)))


def _note_missing(connection: Connection, read: PlateRead, reason: str) -> None:
    """Record why a read has fewer pictures than it should; nothing when none is missing."""
    if reason:
        connection.execute(insert(missing_evidence), {"read_id": read.read_id, "reason": reason})


def _write_references(connection: Connection, new: Sequence[PlateRead]) -> None:
    """Write the references to the images of reads."""
    image_rows = [
        {"sha256": ref.sha256, "length": ref.length, "created_utc": read.last_seen.utc}
        for read in new
        for ref in read.evidence
    ]
    if not image_rows:
        return
    connection.execute(upsert(images).on_conflict_do_nothing(), image_rows)
    rows = [
        {"read_id": read.read_id, "place": place, "kind": ref.kind.value, "sha256": ref.sha256}
        for read in new
        for place, ref in enumerate(read.evidence)
    ]
    connection.execute(insert(evidence), rows)


def forget_images(connection: Connection, dropped_digests: set[str]) -> set[str]:
    """Delete the rows of images that no read refers to any more; returns their digests."""
    if not dropped_digests:
        return set()
    is_used = exists().where(evidence.c.sha256 == images.c.sha256)
    removal = delete(images).where(images.c.sha256.in_(dropped_digests) & ~is_used).returning(images.c.sha256)
    forgotten = set(connection.scalars(removal))
    connection.execute(delete(outbox).where(outbox.c.item_id.in_(forgotten)))
    return forgotten
