"""The two files that say what belongs together: ``provenance.json`` of each read, ``package.json`` of the whole.

Both are canonical JSON, as everything that travels. Whoever checks a package reads them; the pages show them.
"""

from datetime import datetime

from pydantic import Field

from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.canvass import (
    CanvassEndPayload,
    CanvassPayload,
    canvass_end_payload,
    canvass_payload,
)
from alpr_edge.domain.protocol.items import digest
from alpr_edge.domain.protocol.payload import Payload
from alpr_edge.domain.timeline import Placement
from alpr_edge.evidence.content import (
    KeptPicture,
    PackageCanvass,
    PackageContent,
    PackageRead,
    SentRecord,
    StorageReceipt,
)

PACKAGE_VERSION = 1
_FILE_NAME = Field(pattern=r"^[a-z0-9-]{1,60}\.(json|jpg)$")


class PlacementPayload(Payload):
    """A time as all that is known of the boot's clock gives it; the stamped one stands in the record."""

    utc: str | None
    uncertainty_ms: float | None
    basis: str
    """A :class:`~alpr_edge.domain.timeline.Basis`."""


class ReceiptRecord(Payload):
    """The department's receipt for a record."""

    sha256: str
    received: str | None


class RecordFile(Payload):
    """A record beside this file."""

    file: str = _FILE_NAME
    kind: str
    item_id: str
    sha256: str
    receipt: ReceiptRecord | None


class PictureFile(Payload):
    """A picture beside this file."""

    file: str = _FILE_NAME
    kind: str
    sha256: str
    redacted_from: str | None
    """Digest of the original; None: this is it."""


class ProvenancePayload(Payload):
    """What belongs to a read, and how its time is known; how its place is, the record itself says."""

    read_id: str
    first_seen: PlacementPayload
    last_seen: PlacementPayload
    records: list[RecordFile]
    """The read itself first."""
    pictures: list[PictureFile]
    missing_pictures: str
    superseded_by: str | None


class ModelRecord(Payload):
    """A model that read the plates."""

    model_id: str
    sha256: str


class GenerationRecord(Payload):
    """A version of a hotlist that reads were compared with."""

    source: str
    serial: int
    issued: str | None
    imported: str | None
    entries: int | None


class PackagePayload(Payload):
    """What the whole package is."""

    version: int = PACKAGE_VERSION
    package_id: str
    case: str
    unit_id: str
    organisation: str
    booked_by: str
    booked: str | None
    purpose: str
    offence: str
    medium: str
    recipient: str
    note: str
    reads: int
    """How many there are."""
    logs: int
    """How many access logs have records here."""
    unproved_records: int = 0
    """Records of the case that were not signed yet when the package was made, and are not in it."""
    units: list[str] = Field(default_factory=list)
    """Of a department's evidence: the units whose reads it holds; empty: those of :attr:`unit_id` alone."""
    left_out: list[str] = Field(default_factory=list)
    """What is not in it, and why, a sentence each."""
    models: list[ModelRecord]
    generations: list[GenerationRecord]


class CanvassRecord(Payload):
    """A canvass of the case: how it was started and ended, and what its table holds."""

    canvass: CanvassPayload
    """As it travels to the department."""
    end: CanvassEndPayload | None
    """Likewise; None: it still ran."""
    reads: int
    candidates: int
    """Reads that fit a partial plate of it."""
    unplaced: int
    """Reads without a place."""
    untimed: int
    """Reads of which no clock tells when they were seen."""
    left_out: int
    """Reads that are held for it as well, and are not in its table."""


def canvass_record(packed: PackageCanvass, unit_id: str) -> CanvassRecord:
    """What is to be known of a canvass of a unit."""
    canvass, count = packed.canvass, len(packed.held)
    end = None if canvass.end is None else canvass_end_payload(canvass.canvass_id, canvass.end, unit_id, count)
    return CanvassRecord(
        canvass=canvass_payload(canvass, unit_id),
        end=end,
        reads=count,
        candidates=sum(bool(each.partials) for each in packed.held),
        unplaced=sum(each.place is None for each in packed.held),
        untimed=sum(each.seen is None for each in packed.held),
        left_out=packed.left_out,
    )


def record_file(name: str, record: SentRecord) -> RecordFile:
    """The line of a record."""
    receipt = None if record.receipt is None else _receipt_record(record.receipt)
    return RecordFile(
        file=name, kind=record.kind.value, item_id=record.item_id, sha256=digest(record.body), receipt=receipt
    )


def picture_file(name: str, picture: KeptPicture) -> PictureFile:
    """The line of a picture."""
    sha256 = digest(picture.jpeg)
    return PictureFile(file=name, kind=picture.kind.value, sha256=sha256, redacted_from=picture.redacted_from)


def provenance_of(read: PackageRead, records: list[RecordFile], pictures: list[PictureFile]) -> ProvenancePayload:
    return ProvenancePayload(
        read_id=read.read_id,
        first_seen=_placement_payload(read.first_seen),
        last_seen=_placement_payload(read.last_seen),
        records=records,
        pictures=pictures,
        missing_pictures=read.missing_pictures,
        superseded_by=read.superseded_by,
    )


def package_payload(content: PackageContent, reads: int) -> PackagePayload:
    """What a package is that holds so many reads."""
    booking = content.booking
    return PackagePayload(
        package_id=booking.package_id,
        case=booking.case,
        unit_id=booking.unit_id,
        organisation=booking.organisation,
        booked_by=booking.booked_by,
        booked=_moment_text(booking.booked_at),
        purpose=booking.purpose,
        offence=booking.offence,
        medium=booking.medium,
        recipient=booking.recipient,
        note=booking.note,
        reads=reads,
        logs=len(content.access),
        unproved_records=content.unproved_records,
        units=list(content.units),
        left_out=list(content.left_out),
        models=[ModelRecord(model_id=model.model_id, sha256=model.sha256) for model in content.models],
        generations=[
            GenerationRecord(
                source=generation.source,
                serial=generation.serial,
                issued=_moment_text(generation.issued_at),
                imported=_moment_text(generation.imported_at),
                entries=generation.entries,
            )
            for generation in content.generations
        ],
    )


def _receipt_record(receipt: StorageReceipt) -> ReceiptRecord:
    return ReceiptRecord(sha256=receipt.sha256, received=_moment_text(receipt.received_at))


def _placement_payload(placement: Placement) -> PlacementPayload:
    utc, uncertainty_ms = _moment_text(placement.utc), placement.uncertainty_ms
    return PlacementPayload(utc=utc, uncertainty_ms=uncertainty_ms, basis=placement.basis.value)


def _moment_text(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
