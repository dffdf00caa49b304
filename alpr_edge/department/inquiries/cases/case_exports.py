"""Books the evidence of a case out at the department, of all units (policy 462.5), for somebody who may.

The order is what matters. The export is on the access log first, and each page of a search for plates and every read
before it is written. The package is written under a hidden name, read back and compared. Its booking, with the
passphrase sealed, is in the register next; then it gets its name. So whatever is cut short, there is no whole package
that nobody knows of, and nothing half that looks whole.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.authorisation.record_texts import object_parts
from alpr_edge.department.access_log.log import DepartmentAccessLog
from alpr_edge.department.evidence.access_parts import AccessPartMaker, access_line
from alpr_edge.department.evidence.bookings import EvidenceBookings
from alpr_edge.department.evidence.case_accesses import CaseAccesses, CaseScope, FoundAccesses
from alpr_edge.department.evidence.case_choice import (
    ReadIdentity,
    held_for_case,
    require_count,
    with_corrections,
)
from alpr_edge.department.evidence.case_request import BookedCase, DepartmentExportRequest, ExportProgress, Tick
from alpr_edge.department.evidence.hit_choice import ListRights, choose_hits
from alpr_edge.department.inquiries.read_inquiries import ReadInquiries, object_id
from alpr_edge.department.packages.package_folder import package_folder
from alpr_edge.department.packages.package_signers import witness_certificate
from alpr_edge.department.packages.stored_records import StoredRecords
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.media_keys import load_media_key
from alpr_edge.department.search.criteria import DepartmentSearch
from alpr_edge.department.search.pages import PAGE_READS_MAX, FoundRead
from alpr_edge.department.settings import HitsTable
from alpr_edge.domain.access_log.record_notes import EXPORTED_READS
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.ports import Clock
from alpr_edge.evidence.booking_texts import booking_note, check_booking_texts

if TYPE_CHECKING:
    from alpr_edge.department.evidence.case_writer import CasePackage, CaseWriter

PREFIX = "evidence-"
"""How ids of packages begin that are made here, where those of a unit begin with its id."""
NOTHING_HELD = "no read is held for the case; hold what belongs to it, or search for its plates (--plate-file)"
_SOURCE = SourcePermission.DEPARTMENT
"""Whose data reads are (policy 462.4(e))."""


@dataclass(frozen=True, slots=True)
class AccessList:
    """Who looked at what is held for a case."""

    lines: Sequence[Mapping[str, object]]
    """Each access, as the table of a package has it."""
    withheld: int
    """Accesses that tell of withheld hits alone; those that tell of covert ones are not counted."""
    not_looked_through: int
    """Records of units' logs that do not open, or wait for one that is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class DepartmentExports:
    """The packages of cases that are made at the department; threads may share it."""

    directory: Path
    stored: StoredRecords = field(repr=False)
    reads: ReadInquiries = field(repr=False)
    log: DepartmentAccessLog = field(repr=False)
    lists: HitsTable = field(repr=False)
    clock: Clock = field(repr=False)

    def export(
        self,
        authoriser: Authoriser,
        purpose: Purpose,
        request: DepartmentExportRequest,
        folder: Path,
        progress: ExportProgress,
    ) -> BookedCase:
        """Write and book the package of the case that a purpose names.

        Args:
            folder: where it goes; new or empty.
        """
        check_booking_texts(purpose.case or "", request.medium, request.recipient)
        package_id = f"{PREFIX}{uuid.uuid4()}"
        subject = AccessSubject((package_id,), source=_SOURCE, note=_note(purpose, request))
        with authoriser.access(Operation.EXPORT_CASE, purpose, subject) as access:
            writer = self._writer()
            with package_folder(folder, PREFIX, EvidenceError):
                package = self._package(authoriser, access, package_id, request, progress.records)
                booked = writer.write(package, folder, progress.reads)
            access.show((package_id,), count=booked.reads, byte_count=booked.size_bytes)
            return booked

    def accesses(self, authoriser: Authoriser, purpose: Purpose, progress: Tick, hold_id: str = "") -> AccessList:
        """Who looked at what is held for the case of a purpose.

        Of covert hits nothing is told to whoever may not see them, not even how many accesses there are.

        Args:
            hold_id: at what this hold covers alone; empty: all that is held for the case.
        """
        check_booking_texts(purpose.case or "", "", "")
        with authoriser.access(Operation.LIST_ACCESSES, purpose, AccessSubject(source=_SOURCE)) as access:
            held = self._find_held(purpose.case or "", hold_id)
            if not held:
                raise EvidenceError(NOTHING_HELD)
            found = CaseAccesses(self.stored.database, self.log).find(
                self._scope(authoriser, access, with_corrections(self.stored.database, held)), progress
            )
            access.show(count=len(found.listed))
            return AccessList([access_line(each) for each in found.listed], found.withheld, found.not_looked_through)

    def is_of_case(self, package_id: str, case: str) -> bool:
        """Whether a package was booked out here for a case."""
        return any(each.package_id == package_id for each in EvidenceBookings(self.stored.database).list_bookings(case))

    def _writer(self) -> "CaseWriter":
        from alpr_edge.department.evidence.case_writer import CaseWriter  # noqa: PLC0415 - pyzipper

        key = load_media_key(TlsFiles(self.directory)).public_key()
        return CaseWriter(self.directory, self.stored, key)

    def _package(
        self, authoriser: Authoriser, access: Access, package_id: str, request: DepartmentExportRequest, progress: Tick
    ) -> "CasePackage":
        """Find what goes into a package."""
        from alpr_edge.department.evidence.case_writer import CasePackage  # noqa: PLC0415 - pyzipper

        held = self._find_held(access.purpose.case or "", request.hold_id)
        found = set() if request.search is None else self._search(authoriser, access.purpose, request.search)
        reads = with_corrections(self.stored.database, held | found)
        if not reads:
            raise EvidenceError(NOTHING_HELD if not held else "none of the reads that are held has arrived yet")
        _name_reads(authoriser, access.purpose, package_id, reads)
        scope = self._scope(authoriser, access, reads)
        accesses = CaseAccesses(self.stored.database, self.log).find(scope, progress)
        maker = AccessPartMaker(self.stored.database, self.log, witness_certificate(self.directory))
        not_arrived = len(held - {(read.unit_id, read.read_id) for read in reads})
        return CasePackage(
            package_id=package_id,
            purpose=access.purpose,
            request=request,
            actor=access.actor,
            booked_at=self._now(),
            reads=reads,
            hits=scope.hits,
            accesses=maker.make(accesses.listed),
            access_count=len(accesses.listed),
            not_arrived=not_arrived,
            left_out=tuple(_left_out(not_arrived, accesses)),
        )

    def _scope(self, authoriser: Authoriser, access: Access, reads: tuple[FoundRead, ...]) -> CaseScope:
        rights = ListRights(access, self.lists, authoriser.may_see_covert())
        hits = choose_hits(self.stored.database, reads, rights)
        return CaseScope(access.purpose.case or "", reads, hits, rights)

    def _find_held(self, case: str, hold_id: str) -> set[ReadIdentity]:
        return held_for_case(self.stored.database, case, self._now(), hold_id)

    def _search(self, authoriser: Authoriser, purpose: Purpose, search: DepartmentSearch) -> set[ReadIdentity]:
        """What a search by plates finds, page by page: each is on record, and counts as one that somebody looks at."""
        found, after, is_first = set[ReadIdentity](), None, True
        while is_first or after is not None:
            page = self.reads.page(authoriser, purpose, search, after, PAGE_READS_MAX)
            found |= {(read.unit_id, read.read_id) for read in page.reads}
            require_count(len(found))
            after, is_first = page.next, False
        return found

    def _now(self) -> datetime:
        now = self.clock.now().trusted_utc
        if now is None:
            raise EvidenceError("this server's clock is not set: nothing is booked out without a date")
        return now


