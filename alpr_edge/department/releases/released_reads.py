"""Reads the records and pictures of a package's reads as the department stores them, one read after the other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta

from pydantic import ValidationError
from sqlalchemy import select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.item_bodies import open_body
from alpr_edge.department.db.schema import items
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.search.pages import FoundRead, TimeBasis
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.protocol.items import InstantPayload, ItemKind, ReadPayload, digest
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.releases.packages import LeftOut
from alpr_edge.domain.releases.requests import ReleasePictures
from alpr_edge.domain.timeline import Basis, Placement
from alpr_edge.evidence.content import KeptPicture, PackageModel, PackageRead, SentRecord, StorageReceipt
from alpr_edge.evidence.release_records import ReleasedRead

_KINDS = {
    ReleasePictures.NONE: frozenset[EvidenceKind](),
    ReleasePictures.PLATES: frozenset({EvidenceKind.CROP}),
    ReleasePictures.SCENES: frozenset(EvidenceKind),
}
_BASES = {TimeBasis.OWN: Basis.OWN, TimeBasis.PLACED: Basis.PLACED, TimeBasis.IMPORTED: Basis.CLOCK}


class ReleasedReads:
    """The reads of one package; what is told of them is whole once all were asked for.

    Args:
        database: the department's database.
        images: the images of reads.
        chosen: the reads, in their order.
        pictures: which pictures were approved.
    """

    def __init__(
        self,
        database: DepartmentDatabase,
        images: DepartmentImages,
        chosen: Sequence[FoundRead],
        pictures: ReleasePictures,
    ) -> None:
        self._database = database
        self._images = images
        self._chosen = chosen
        self._kinds = _KINDS[pictures]
        self.left_out = Counter[LeftOut]()
        self.named = list[ReleasedRead]()
        self.models = list[PackageModel]()
        self.pictures = 0

    def __iter__(self) -> Iterator[PackageRead]:
        for found in self._chosen:
            stored = self._stored_record(found)
            if stored is None:
                self.left_out[LeftOut.RECORD_LOST] += 1
                continue
            record, payload = stored
            pictures = self._pictures(payload)
            missing = sum(each.kind in self._kinds for each in payload.evidence) - len(pictures)
            self._note(found, record, payload, pictures, missing)
            first, last = _times(found, payload)
            words = "it cannot be read any more" if missing else ""
            later = None if found.correction is None else found.correction.read_id
            yield PackageRead(found.read_id, record, first, last, pictures, words, (), later)

    def _stored_record(self, found: FoundRead) -> tuple[SentRecord, ReadPayload] | None:
        """The record of a read as its unit sent it; None: it was deleted meanwhile, or is damaged."""
        is_item = (items.c.item_id == found.read_id) & (items.c.unit_id == found.unit_id)
        query = select(items).where(is_item, items.c.kind == ItemKind.READ.value)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
            body = open_body(connection, row)
        if row is None or body is None or digest(body) != row.sha256:
            return None
        try:
            payload = ReadPayload.model_validate_json(body)
        except ValidationError:
            return None
        receipt = StorageReceipt(row.sha256, row.received_at.replace(tzinfo=UTC))
        is_that = (payload.read_id, payload.unit_id) == (found.read_id, found.unit_id)
        record = SentRecord(ItemKind.READ, row.item_id, body, receipt)
        return (record, payload) if is_that and canonical(payload.plate) == found.plate else None

    def _pictures(self, payload: ReadPayload) -> tuple[KeptPicture, ...]:
        wanted = [each for each in payload.evidence if EvidenceKind(each.kind) in self._kinds]
        if not wanted:
            return ()
        with self._database.reading() as connection:
            images = self._images.read(connection, list({each.sha256 for each in wanted}))
        kept = ((each, images[each.sha256]) for each in wanted)
        return tuple(
            KeptPicture(EvidenceKind(each.kind), image.jpeg)
            for each, image in kept
            if image is not None and image.jpeg is not None and digest(image.jpeg) == each.sha256
        )

    def _note(
        self,
        found: FoundRead,
        record: SentRecord,
        payload: ReadPayload,
        pictures: Sequence[KeptPicture],
        missing: int,
    ) -> None:
        number = len(self.named) + 1
        sha256 = digest(record.body)
        self.named.append(ReleasedRead(number=number, unit_id=found.unit_id, read_id=found.read_id, sha256=sha256))
        self.pictures += len(pictures)
        self.left_out[LeftOut.PICTURES_LOST] += missing
        known = {model.model_id for model in self.models}
        self.models += [PackageModel(each, "") for each in payload.model_ids if each not in known]


def _times(found: FoundRead, payload: ReadPayload) -> tuple[Placement, Placement]:
    """When a read was first and last seen: its time is sure, and how long it lasted its unit's ticks tell."""
    assert found.seen_at is not None, "of a search by time"
    basis = _BASES[found.basis]
    error_ms = payload.first_seen.uncertainty_ms if found.basis is TimeBasis.OWN else found.uncertainty_ms
    last = found.seen_at + _duration(payload.first_seen, payload.last_seen)
    return Placement(found.seen_at, error_ms, basis), Placement(last, error_ms, basis)


def _duration(first: InstantPayload, last: InstantPayload) -> timedelta:
    return timedelta(microseconds=(last.boottime_ns - first.boottime_ns) // 1000)
