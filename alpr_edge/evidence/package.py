"""Writes an evidence package: payload first, then the manifests, and the signed tag manifest last."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from alpr_edge import __version__
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.log_proofs.notes import encode_base64, sign_note
from alpr_edge.domain.protocol.items import digest, encode
from alpr_edge.evidence import layout
from alpr_edge.evidence.bag import BagWriter, PackageTarget
from alpr_edge.evidence.content import AccessLogPart, AccessProof, BookingRecord, PackageContent, PackageRead
from alpr_edge.evidence.minisign import public_key_text, sign_with_minisign
from alpr_edge.evidence.package_records import package_payload, picture_file, provenance_of, record_file
from alpr_edge.evidence.pages.page_writer import PageWriter
from alpr_edge.evidence.signer import PackageSigner

Progress = Callable[[int, int], None]
"""Receives how many reads are written and how many there are."""
__all__ = ["PackageTarget", "Progress", "TimeStamper", "write_package"]


class TimeStamper(Protocol):
    """A time-stamping authority (RFC 3161)."""

    def stamp(self, content: bytes) -> bytes | None:
        """The response over a content, DER; None: the package goes without one. Raises EvidenceError."""


def write_package(
    content: PackageContent,
    target: PackageTarget,
    signer: PackageSigner,
    progress: Progress,
    stamper: TimeStamper | None = None,
) -> str:
    """Write a whole package and finish its target; returns the SHA-256 of its tag manifest, which names it.

    When anything fails, whoever's fault it is, the target is discarded before the error goes on.

    Args:
        stamper: dates the tag manifest; None: there is no time stamp.

    Raises:
        EvidenceError: a value cannot be put into a package, or the target cannot be written.
    """
    with ExitStack() as stack:
        stack.callback(target.discard)
        writer = _PackageWriter(BagWriter(target), content, signer, stamper)
        tag_manifest_digest = writer.write(progress)
        target.finish()
        stack.pop_all()
        return tag_manifest_digest


@dataclass(slots=True)
class _PackageWriter:
    bag: BagWriter
    content: PackageContent
    signer: PackageSigner
    stamper: TimeStamper | None
    pages: PageWriter = field(init=False)

    def __post_init__(self) -> None:
        self.pages = PageWriter(self.bag, self.content)

    def write(self, progress: Progress) -> str:
        """Write every file; returns the digest of the tag manifest."""
        reads = 0
        for reads, read in enumerate(self.content.reads, start=1):
            self._write_read(reads, read)
            progress(reads, max(reads, self.content.read_count))
        for number, log in enumerate(self.content.access, start=1):
            self._write_log(number, log)
        for number, canvass in enumerate(self.content.canvasses, start=1):
            self.pages.add_canvass(number, canvass)
        if self.content.accesses:
            self.bag.add(layout.ACCESSES, self.content.accesses)
        package = package_payload(self.content, reads)
        self.bag.add(layout.PACKAGE, encode(package))
        release = None if self.content.release is None else self.content.release()
        if release is not None:
            self.bag.add(layout.RELEASE, encode(release))
        self._write_keys()
        self.pages.finish(package, self.signer, release)
        return self.bag.finish(_bag_info(self.content.booking), self._beside)

    def _write_read(self, number: int, read: PackageRead) -> None:
        folder = layout.read_folder(number)
        named = [(layout.READ_RECORD, read.record)]
        named += [(layout.record_name(record.kind.value, n), record) for n, record in enumerate(read.others, start=1)]
        pictures = []
        for name, record in named:
            self.bag.add(f"{folder}/{name}", record.body)
        for picture in read.pictures:
            is_redacted = picture.redacted_from is not None and not picture.is_smaller
            name = f"{picture.kind.value}{'-redacted' if is_redacted else ''}.jpg"
            self.bag.add(f"{folder}/{name}", picture.jpeg)
            pictures.append(picture_file(name, picture))
        provenance = provenance_of(read, [record_file(name, record) for name, record in named], pictures)
        self.bag.add(f"{folder}/{layout.PROVENANCE}", encode(provenance))
        self.pages.add_read(number, read, provenance)

    def _write_log(self, number: int, log: AccessLogPart) -> None:
        folder = layout.log_folder(number)
        self.bag.add(f"{folder}/log.vkey", f"{log.log_key}\n".encode())
        self.bag.add(f"{folder}/checkpoint.note", log.checkpoint.encode())
        if log.cosigned is not None:
            self.bag.add(f"{folder}/cosigned.note", log.cosigned.encode())
            proof = "".join(f"{encode_base64(value)}\n" for value in log.consistency)
            self.bag.add(f"{folder}/consistency.txt", proof.encode())
        if log.witness_key:
            self.bag.add(f"{folder}/witness.vkey", f"{log.witness_key}\n".encode())
        if log.witness_certificate:
            self.bag.add(f"{folder}/witness.pem", log.witness_certificate)
        for record in log.records:
            self._write_access_record(folder, number, record)

    def _write_access_record(self, folder: str, number: int, record: AccessProof) -> None:
        path = f"{folder}/{record.sequence:08}"
        self.bag.add(f"{path}.json", record.body)
        self.bag.add(f"{path}.tlog-proof", record.proof.encode())
        self.pages.add_access_record(number, record)

    def _write_keys(self) -> None:
        public_key = self.signer.key.public_key()
        self.bag.add(layout.MINISIGN_KEY, public_key_text(public_key.public_bytes_raw()).encode())
        if self.signer.voucher is not None:
            self.bag.add(layout.CERTIFICATE, self.signer.voucher.certificate)
            self.bag.add(layout.AUTHORITY, self.signer.voucher.authority)

    def _beside(self, tag_manifest: bytes) -> Iterator[tuple[str, bytes]]:
        """The files beside the tag manifest."""
        note = sign_note(tag_manifest.decode("ascii"), self.signer.name, self.signer.key)
        yield layout.NOTE, note.whole.encode()
        comment = f"evidence package {self.content.booking.package_id} of {self.signer.name}"
        stamp = None if self.stamper is None else self.stamper.stamp(tag_manifest)
        if stamp is not None:
            comment += f"{layout.STAMP_WORDS}{digest(stamp)}"
            yield layout.TIME_STAMP, stamp
        yield layout.MINISIG, sign_with_minisign(tag_manifest, comment, self.signer.key).encode()


def _bag_info(booking: BookingRecord) -> Iterator[tuple[str, str]]:
    """What ``bag-info.txt`` says; the first are labels of RFC 8493, 2.2.2."""
    yield "Source-Organization", booking.organisation
    yield "Contact-Name", booking.booked_by
    yield "External-Description", "Evidence of an automated licence plate reader"
    yield "External-Identifier", booking.package_id
    if booking.booked_at is not None:
        yield "Bagging-Date", f"{booking.booked_at:%Y-%m-%d}"
        yield "Booked-At", rfc3339(booking.booked_at)
    yield "Bag-Software-Agent", f"alpr-edge {__version__}"
    yield "Case", booking.case
    yield "Unit", booking.unit_id
    yield "Purpose", booking.purpose
    yield "Offence", booking.offence
    yield "Medium", booking.medium
    yield "Recipient", booking.recipient
    yield "Note", booking.note
