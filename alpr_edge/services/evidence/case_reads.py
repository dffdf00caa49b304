"""Gathers the reads of a case for a package, a batch at a time: records as they were sent, pictures as they are stored.

What a person may not see is not in what they export: hits of lists that they have no permission for, and covert ones
without a clearance, stay out with all that was said of them (policy 462.4(e)).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, RowMapping, select

from alpr_edge.domain.errors import LostError, PictureError
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.hits import alert_item_ids
from alpr_edge.domain.protocol.items import ItemKind, encode, read_payload
from alpr_edge.domain.protocol.stored_kinds import kind_of
from alpr_edge.domain.protocol.time_corrections import time_item_id
from alpr_edge.domain.reads import EvidenceKind, EvidenceRef, PlateRead
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.evidence.content import KeptPicture, PackageRead, SentRecord, StorageReceipt
from alpr_edge.store.db import clock_pairs
from alpr_edge.store.db.schema import dispositions, outbox, reads
from alpr_edge.store.reads import queries
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.unit_store import UnitStore

if TYPE_CHECKING:  # a package without covered scenes needs no OpenCV
    from alpr_edge.vision.redaction import RedactedScene

BATCH = 100
"""Reads that are asked for at a time: a reading transaction is short."""
CHAIN_MAX = 20
"""Corrections of corrections that are followed."""
_IDS_AT_ONCE = 500

Redact = Callable[[bytes, bytes, Box], "RedactedScene"]
"""Makes a copy of a scene (JPEG), by the read's crop and its box, in which other vehicles' plates are covered."""


@dataclass(frozen=True, slots=True)
class PictureChoice:
    """Which pictures go along."""

    with_scenes: bool = True
    redact: Redact | None = None
    """None: scenes go along as they are stored."""
    smaller: Callable[[bytes], bytes] | None = None
    """Makes the scene of a read none of whose hits goes along as that of a read without one; None: as it is stored."""


@dataclass(slots=True)
class GatheredCounts:
    """What was gathered so far."""

    reads: int = 0
    hits: int = 0
    pictures: int = 0
    missing_pictures: int = 0
    withheld_hits: int = 0
    """Hits that the person may not see."""
    told_hits: int = 0
    """Those of them that the package counts: of covert ones nothing is said."""


class CaseReads:
    """The reads of a case, which may be iterated once.

    Args:
        read_ids: the reads, in their order.
        may_show: whether a hit may be shown to whoever exports.
    """

    def __init__(
        self,
        store: UnitStore,
        read_ids: Sequence[str],
        may_show: Callable[[Hit], bool],
        choice: PictureChoice,
        left_out: Sequence[str] = (),
    ) -> None:
        self.counts = GatheredCounts()
        self.read_ids = tuple(read_ids)
        self.left_out = list(left_out)
        """What is not in the package, and why, a sentence each; whole once all reads were asked for."""
        self._lost = list[str]()
        self._store = store
        self._may_show = may_show
        self._choice = choice

    def __iter__(self) -> Iterator[PackageRead]:
        """Each read with what belongs to it; one that was deleted meanwhile is left out. Raises StoreError."""
        for start in range(0, len(self.read_ids), BATCH):
            yield from self._batch(self.read_ids[start : start + BATCH])
        self._say_left_out()

    def __len__(self) -> int:
        """How many reads there are, if none is deleted meanwhile."""
        return len(self.read_ids)

    def _batch(self, read_ids: Sequence[str]) -> Iterator[PackageRead]:
        with self._store.database.read() as connection:
            stored = queries.of_ids(connection, read_ids)
            corrections = queries.corrections(connection, read_ids)
            answers = _disposition_ids(connection, [hit.hit_id for row in stored for hit in row.hits])
            wanted = [item_id for row in stored for item_id in _item_ids(row, row.hits, answers)]
            items = _items(connection, wanted)
        there = {row.read.read_id for row in stored}
        self._lost += [each for each in read_ids if each not in there]
        timelines = clock_pairs.timelines(self._store.database, {row.read.last_seen.boot_id for row in stored})
        for row in stored:
            read, hits = row.read, tuple(hit for hit in row.hits if self._may_show(hit))
            self._count(row, hits)
            pictures, missing = self._pictures(row, is_hit=bool(hits))
            timeline = timelines[read.last_seen.boot_id]
            yield PackageRead(
                read_id=read.read_id,
                record=_read_record(read, items),
                first_seen=timeline.place(read.first_seen),
                last_seen=timeline.place(read.last_seen),
                pictures=pictures,
                missing_pictures=missing,
                others=tuple(items[each] for each in _item_ids(row, hits, answers)[1:] if each in items),
                superseded_by=corrections.get(read.read_id),
            )

    def _count(self, row: StoredRead, hits: tuple[Hit, ...]) -> None:
        counts = self.counts
        counts.reads += 1
        counts.hits += len(hits)
        counts.withheld_hits += len(row.hits) - len(hits)
        counts.told_hits += sum(not hit.entry.covert for hit in row.hits if hit not in hits)

    def _say_left_out(self) -> None:
        if self._lost:
            self.left_out.append(f"Reads that were deleted meanwhile: {', '.join(self._lost)}.")
        if count := self.counts.told_hits:
            self.left_out.append(f"Hits of lists that whoever booked it out may not see: {count}.")
        if count := self.counts.missing_pictures:
            self.left_out.append(f"Pictures that cannot be read any more; each read says which: {count}.")

    def _pictures(self, row: StoredRead, *, is_hit: bool) -> tuple[tuple[KeptPicture, ...], str]:
        """The pictures of a read, and why some are missing."""
        found: list[KeptPicture] = []
        missing = [row.missing_evidence] if row.missing_evidence else []
        for ref in row.read.evidence:
            if ref.kind is EvidenceKind.SCENE and not self._choice.with_scenes:
                missing.append("the scene was left out of this package")
                continue
            try:
                jpeg = self._store.images.get(ref.sha256)
                found.append(self._picture(row.read, ref, jpeg, is_hit=is_hit))
            except (LostError, PictureError) as error:
                missing.append(f"{ref.kind.value}: {_reason(error)}")
                self.counts.missing_pictures += 1
        self.counts.pictures += len(found)
        return tuple(found), "; ".join(missing)

    def _picture(self, read: PlateRead, ref: EvidenceRef, jpeg: bytes, *, is_hit: bool) -> KeptPicture:
        if ref.kind is not EvidenceKind.SCENE:
            return KeptPicture(ref.kind, jpeg)
        picture = KeptPicture(ref.kind, jpeg)
        if self._choice.smaller is not None and not is_hit:
            picture = KeptPicture(ref.kind, self._choice.smaller(jpeg), ref.sha256, is_smaller=True)
        if self._choice.redact is not None:
            redacted = self._choice.redact(picture.jpeg, self._crop(read), read.box)
            picture = KeptPicture(ref.kind, redacted.jpeg, ref.sha256)
        return picture

    def _crop(self, read: PlateRead) -> bytes:
        """The crop of a read; empty where it has none or it is lost: its plate is covered then like others."""
        for ref in read.evidence:
            if ref.kind is EvidenceKind.CROP:
                with suppress(LostError):
                    return self._store.images.get(ref.sha256)
        return b""


def with_corrections(store: UnitStore, read_ids: Sequence[str]) -> list[str]:
    """Reads with those that they correct and that corrected them, in the order in which they arrived."""
    numbers: dict[str, int] = {}
    waiting, asked = set(read_ids), set[str]()
    for _ in range(CHAIN_MAX):
        asked |= waiting
        linked: set[str] = set()
        for part in _parts(sorted(waiting)):
            is_linked = reads.c.read_id.in_(part) | reads.c.supersedes.in_(part)
            with store.database.read() as connection:
                rows = connection.execute(select(reads.c.seq, reads.c.read_id, reads.c.supersedes).where(is_linked))
                for seq, read_id, supersedes in rows:
                    numbers[read_id] = seq
                    linked |= {read_id, supersedes or read_id}
        waiting = linked - asked
        if not waiting:
            break
    return sorted(numbers, key=numbers.__getitem__)


def _item_ids(row: StoredRead, hits: Sequence[Hit], answers: dict[str, list[str]]) -> list[str]:
    """The ids of a read's items: its own first, then all that was said of it, in the order in which it was said."""
    read_id = row.read.read_id
    ids = [read_id]
    for hit in hits:
        ids += [hit.hit_id, *alert_item_ids(hit.hit_id)]
        ids += map(disposition_item_id, answers.get(hit.hit_id, ()))
    return [*ids, time_item_id(read_id, sure=True), time_item_id(read_id, sure=False)]


