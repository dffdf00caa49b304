"""Reads the records and pictures of reads as the department stores them: what does not fit its digest is none."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import Connection, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.item_bodies import open_bodies
from alpr_edge.department.db.schema import items
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.images.plain_scenes import plain_scene
from alpr_edge.department.search.pages import FoundRead, TimeBasis
from alpr_edge.domain.errors import LostError
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.protocol.items import EvidencePayload, InstantPayload, ItemKind, ReadPayload, digest
from alpr_edge.domain.protocol.stored_kinds import kind_of
from alpr_edge.domain.protocol.time_corrections import instant_in
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.timeline import Basis, Placement
from alpr_edge.evidence.content import KeptPicture, SentRecord, StorageReceipt

IDS_AT_ONCE = 500
_BASES = {TimeBasis.OWN: Basis.OWN, TimeBasis.PLACED: Basis.PLACED, TimeBasis.IMPORTED: Basis.CLOCK}
ItemIdentity = tuple[str, str]
"""Unit and item."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredRecords:
    """The records of a department; threads may share it. It asks nobody for permission: its callers do."""

    database: DepartmentDatabase = field(repr=False)
    images: DepartmentImages = field(repr=False)

    def record_of(self, found: FoundRead) -> tuple[SentRecord, ReadPayload] | None:
        """The record of a read as its unit sent it; None: it was deleted meanwhile, or is damaged."""
        identity = found.unit_id, found.read_id
        with self.database.reading() as connection:
            record = sent_records(connection, [identity]).get(identity)
        return None if record is None else read_in(record, found)

    def pictures_of(self, wanted: Sequence[EvidencePayload], *, is_scene_plain: bool) -> tuple[KeptPicture, ...]:
        """The pictures that a record names, byte for byte; those that cannot be read any more are left out."""
        if not wanted:
            return ()
        with self.database.reading() as connection:
            images = self.images.read(connection, list({each.sha256 for each in wanted}))
        kept = ((each, images[each.sha256]) for each in wanted)
        found = list[KeptPicture]()
        for each, image in kept:
            if image is None or image.jpeg is None or digest(image.jpeg) != each.sha256:
                continue
            kind = EvidenceKind(each.kind)
            if kind is EvidenceKind.SCENE and is_scene_plain:
                with suppress(LostError):
                    found.append(KeptPicture(kind, plain_scene(image.jpeg), each.sha256, is_smaller=True))
            else:
                found.append(KeptPicture(kind, image.jpeg))
        return tuple(found)


def sent_records(connection: Connection, wanted: Collection[ItemIdentity]) -> Mapping[ItemIdentity, SentRecord]:
    """Items as their units sent them, with the department's receipts; those that are damaged or gone are left out."""
    identities, item_ids = set(wanted), sorted({item_id for _, item_id in wanted})
    found = dict[ItemIdentity, SentRecord]()
    for start in range(0, len(item_ids), IDS_AT_ONCE):
        query = select(items).where(items.c.item_id.in_(item_ids[start : start + IDS_AT_ONCE]))
        rows = [row for row in connection.execute(query) if (row.unit_id, row.item_id) in identities]
        for row, body in zip(rows, open_bodies(connection, rows), strict=True):
            if body is not None and digest(body) == row.sha256:
                receipt = StorageReceipt(row.sha256, row.received_at.replace(tzinfo=UTC))
                kind = kind_of(row.item_id, ItemKind(row.kind))
                found[row.unit_id, row.item_id] = SentRecord(kind, row.item_id, body, receipt)
    return found


def read_in(record: SentRecord, found: FoundRead) -> tuple[SentRecord, ReadPayload] | None:
    if record.kind is not ItemKind.READ:
        return None
    try:
        payload = ReadPayload.model_validate_json(record.body)
    except ValidationError:
        return None
    is_that = (payload.read_id, payload.unit_id) == (found.read_id, found.unit_id)
    return (record, payload) if is_that and canonical(payload.plate) == found.plate else None


def times_of(found: FoundRead, payload: ReadPayload, *, is_disputed: bool = False) -> tuple[Placement, Placement]:
    """When a read was first and last seen, by all that is known here; how long it lasted its unit's ticks tell."""
    if found.seen_at is None:
        return (
            _unsure(payload.first_seen, is_disputed=is_disputed),
            _unsure(payload.last_seen, is_disputed=is_disputed),
        )
    basis = _BASES[found.basis]
    error_ms = payload.first_seen.uncertainty_ms if found.basis is TimeBasis.OWN else found.uncertainty_ms
    last: datetime = found.seen_at + _duration(payload.first_seen, payload.last_seen)
    return Placement(found.seen_at, error_ms, basis), Placement(last, error_ms, basis)


def _unsure(stamped: InstantPayload, *, is_disputed: bool) -> Placement:
    """A moment that is not sure: what the unit's clock had, unless that is contradicted."""
    try:
        instant = instant_in(stamped)
    except ValueError:
        return Placement(None, None, Basis.NONE)
    if is_disputed or instant.trusted:
        return Placement(None, None, Basis.DISPUTED)
    basis = Basis.NONE if instant.utc is None else Basis.CLOCK
    return Placement(instant.utc, instant.uncertainty_ms, basis)


def _duration(first: InstantPayload, last: InstantPayload) -> timedelta:
    return timedelta(microseconds=(last.boottime_ns - first.boottime_ns) // 1000)
