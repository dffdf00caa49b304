"""Gathers the reads of a case for a package: records as their units sent them, and pictures as they are stored."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import Connection, select

from alpr_edge.department.db.schema import dispositions
from alpr_edge.department.evidence.hit_choice import ChosenHits
from alpr_edge.department.packages.stored_records import (
    ItemIdentity,
    StoredRecords,
    read_in,
    sent_records,
    times_of,
)
from alpr_edge.department.search.pages import FoundRead
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.hits import alert_item_ids
from alpr_edge.domain.protocol.items import ReadPayload
from alpr_edge.domain.protocol.time_corrections import time_item_id
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.evidence.content import KeptPicture, PackageModel, PackageRead, SentRecord

BATCH = 100
"""Reads that are asked for at a time: a reading transaction is short."""


class GatheredReads:
    """The reads of a case; what is told of them is whole once all were asked for.

    Args:
        chosen: the reads, in their order.
    """

    def __init__(
        self,
        stored: StoredRecords,
        chosen: Sequence[FoundRead],
        hits: ChosenHits,
        *,
        with_scenes: bool,
        left_out: Sequence[str] = (),
    ) -> None:
        self._stored = stored
        self._chosen = chosen
        self._hits = hits
        self._with_scenes = with_scenes
        self.reads = self.hits = self.pictures = self.missing_pictures = 0
        self.lost_hits = self.lost_answers = 0
        """Those of reads in the package whose record was deleted meanwhile or is damaged."""
        self.lost = list[str]()
        """Reads whose record was deleted meanwhile or is damaged."""
        self.models = list[PackageModel]()
        self.left_out = list(left_out)
        """What is not in the package, and why, a sentence each."""

    def __iter__(self) -> Iterator[PackageRead]:
        """Each read with what belongs to it. Raises StoreError."""
        for start in range(0, len(self._chosen), BATCH):
            yield from self._batch(self._chosen[start : start + BATCH])
        self._say_left_out()

    def _batch(self, chosen: Sequence[FoundRead]) -> Iterator[PackageRead]:
        with self._stored.database.reading() as connection:
            others = {(read.unit_id, read.read_id): ids for read, ids in self._other_ids(connection, chosen)}
            wanted = [*others, *((unit_id, each) for (unit_id, _), ids in others.items() for each in ids)]
            records = sent_records(connection, wanted)
        for found in chosen:
            identity = found.unit_id, found.read_id
            sent = records.get(identity)
            stored = None if sent is None else read_in(sent, found)
            if stored is None:
                self.lost.append(found.read_id)
                continue
            self._count_said(found, set(records), others[identity])
            yield self._package_read(found, *stored, _those(records, found.unit_id, others[identity]))

    def _package_read(
        self, found: FoundRead, record: SentRecord, payload: ReadPayload, others: tuple[SentRecord, ...]
    ) -> PackageRead:
        disputed = time_item_id(found.read_id, sure=False)
        first, last = times_of(found, payload, is_disputed=any(each.item_id == disputed for each in others))
        pictures, missing = self._pictures(
            payload, is_scene_plain=self._hits.is_scene_plain((found.unit_id, found.read_id))
        )
        known = {model.model_id for model in self.models}
        self.models += [PackageModel(each, "") for each in payload.model_ids if each not in known]
        self.reads += 1
        later = None if found.correction is None else found.correction.read_id
        return PackageRead(found.read_id, record, first, last, pictures, missing, others, later)

    def _count_said(self, found: FoundRead, there: Collection[ItemIdentity], other_ids: Sequence[str]) -> None:
        """Count the hits and answers of a read that are here, and those that are not."""
        hit_ids = self._hits.shown.get((found.unit_id, found.read_id), ())
        answer_ids = [each for each in other_ids if each.startswith(disposition_item_id(""))]
        known_hits = sum((found.unit_id, each) in there for each in hit_ids)
        self.hits += known_hits
        self.lost_hits += len(hit_ids) - known_hits
        self.lost_answers += sum((found.unit_id, each) not in there for each in answer_ids)

    def _pictures(self, payload: ReadPayload, *, is_scene_plain: bool) -> tuple[tuple[KeptPicture, ...], str]:
        """The pictures of a read, and why some are missing."""
        kinds = {EvidenceKind.CROP, *((EvidenceKind.SCENE,) if self._with_scenes else ())}
        wanted = [each for each in payload.evidence if EvidenceKind(each.kind) in kinds]
        found = self._stored.pictures_of(wanted, is_scene_plain=is_scene_plain)
        lost = {each.kind for each in wanted} - {each.kind.value for each in found}
        self.pictures += len(found)
        self.missing_pictures += len(wanted) - len(found)
        missing = [f"{kind}: it cannot be read any more, or has not arrived" for kind in sorted(lost)]
        if len(wanted) < len(payload.evidence):
            missing.append("the scene was left out of this package")
        return found, "; ".join(missing)

    def _other_ids(self, connection: Connection, chosen: Sequence[FoundRead]) -> Iterator[tuple[FoundRead, list[str]]]:
        """The ids of all that was said of each read, in the order in which it was said."""
        identities = [(read.unit_id, read.read_id) for read in chosen]
        shown = {identity: self._hits.shown.get(identity, []) for identity in identities}
        answers = _answers(connection, [hit_id for ids in shown.values() for hit_id in ids])
        for read in chosen:
            ids = list[str]()
            for hit_id in shown[read.unit_id, read.read_id]:
                ids += [hit_id, *alert_item_ids(hit_id)]
                ids += answers.get((read.unit_id, hit_id), ())
            yield read, [*ids, time_item_id(read.read_id, sure=True), time_item_id(read.read_id, sure=False)]

    def _say_left_out(self) -> None:
        if self.lost:
            self.left_out.append(f"Reads whose record was deleted meanwhile or is damaged: {', '.join(self.lost)}.")
        if self.lost_hits or self.lost_answers:
            counts = f"hits: {self.lost_hits}, answers: {self.lost_answers}"
            self.left_out.append(
                f"What was said of reads and whose record was deleted meanwhile or is damaged; {counts}."
            )
        if count := self._hits.told_count:
            self.left_out.append(f"Hits of lists that whoever booked it out may not see: {count}.")
        if self.missing_pictures:
            words = "Pictures that cannot be read any more or have not arrived; each read says which"
            self.left_out.append(f"{words}: {self.missing_pictures}.")


def _answers(connection: Connection, hit_ids: Sequence[str]) -> Mapping[ItemIdentity, list[str]]:
    """The items of what was said of hits, by unit and hit, in the order in which it was said."""
    found = defaultdict[ItemIdentity, list[str]](list)
    columns = dispositions.c.unit_id, dispositions.c.hit_id, dispositions.c.disposition_id
    order = dispositions.c.made.nulls_last(), dispositions.c.disposition_id
    for row in connection.execute(select(*columns).where(dispositions.c.hit_id.in_(hit_ids)).order_by(*order)):
        found[row.unit_id, row.hit_id].append(disposition_item_id(row.disposition_id))
    return found


def _those(records: Mapping[ItemIdentity, SentRecord], unit_id: str, ids: Sequence[str]) -> tuple[SentRecord, ...]:
    found = (records.get((unit_id, each)) for each in ids)
    return tuple(record for record in found if record is not None)