def _name_reads(authoriser: Authoriser, purpose: Purpose, package_id: str, reads: Sequence[FoundRead]) -> None:
    """Put on record which reads a package is about to have: who asks later who looked at one finds the export."""
    for part in object_parts([object_id(read) for read in reads]):
        subject = AccessSubject((package_id, *part), source=_SOURCE, note=EXPORTED_READS)
        with authoriser.access(Operation.EXPORT_CASE, purpose, subject):
            pass


def _note(purpose: Purpose, request: DepartmentExportRequest) -> str:
    """What stands on record beside the package's id; no plate."""
    more = (
        f"hold {request.hold_id}" if request.hold_id else "",
        "with what a search for plates finds" if request.search is not None else "",
        "" if request.with_scenes else "without scenes",
    )
    return booking_note(purpose.case or "", request.medium, request.recipient, *more)


def _left_out(not_arrived: int, accesses: FoundAccesses) -> list[str]:
    words = list[str]()
    if not_arrived:
        words.append(f"Reads that are held for the case and have not arrived from their units: {not_arrived}.")
    if withheld := accesses.withheld:
        words.append(f"Accesses that tell of hits of lists which whoever booked it out may not see: {withheld}.")
    if count := accesses.not_looked_through:
        words.append(f"Records of units' access logs that do not open, or wait for one that is missing: {count}.")
    return words
