"""What an evidence package holds, as values: whoever exports a case hands them in, read by read.

Reads come from an iterator and each is written before the next is asked for, so a package of any size needs the memory
of one page of reads. Bodies and pictures are bytes as they are stored and were sent; nothing is encoded anew.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alpr_edge.domain.canvass.canvass import Canvass
from alpr_edge.domain.canvass.canvass_result import CanvassRead, HeldRead
from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.timeline import Placement
from alpr_edge.evidence.release_records import ReleaseRecord


@dataclass(frozen=True, slots=True)
class BookingRecord:
    """Who takes what evidence of which case, on which medium, and for whom."""

    package_id: str
    """Names this package; no two have the same. Letters, digits, dot, colon, dash and underscore."""
    case: str
    unit_id: str
    """The unit, or the department, that the package comes from."""
    organisation: str
    booked_by: str
    """Name of the person, and their badge or id."""
    booked_at: datetime | None
    """UTC; None: the clock was not set."""
    purpose: str
    offence: str = ""
    medium: str = ""
    """Number of the medium in the evidence room's own count."""
    recipient: str = ""
    """To whom it goes."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class StorageReceipt:
    """The department's word that it stored a record: the digest of what it read back."""

    sha256: str
    """Lower-case hex."""
    received_at: datetime | None
    """When the unit took the receipt, UTC; None: not known."""


@dataclass(frozen=True, slots=True)
class SentRecord:
    """A record as it was sent, byte for byte: the read itself, a hit, an alert, an answer, a corrected time."""

    kind: ItemKind
    item_id: str
    body: bytes
    receipt: StorageReceipt | None = None
    """None: the department has not confirmed it."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptPicture:
    """A picture of a read, byte for byte as it is stored, or a copy of it that shows less."""

    kind: EvidenceKind
    jpeg: bytes
    redacted_from: str | None = None
    """SHA-256 of the original where this is a copy: other plates are covered, or it is smaller; None: the original."""
    is_smaller: bool = False
    """Whether that copy is smaller alone: its file has the name of the original."""


@dataclass(frozen=True, slots=True, eq=False)
class PackageRead:
    """A read with all that belongs to it."""

    read_id: str
    record: SentRecord
    """The read: a :class:`~alpr_edge.domain.protocol.items.ReadPayload`."""
    first_seen: Placement
    """Its time by all that is known of its boot's clock; likewise the next."""
    last_seen: Placement
    pictures: tuple[KeptPicture, ...] = ()
    missing_pictures: str = ""
    """Why a picture is not there; empty: none is missing."""
    others: tuple[SentRecord, ...] = ()
    """Hits, alerts, late tones, withdrawals, answers and corrected times, in the order in which they were made."""
    superseded_by: str | None = None
    """The later read of the same pass that corrected it."""


@dataclass(frozen=True, slots=True)
class PackageModel:
    """A model that read the plates of the package."""

    model_id: str
    sha256: str
    """Digest of its file, as the manifest of the models names it; empty: not known any more."""


@dataclass(frozen=True, slots=True)
class ListGeneration:
    """A version of a hotlist that reads of the package were compared with."""

    source: str
    serial: int
    issued_at: datetime | None
    imported_at: datetime | None
    entries: int | None = None


@dataclass(frozen=True, slots=True)
class AccessProof:
    """A record of the access log that is about the case, with the proof that it is in the log (C2SP tlog-proof)."""

    sequence: int
    body: bytes
    proof: str
    """As ``alpr-edge audit prove`` prints it."""


@dataclass(frozen=True, slots=True)
class AccessLogPart:
    """What the package shows of an access log: its newest state, and the records of the case alone."""

    log_key: str
    """The log's public key (vkey), which signs its checkpoints."""
    checkpoint: str
    """The newest signed checkpoint; with the department's cosignature where it has one."""
    cosigned: str | None
    """The newest checkpoint that the department cosigned; None: there is none. May be the same."""
    consistency: tuple[bytes, ...] = ()
    """Proof (RFC 9162, 2.1.4) that the newest continues the cosigned one; empty where they are the same size."""
    witness_key: str = ""
    """The department's public key for cosignatures (vkey); empty: there is no department."""
    witness_certificate: bytes = b""
    """Certificate of that key by the department's authority, PEM; empty: nobody vouches for it."""
    records: Iterable[AccessProof] = ()
    """The records of the case, by their sequence."""


@dataclass(frozen=True, slots=True, eq=False)
class PackageCanvass:
    """A canvass of the case: the reads around a crime scene by time and place (policy 462.4(c))."""

    canvass: Canvass
    held: Sequence[HeldRead]
    """Its reads, by time, as far as they are in the package."""
    reads: Iterable[CanvassRead]
    """The same in the same order with all that its table tells; each is written before the next is asked for."""
    left_out: int
    """Reads that are held for it as well, and are not in its table."""


@dataclass(frozen=True, slots=True, eq=False)
class PackageContent:
    """All that a package holds."""

    booking: BookingRecord
    reads: Iterable[PackageRead]
    """In the order in which the pages show them: by time."""
    read_count: int
    """How many reads come, for the progress; the package counts for itself."""
    access: tuple[AccessLogPart, ...] = ()
    """One of each log that has records of the case: the unit's; at the department its own and those of its units."""
    unproved_records: int = 0
    """Records of the case that no checkpoint covered yet; they are not in the package."""
    models: Sequence[PackageModel] = ()
    """Looked at once all reads are written, by which time it has to be whole."""
    left_out: Sequence[str] = ()
    """What is not in it, and why, a sentence each; likewise."""
    generations: tuple[ListGeneration, ...] = ()
    canvasses: tuple[PackageCanvass, ...] = ()
    """Those of the case, the oldest first."""
    units: Sequence[str] = ()
    """Of a department's evidence: the units whose reads it holds."""
    accesses: bytes = b""
    """Likewise: who looked at the reads, as CSV; empty: no such file."""
    release: Callable[[], ReleaseRecord] | None = None
    """Says which request of another agency it answers, once its reads are written; None: it is evidence of a case."""
