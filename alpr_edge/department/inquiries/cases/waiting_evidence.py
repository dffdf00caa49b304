"""Packages of evidence that were made at the page: each waits in the department's folder to be put on a medium.

Whoever makes one at a terminal says where it goes; a browser cannot. So it waits here for some days, encrypted by a
passphrase that two people open. What is removed then was booked all the same: it is made anew from what is held.
"""

import re
import secrets
import shutil
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.evidence.case_request import BookedCase, DepartmentExportRequest, ExportProgress, Tick
from alpr_edge.department.inquiries.cases.case_exports import PREFIX, DepartmentExports
from alpr_edge.department.serving import PACKAGES_NAME
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.evidence.container import SUFFIX
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY
from alpr_edge.runtime.io_errors import io_errors

WAITS = timedelta(days=7)
WAITING_MAX = 20
"""Most packages that wait: each may have gigabytes of scenes, on the disk of the database."""
_OTHER_WAY = "make it at the server (sudo alpr-edge-department evidence export), or wait until the oldest goes"
_PACKAGE_ID = re.compile(rf"{PREFIX}[0-9a-f-]{{36}}")


@dataclass(frozen=True, slots=True, eq=False)
class WaitingEvidence:
    """The packages that wait; threads may share it."""

    exports: DepartmentExports = field(repr=False)

    def make(
        self, authoriser: Authoriser, purpose: Purpose, request: DepartmentExportRequest, progress: Tick
    ) -> BookedCase:
        """Make the package of the case that a purpose names."""
        self.tidy()
        if len(list(self._folder.glob(f"{PREFIX}*"))) >= WAITING_MAX:
            raise EvidenceError(f"{WAITING_MAX} packages wait here already, as many as may be: {_OTHER_WAY}")
        folder = self._folder / f"{PREFIX}{secrets.token_hex(8)}"
        with io_errors(f"{self._folder}: cannot be used", EvidenceError):
            self._folder.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        with ExitStack() as half_made:
            half_made.callback(shutil.rmtree, folder, ignore_errors=True)
            booked = self.exports.export(authoriser, purpose, request, folder, ExportProgress(progress, progress))
            half_made.pop_all()  # it is whole, and stays
        return booked

    def file(self, authoriser: Authoriser, purpose: Purpose, package_id: str) -> Path:
        """The file of a package that waits, to be given out."""
        subject = AccessSubject((package_id,), source=SourcePermission.DEPARTMENT, note="file")
        with authoriser.access(Operation.EXPORT_CASE, purpose, subject) as access:
            path = self.waiting().get(package_id)
            if path is None or not self.exports.is_of_case(package_id, purpose.case or ""):
                raise EvidenceError("no package of this id waits here any more: make it anew from what is held")
            with io_errors(f"{path}: cannot be read", EvidenceError):
                access.show((package_id,), byte_count=path.stat().st_size)
            return path

    def waiting(self) -> dict[str, Path]:
        """The files that wait, by their package."""
        found = self._folder.glob(f"{PREFIX}*/{PREFIX}*{SUFFIX}")
        return {path.stem: path for path in found if _PACKAGE_ID.fullmatch(path.stem)}

    def tidy(self) -> None:
        """Remove what has waited too long, and what a try left that was killed; what cannot be read waits for the next.

        Several threads may do this at once: what another removes meanwhile is gone.
        """
        now = self.exports.clock.now().trusted_utc or datetime.min.replace(tzinfo=UTC)
        for folder in self._folder.glob(f"{PREFIX}*"):
            with suppress(OSError):
                made = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
                if now - made > WAITS:
                    shutil.rmtree(folder, ignore_errors=True)

    @property
    def _folder(self) -> Path:
        return self.exports.directory / PACKAGES_NAME