def _disposition_ids(connection: Connection, hit_ids: Sequence[str]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    query = select(dispositions.c.hit_id, dispositions.c.disposition_id).where(dispositions.c.hit_id.in_(hit_ids))
    for row in connection.execute(query.order_by(dispositions.c.seq)):
        found[row.hit_id].append(row.disposition_id)
    return found


def _items(connection: Connection, item_ids: Sequence[str]) -> dict[str, SentRecord]:
    """The items of some ids as records, those that are there."""
    found: dict[str, SentRecord] = {}
    for part in _parts(item_ids):
        query = select(outbox).where(outbox.c.item_id.in_(part))
        for row in connection.execute(query).mappings():
            if row["body"] is not None:
                found[row["item_id"]] = _record(row)
    return found


def _record(row: RowMapping) -> SentRecord:
    kind = kind_of(row["item_id"], ItemKind(row["kind"]))
    is_delivered = row["state"] == "delivered" and row["receipt_sha256"]
    receipt = StorageReceipt(row["receipt_sha256"], row["delivered_utc"]) if is_delivered else None
    return SentRecord(kind, row["item_id"], bytes(row["body"]), receipt)


def _read_record(read: PlateRead, items: dict[str, SentRecord]) -> SentRecord:
    """The read as it was sent; of a pass that is not over yet as it would be."""
    sent = items.get(read.read_id)
    return SentRecord(ItemKind.READ, read.read_id, encode(read_payload(read))) if sent is None else sent


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))


def _reason(error: Exception) -> str:
    """What is wrong with a picture, without the path of the unit's file."""
    return str(error).rpartition(": ")[2]
