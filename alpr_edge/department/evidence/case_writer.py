"""Writes the package of a case, reads it back, and books it before the file has a name (policy 462.5).

Its passphrase is drawn here, sealed for the department's key for media, and forgotten: two people open it.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import insert

from alpr_edge.access.authorisation.callers import Actor
from alpr_edge.department.db.evidence_schema import evidence_bookings
from alpr_edge.department.evidence.access_parts import AccessParts
from alpr_edge.department.evidence.case_request import BookedCase, DepartmentExportRequest, Tick
from alpr_edge.department.evidence.gathered_reads import GatheredReads
from alpr_edge.department.evidence.hit_choice import ChosenHits
from alpr_edge.department.packages.package_folder import require_room
from alpr_edge.department.packages.package_signers import load_signer
from alpr_edge.department.packages.stored_records import StoredRecords
from alpr_edge.department.packages.written_packages import WrittenPackage, read_back
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import server_names
from alpr_edge.department.search.pages import FoundRead
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.protocol.bookings import seal_passphrase
from alpr_edge.evidence.container import SUFFIX, ContainerTarget
from alpr_edge.evidence.content import BookingRecord, PackageContent
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.passphrases import draw_passphrase
from alpr_edge.evidence.signer import DEPARTMENT, PackageSigner


@dataclass(frozen=True, slots=True, eq=False)
class CasePackage:
    """All that is known of a package before its reads are read."""

    package_id: str
    purpose: Purpose
    request: DepartmentExportRequest
    actor: Actor
    booked_at: datetime
    reads: tuple[FoundRead, ...]
    hits: ChosenHits
    accesses: AccessParts
    access_count: int
    not_arrived: int
    left_out: tuple[str, ...] = ()
    """What is known by now not to be in it, a sentence each."""

    @property
    def units(self) -> tuple[str, ...]:
        """Whose reads it holds."""
        return tuple(sorted({read.unit_id for read in self.reads}))


@dataclass(frozen=True, slots=True, eq=False)
class CaseWriter:
    """Writes packages; threads may share it."""

    directory: Path
    stored: StoredRecords = field(repr=False)
    key: X25519PublicKey = field(repr=False)

    def write(self, package: CasePackage, folder: Path, progress: Tick) -> BookedCase:
        """Write a package into an empty folder."""
        passphrase, signer = draw_passphrase(secrets.randbits), load_signer(self.directory, DEPARTMENT, "evidence")
        path = folder / f"{package.package_id}{SUFFIX}"
        gathered = GatheredReads(
            self.stored, package.reads, package.hits, with_scenes=package.request.with_scenes, left_out=package.left_out
        )
        booked: list[WrittenPackage] = []

        def book(part: Path) -> None:
            written = read_back(part, passphrase)
            self._book(package, gathered, written, seal_passphrase(passphrase, package.package_id, self.key))
            booked.append(written)

        def go_on(done: int, total: int) -> None:
            require_room(folder, EvidenceError)
            progress(done, total)

        target = ContainerTarget(path, passphrase, package.booked_at, book)
        write_package(self._content(package, gathered), target, signer, go_on)
        return _booked_case(package, gathered, booked[0], path, signer)

    def _content(self, package: CasePackage, gathered: GatheredReads) -> PackageContent:
        return PackageContent(
            booking=self._record(package),
            reads=gathered,
            read_count=len(package.reads),
            access=package.accesses.logs,
            unproved_records=package.accesses.unproved,
            models=gathered.models,
            left_out=gathered.left_out,
            generations=package.hits.lists(),
            units=package.units,
            accesses=package.accesses.table,
        )

    def _record(self, package: CasePackage) -> BookingRecord:
        file, actor = load_department_file(self.directory), package.actor
        return BookingRecord(
            package_id=package.package_id,
            case=package.purpose.case or "",
            unit_id=DEPARTMENT,
            organisation=file.people.name or server_names(TlsFiles(self.directory))[0],
            booked_by=f"{actor.name} ({actor.person_id})",
            booked_at=package.booked_at,
            purpose=package.purpose.code,
            offence=package.purpose.offence or "",
            medium=package.request.medium,
            recipient=package.request.recipient,
        )

    def _book(self, package: CasePackage, gathered: GatheredReads, written: WrittenPackage, sealed: str) -> None:
        """Put the booking into the register, beside those of units."""
        request, purpose, actor = package.request, package.purpose, package.actor
        values = {
            "package_id": package.package_id,
            "unit_id": DEPARTMENT,
            "case_number": purpose.case or "",
            "purpose": purpose.code,
            "offence": purpose.offence or "",
            "medium": request.medium,
            "recipient": request.recipient,
            "person_id": actor.person_id,
            "person": actor.name,
            "file_name": f"{package.package_id}{SUFFIX}",
            "package_sha256": written.sha256,
            "manifest_sha256": written.manifest_sha256,
            "size_bytes": written.size_bytes,
            "reads": gathered.reads,
            "hits": gathered.hits,
            "pictures": gathered.pictures,
            "with_scenes": request.with_scenes,
            "is_redacted": False,
            "booked": rfc3339(package.booked_at),
            "sealed_passphrase": sealed,
        }
        with self.stored.database.writing() as connection:
            connection.execute(insert(evidence_bookings).values(**values))


def _booked_case(
    package: CasePackage, gathered: GatheredReads, written: WrittenPackage, path: Path, signer: PackageSigner
) -> BookedCase:
    return BookedCase(
        package_id=package.package_id,
        case=package.purpose.case or "",
        path=path,
        package_sha256=written.sha256,
        size_bytes=written.size_bytes,
        units=package.units,
        reads=gathered.reads,
        hits=gathered.hits,
        pictures=gathered.pictures,
        not_arrived=package.not_arrived,
        unproved_records=package.accesses.unproved,
        accesses=package.access_count,
        left_out=tuple(gathered.left_out),
        is_vouched=signer.voucher is not None,
    )
