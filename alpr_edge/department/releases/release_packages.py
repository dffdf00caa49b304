"""Makes the package of an approved request: what was approved and nothing else, signed, encrypted, in the register.

The order is what matters. Who makes it stands in the access log before anything is read, once for each plate; then each
read that is found, before any of them is written. The file is written under a hidden name and read back; then its
digest stands in the register; then it gets its name. So whatever is cut short, there is no whole package that the
register does not know, no read in one that the access log does not name, and nothing half that looks whole.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.authorisation.record_texts import object_parts
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.images.department_images import DepartmentImages
from alpr_edge.department.packages.package_folder import package_folder
from alpr_edge.department.releases.chosen_reads import ChosenReads, choose_reads
from alpr_edge.department.releases.release_rows import FiledRequest
from alpr_edge.department.releases.request_steps import RELEASE, filed_request, new_step
from alpr_edge.department.search.department_searches import DepartmentSearches
from alpr_edge.domain.access_log.record_notes import EXPORTED_READS
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.profile import Profile
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.releases.progress import check_step
from alpr_edge.domain.releases.requests import ReleaseScope
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep, approved_scope

if TYPE_CHECKING:
    from alpr_edge.department.releases.release_writer import ReleaseWriter

_SOURCE = SourcePermission.DEPARTMENT
"""Whose data reads are (policy 462.4(e))."""
PREFIX = "release-"
"""How names of packages begin: with their request."""
Progress = Callable[[int, int], None]
"""Receives how many reads are written and how many there are."""


@dataclass(frozen=True, slots=True)
class MadePackage:
    """A package that was made."""

    filed: FiledRequest
    """The request, whose last step it is."""
    path: Path
    passphrase: str = field(repr=False)
    is_vouched: bool
    """Whether the department's authority says whose the signing key is."""


@dataclass(frozen=True, slots=True, eq=False)
class ReleasePackages:
    """The packages of a department; threads may share it."""

    directory: Path
    database: DepartmentDatabase = field(repr=False)
    searches: DepartmentSearches = field(repr=False)
    images: DepartmentImages = field(repr=False)
    profile: Profile = field(repr=False)
    clock: Clock = field(repr=False)

    def make(
        self, authoriser: Authoriser, request_id: str, folder: Path, again: str, progress: Progress
    ) -> MadePackage:
        """Make the package of an approved request (policy 462.7).

        Args:
            folder: where it goes; new or empty.
            again: why another one is made by the same approval; empty: it is the first.
        """
        subject = AccessSubject((request_id,), source=_SOURCE, note=again)
        with authoriser.access(Operation.PACKAGE_RELEASE, RELEASE, subject) as access:
            step = new_step(self.clock, access, ReleaseState.PACKAGED, again)
            with self.database.reading() as connection:
                filed = filed_request(connection, request_id)
            check_step(filed.request, filed.steps, step, self.profile)
            scope = approved_scope(filed.steps)
            assert scope is not None, "an approval has its scope"
            with package_folder(folder, PREFIX, ReleaseError):
                chosen = self._choose(authoriser, request_id, scope)
                return self._writer(filed, step).write(chosen, scope, folder, progress)

    def _writer(self, filed: FiledRequest, step: RequestStep) -> "ReleaseWriter":
        from alpr_edge.department.releases.release_writer import ReleaseWriter  # noqa: PLC0415 - pyzipper

        return ReleaseWriter(self.directory, self.database, self.images, self.profile, filed, step)

    def _choose(self, authoriser: Authoriser, request_id: str, scope: ReleaseScope) -> ChosenReads:
        """The reads of the package, each on record by its plate and its id (policy 462.6(a), 462.7).

        An access for each plate is on record before it is looked for (Civil Code 1798.90.52(a)(2)).
        """
        note = f"seen {rfc3339(scope.begin)} to {rfc3339(scope.end)}" + (f", within {scope.area}" if scope.area else "")
        with ExitStack() as stack:
            accesses = dict[str, Access]()
            for plate in scope.plates:
                subject = AccessSubject((request_id,), query=plate, source=_SOURCE, note=note)
                accesses[plate] = stack.enter_context(authoriser.access(Operation.PACKAGE_RELEASE, RELEASE, subject))
            chosen = choose_reads(self.database, self.searches, scope)
            for plate, access in accesses.items():
                ids = [f"{read.unit_id}/{read.read_id}" for read in chosen.reads if read.plate == plate]
                first, *others = object_parts(ids)
                access.show(first, count=len(ids))
                for part in others:
                    subject = AccessSubject((request_id, *part), query=plate, source=_SOURCE, note=EXPORTED_READS)
                    with authoriser.access(Operation.PACKAGE_RELEASE, RELEASE, subject):
                        pass
        return chosen
