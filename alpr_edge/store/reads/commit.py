"""Writes the rows of updates inside their batch's transaction: reads, hits, alerts and images.

Each statement leaves alone what is stored already, so a batch may be stored twice: a commit whose answer was lost, or a
record that an earlier run set aside.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from alpr_edge.domain.reads import EvidenceKind, EvidenceRef, PlateRead, ReadStage, ReadUpdate
from alpr_edge.store.db.row_mapping import alert_of, alert_row, hit_row, instant_row, read_of, read_row
from alpr_edge.store.db.schema import alerts, evidence, hits, images, missing_evidence, outbox, reads
from alpr_edge.store.outbox import enqueue
from alpr_edge.store.reads import queries

Pictures = tuple[EvidenceRef, ...]
"""The images of an update, as a row refers to them."""
_BOX = ("left_px", "top_px", "right_px", "bottom_px")
_KIND_OF_HIT = ("match_kind", "state_match")
_LATER_OF_ALERT = tuple(c.name for c in alerts.c if c.name.startswith(("late_tone", "withdrawn")))


def write_rows(
    connection: Connection, batch: Sequence[ReadUpdate], pictures: Sequence[Pictures], dropped_digests: set[str]
) -> list[PlateRead]:
    """Write the rows of a batch in its order; returns the reads as they stand then.

    Args:
        dropped_digests: the set of digests whose files may be removed; some may be added.
    """
    return [
        write_update(connection, change, refs, dropped_digests) for change, refs in zip(batch, pictures, strict=True)
    ]


def write_update(connection: Connection, change: ReadUpdate, refs: Pictures, dropped_digests: set[str]) -> PlateRead:
    """Write one update; returns the read as it stands then.

    A read whose decision is not stored is stored by its end: the decision may be in a damaged database that was set
    aside, or among the refused records. Nothing is stored of hits alone until their read is.
    """
    read_id, is_end = change.read.read_id, change.stage is ReadStage.CLOSED
    closed = connection.scalar(select(reads.c.closed).where(reads.c.read_id == read_id))
    old_refs = queries.evidence_of(connection, [read_id]).get(read_id, ())
    is_written = True
    if closed is None and change.stage is not ReadStage.AMENDED:
        connection.execute(insert(reads), read_row(change.read, closed=is_end))
    elif closed == 0 and change.stage is not ReadStage.DECIDED:
        is_written = _amend(connection, change, has_scene=any(ref.kind is EvidenceKind.SCENE for ref in refs))
        refs = refs if is_written else ()
    else:
        # Stored before, or later than this update knows: at most the pictures of the decision are missing.
        is_written, refs = False, () if old_refs or change.stage is not ReadStage.DECIDED else refs
    if refs:
        _replace_references(connection, change.read, old_refs, refs, dropped_digests)
    if (is_written or refs) and change.missing_evidence and not _is_whole((*old_refs, *refs)):
        row = {"read_id": read_id, "reason": change.missing_evidence}
        connection.execute(upsert(missing_evidence).on_conflict_do_nothing(), row)
    _write_hits(connection, change)
    if closed is None and change.read.supersedes is not None:
        _withdraw(connection, change.read.supersedes, change)
    stored = _stored_read(connection, change.read)
    if is_written and is_end:
        enqueue.queue_read(connection, stored)
    elif refs and closed:
        enqueue.queue_images(connection, refs, stored.last_seen.utc)
    return stored


def correct(connection: Connection, change: ReadUpdate) -> PlateRead:
    """Store and queue a read that a person corrected: its pass is over.

    Its pictures are those of the read that it supersedes, which are stored already.
    """
    before = change.read.supersedes or ""
    refs = queries.evidence_of(connection, [before]).get(before, ())
    return write_update(connection, change, refs, set())


def _amend(connection: Connection, change: ReadUpdate, *, has_scene: bool) -> bool:
    """Write the newer values of an open read, whose box stays that of the scene that is stored; False: they are older.

    One that was set aside and comes late does not undo what later looks brought.
    """
    row = read_row(change.read, closed=change.stage is ReadStage.CLOSED)
    values = {name: value for name, value in row.items() if has_scene or name not in _BOX}
    is_newer = (reads.c.read_id == change.read.read_id) & (reads.c.vote_count <= change.read.vote_count)
    return connection.execute(update(reads).where(is_newer).values(values)).rowcount > 0


def _stored_read(connection: Connection, read: PlateRead) -> PlateRead:
    """Return a read as its row has it; as it was given where it has none."""
    row = connection.execute(select(reads).where(reads.c.read_id == read.read_id)).mappings().first()
    refs = queries.evidence_of(connection, [read.read_id]).get(read.read_id, ())
    return read if row is None else read_of(row, refs)


def _write_hits(connection: Connection, change: ReadUpdate) -> None:
    """Store and queue new hits and alerts; of those stored, a surer kind of match, a late tone, a withdrawal."""
    if change.hits:
        statement = upsert(hits)
        better = {name: statement.excluded[name] for name in _KIND_OF_HIT}
        statement = statement.on_conflict_do_update(index_elements=["hit_id"], set_=better)
        connection.execute(statement, [hit_row(hit) for hit in change.hits])
        enqueue.queue_hits(connection, change.hits, change.read)
    for record in change.alerts:
        row, hit_id = alert_row(record), record.alert.hit_id
        if not connection.execute(upsert(alerts).on_conflict_do_nothing(), row).rowcount:
            later = {name: row[name] for name in _LATER_OF_ALERT if row[name] is not None}
            if later:
                connection.execute(update(alerts).where(alerts.c.hit_id == hit_id).values(later))
        enqueue.queue_alert(connection, record, change.read)


def _withdraw(connection: Connection, read_id: str, change: ReadUpdate) -> None:
    """Withdraw the alerts of a read that another one supersedes, and queue that."""
    standing = update(alerts).where(alerts.c.read_id == read_id, alerts.c.withdrawn_boot_id.is_(None))
    rows = connection.execute(standing.values(instant_row("withdrawn", change.at)).returning(alerts)).mappings().all()
    for row in rows:
        enqueue.queue_alert(connection, alert_of(row), change.read)


def _replace_references(
    connection: Connection, read: PlateRead, old_refs: Pictures, new_refs: Pictures, dropped_digests: set[str]
) -> None:
    """Refer a read to new images, kind by kind; digests that it refers to no longer go to ``dropped_digests``."""
    new_kinds = {ref.kind for ref in new_refs}
    refs = (*(ref for ref in old_refs if ref.kind not in new_kinds), *new_refs)
    dropped_digests.update(ref.sha256 for ref in old_refs if ref.kind in new_kinds)
    connection.execute(delete(evidence).where(evidence.c.read_id == read.read_id))
    if _is_whole(refs):
        connection.execute(delete(missing_evidence).where(missing_evidence.c.read_id == read.read_id))
    created = read.last_seen.utc
    image_rows = [{"sha256": ref.sha256, "length": ref.length, "created_utc": created} for ref in refs]
    connection.execute(upsert(images).on_conflict_do_nothing(), image_rows)
    rows = [
        {"read_id": read.read_id, "place": place, "kind": ref.kind.value, "sha256": ref.sha256}
        for place, ref in enumerate(refs)
    ]
    connection.execute(insert(evidence), rows)


def _is_whole(refs: Pictures) -> bool:
    """Whether a read has a picture of each kind."""
    return {ref.kind for ref in refs} == set(EvidenceKind)


def forget_images(connection: Connection, dropped_digests: set[str]) -> set[str]:
    """Delete the rows of images that no read refers to any more; returns their digests."""
    if not dropped_digests:
        return set()
    is_used = exists().where(evidence.c.sha256 == images.c.sha256)
    removal = delete(images).where(images.c.sha256.in_(dropped_digests) & ~is_used).returning(images.c.sha256)
    forgotten = set(connection.scalars(removal))
    connection.execute(delete(outbox).where(outbox.c.item_id.in_(forgotten)))
    return forgotten
