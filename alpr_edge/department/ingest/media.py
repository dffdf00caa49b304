"""Reads portable media at the depot: checks and stores what units sealed, and writes receipts for the way back.

Each item's file is checked by itself: signed by a unit on record, sealed for this department, and then by the same
rules as an item that came over the network. One that is not stored is reported with the reason, and the others are
stored all the same. The items on the medium stay as they are: somebody else decides when it is wiped.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.media_keys import ReceiptSigner, load_media_key
from alpr_edge.department.pki.units import CertificateStatus
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.items import Outcome
from alpr_edge.domain.protocol.media import (
    ITEM_FILE_BYTES_MAX,
    ITEM_LINE,
    ITEM_SUFFIX,
    MEDIUM_FILE,
    RECEIPTS_MAX,
    RECEIPTS_PREFIX,
    RECEIPTS_SUFFIX,
    ReceiptPayload,
)
from alpr_edge.domain.protocol.sealing import (
    SealedError,
    SignedFile,
    header_of,
    media_key_digest,
    parse_signed_file,
    unseal,
)
from alpr_edge.runtime import no_follow
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.no_follow import FileBelow
from alpr_edge.settings.base import is_name

BATCH = 50
BATCH_BYTES = 32 * 1024 * 1024
"""Most bytes of items that are held in memory at a time."""
TROUBLES_MAX = 100


@dataclass(slots=True)
class ImportResult:
    """The result of reading a medium."""

    stored: int = 0
    """Items that are in the storage now, whether for the first time or not."""
    refused: int = 0
    """Items that are not in the storage."""
    receipts: int = 0
    """Receipts that lie on the medium now, for the units."""
    troubles: tuple[str, ...] = ()
    """The first troubles, one line each, without plate text."""

    def refuse(self, name: object, trouble: str) -> None:
        """Count an item that is not stored."""
        self.refused += 1
        self.note(name, trouble)

    def note(self, name: object, trouble: str) -> None:
        """Record a trouble that a person has to look at."""
        if len(self.troubles) < TROUBLES_MAX:
            self.troubles += (f"{name}: {trouble}",)


@dataclass(slots=True)
class MediumImport:
    """Stores the items of media.

    Args:
        files: the department's keys: what opens media, and what signs receipts; without the second there are none.

    Raises:
        DepartmentError: the key that opens media is not there.
    """

    storage: Storage
    files: TlsFiles
    accepted_units: frozenset[str] = frozenset()
    _media_key: X25519PrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self._media_key = load_media_key(self.files)

    def import_items(self, medium: Path, tick: Callable[[int], None]) -> ImportResult:
        """Store every item of a medium and leave receipts on it; a second time changes nothing.

        Raises:
            DepartmentError: the medium cannot be read, or is none.
            StoreError: the storage takes nothing at present; run it again later.
        """
        result = ImportResult()
        with _medium_errors(medium), no_follow.opened_folder(medium) as top:
            entries = no_follow.names_in(top)
            if MEDIUM_FILE not in entries:
                raise DepartmentError(f"{medium}: no medium that a unit wrote to: {MEDIUM_FILE} is not there")
            for name in filter(is_name, entries):
                try:
                    with no_follow.folder_below(top, name) as folder:
                        self._store_unit(name, folder, result, tick)
                except NotADirectoryError:
                    continue
                except OSError as error:
                    result.note(name, f"not looked at: {error.strerror}")
        return result

    def _store_unit(self, unit_id: str, folder: int, result: ImportResult, tick: Callable[[int], None]) -> None:
        receipts: list[ReceiptPayload] = []
        for batch in _batches(folder, result):
            parts = list(self._parts(unit_id, batch, result))
            for (name, part), answer in zip(
                parts, self.storage.store(unit_id, [part for _, part in parts]), strict=True
            ):
                if answer.outcome == Outcome.RECEIPT and answer.sha256 == part.sha256:
                    result.stored += 1
                    receipts.append(ReceiptPayload(item_id=part.item_id, sha256=part.sha256))
                else:
                    result.refuse(name, f"{answer.status} {answer.detail}")
            tick(len(batch))
        self._leave_receipts(unit_id, folder, receipts, result)

    def _parts(
        self, unit_id: str, batch: Sequence[tuple[str, bytes]], result: ImportResult
    ) -> Iterator[tuple[str, Part]]:
        """The items of a batch that may be trusted and do open."""
        for name, content in batch:
            try:
                part = self._part(unit_id, content)
            except SealedError as error:
                result.refuse(f"{unit_id}/{name}", str(error))
                continue
            yield f"{unit_id}/{name}", part

    def _part(self, unit_id: str, content: bytes) -> Part:
        """The content of an item's file. Raises SealedError."""
        file = parse_signed_file(ITEM_LINE, content)
        self._check_signature(unit_id, file)
        if header_of(file).media_key_sha256 != media_key_digest(self._media_key.public_key()):
            raise SealedError("sealed for another department, or for a key that this one no longer has")
        label, body = unseal(file, self._media_key)
        return Part(label.item_id, label.kind, body, label.sha256)

    def _check_signature(self, unit_id: str, file: SignedFile) -> None:
        header = header_of(file)
        if header.unit_id != unit_id:
            raise SealedError("lies in the folder of another unit than wrote it")
        record = self.storage.units.certificate(unit_id, header.certificate_sha256)
        if record is None:
            raise SealedError("signed with a certificate that is not on record for this unit")
        certificate, standing = record
        # A certificate that ended since was valid when the unit wrote; a revoked key may be stolen, and its dates
        # false.
        if standing is CertificateStatus.REVOKED and unit_id not in self.accepted_units:
            raise SealedError(
                f"the unit's certificate was revoked; if this medium was handed over by who took the unit out of "
                f"service: --accept-revoked {unit_id}"
            )
        file.verify(certificate)

    def _leave_receipts(self, unit_id: str, folder: int, receipts: list[ReceiptPayload], result: ImportResult) -> None:
        """Write the unit's receipts on the medium; without them the unit sends its items over the link."""
        try:
            signer = ReceiptSigner(self.files)
            for number, start in enumerate(range(0, len(receipts), RECEIPTS_MAX), 1):
                chunk = receipts[start : start + RECEIPTS_MAX]
                name = f"{RECEIPTS_PREFIX}{number:04}{RECEIPTS_SUFFIX}"
                # The unit's user has to read them, whoever imports; no plate is in them.
                no_follow.write_file(folder, name, signer.sign_receipts(unit_id, chunk), mode=0o644)
                result.receipts += len(chunk)
        except OSError as error:
            result.note(unit_id, f"receipts cannot be written on the medium: {error.strerror}")
        except DepartmentError as error:
            result.note(unit_id, f"no receipts: {error}")


def _batches(folder: int, result: ImportResult) -> Iterator[list[tuple[str, bytes]]]:
    """Name and content of the items' files, so many at a time."""
    batch: list[tuple[str, bytes]] = []
    for file in no_follow.files_below(folder):
        if not file.path.name.endswith(ITEM_SUFFIX):
            continue
        try:
            batch.append((file.path.as_posix(), _content(file)))
        except OSError as error:
            result.refuse(file.path, f"cannot be read: {error.strerror}")
        if len(batch) >= BATCH or sum(len(content) for _, content in batch) >= BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _content(file: FileBelow) -> bytes:
    with open(file.open(), "rb") as stream:  # noqa: PTH123 - a descriptor
        return stream.read(ITEM_FILE_BYTES_MAX)


@contextmanager
def _medium_errors(medium: Path) -> Iterator[None]:
    with io_errors(f"{medium}: cannot be read", DepartmentError):
        yield
