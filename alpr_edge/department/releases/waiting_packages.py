"""Packages that were made at the page: each waits in the department's folder until its agency has it (policy 462.7).

Whoever makes one at a terminal says where it goes; a browser cannot. So it waits here, encrypted by a passphrase that
is kept nowhere, as long as the rules leave for its pick-up. Nothing here decides: what may be made, given out and
noted is decided by the packages and the register, each on record first.
"""

import re
import secrets
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.releases.release_packages import MadePackage, Progress, ReleasePackages
from alpr_edge.department.releases.release_register import ReleaseRegister
from alpr_edge.department.releases.release_rows import FiledRequest, read_request
from alpr_edge.department.releases.request_steps import RELEASE, filed_request
from alpr_edge.department.serving import PACKAGES_NAME
from alpr_edge.domain.errors import ReleaseError, StoreError
from alpr_edge.domain.releases.deadlines import due_of
from alpr_edge.domain.releases.steps import ReleaseState
from alpr_edge.runtime.durable_files import PRIVATE_DIRECTORY, TEMPORARY_PREFIX
from alpr_edge.runtime.io_errors import io_errors

_REQUEST_ID = re.compile(r"release-[0-9a-f-]{36}")
WRITTEN_WITHIN = timedelta(days=1)
"""A folder without a package that is older is what a try left that was killed."""


@dataclass(frozen=True, slots=True, eq=False)
class WaitingPackages:
    """The packages that wait; threads may share it."""

    packages: ReleasePackages = field(repr=False)
    register: ReleaseRegister = field(repr=False)

    def make(self, authoriser: Authoriser, request_id: str, again: str, progress: Progress) -> MadePackage:
        """Make the package of an approved request; one that waited for the same request is gone then.

        Args:
            again: why another one is made by the same approval; empty: it is the first.
        """
        folder = self._folder / f"{_safe_id(request_id)}.{secrets.token_hex(8)}"
        with io_errors(f"{self._folder}: cannot be used", ReleaseError):
            self._folder.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        with ExitStack() as half_made:
            half_made.callback(shutil.rmtree, folder, ignore_errors=True)
            made = self.packages.make(authoriser, request_id, folder, again, progress)
            half_made.pop_all()  # it is whole, and stays
        self.tidy()
        return made

    def file(self, authoriser: Authoriser, request_id: str) -> Path:
        """The file of a package that waits, to be given out."""
        subject = AccessSubject((request_id,), note="file")
        with authoriser.access(Operation.PACKAGE_RELEASE, RELEASE, subject) as access:
            with self.packages.database.reading() as connection:
                filed = filed_request(connection, request_id)
            path = self.waiting(filed)
            if path is None:
                raise ReleaseError("no package of this request waits here; make it, or take it from where it was made")
            with io_errors(f"{path}: cannot be read", ReleaseError):
                access.show((path.stem,), byte_count=path.stat().st_size)
            return path

    def hand_over(self, authoriser: Authoriser, request_id: str, note: str, package_sha256: str) -> FiledRequest:
        """Note that the agency was given the package; where it waited here it is removed.

        Args:
            package_sha256: of the file; empty: it is the one that waits here.
        """
        filed = self.register.hand_over(authoriser, request_id, note, package_sha256 or self._sha256(request_id))
        self.tidy()
        return filed

    def require(self, request_id: str) -> None:
        """Tell of an id that names no request; shows nothing of one. Raises ReleaseError."""
        with self.packages.database.reading() as connection:
            filed_request(connection, _safe_id(request_id))

    def waiting(self, filed: FiledRequest) -> Path | None:
        """The file of the package that was made last of a request; None: it is not here."""
        last = filed.steps[-1]
        if last.state is not ReleaseState.PACKAGED or last.package is None:
            return None
        return next(self._folder.glob(f"{_safe_id(filed.request_id)}.*/{last.package.file_name}"), None)

    def tidy(self) -> None:
        """Remove packages that were handed over, replaced, refused, withdrawn, or not picked up in time."""
        now = self.packages.clock.now().trusted_utc or datetime.min.replace(tzinfo=UTC)
        for folder in self._folder.glob("release-*.*"):
            with self.packages.database.reading() as connection:
                filed = read_request(connection, folder.name.partition(".")[0])
            if filed is None or self._is_over(filed, folder, now):
                shutil.rmtree(folder, ignore_errors=True)

    def _is_over(self, filed: FiledRequest, folder: Path, now: datetime) -> bool:
        """Whether a folder holds nothing that waits; one that a package is being written to is left."""
        with io_errors(f"{folder}: cannot be read", StoreError):
            if not any(not path.name.startswith(TEMPORARY_PREFIX) for path in folder.iterdir()):
                return now - datetime.fromtimestamp(folder.stat().st_mtime, UTC) > WRITTEN_WITHIN
        path, due = self.waiting(filed), due_of(filed.steps, self.packages.profile.releases.deadlines)
        return path is None or path.parent != folder or (due is not None and due.at < now)

    def _sha256(self, request_id: str) -> str:
        """The digest of the package that waits, as the register has it; empty: none does."""
        with self.packages.database.reading() as connection:
            filed = read_request(connection, request_id)
        return "" if filed is None or self.waiting(filed) is None else filed.steps[-1].package_sha256

    @property
    def _folder(self) -> Path:
        return self.packages.directory / PACKAGES_NAME


def _safe_id(request_id: str) -> str:
    if not _REQUEST_ID.fullmatch(request_id):
        raise ReleaseError("there is no such request")
    return request_id
