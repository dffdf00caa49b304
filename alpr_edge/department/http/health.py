"""The health of a department's server: what its health address says.

That is the release, how the server stands, when the certificates end, the free space, and a line for each trouble. No
plate is in it, no unit, no key and no count of items.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alpr_edge import __version__
from alpr_edge.department.backups.outcomes import backup_warnings
from alpr_edge.department.integrity_record import integrity_warnings
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.server_certificate import ServerCertificate, utc_now
from alpr_edge.domain.errors import AlprEdgeError, DepartmentError, StoreError
from alpr_edge.domain.instants import rfc3339

STALL_S = 30.0
"""A server whose event loop did not go round for so long does not serve."""
FREE_BYTES_MIN = 2 << 30
"""Free space below which health warns."""


@dataclass(slots=True)
class DepartmentHealth:
    """Collects what the health address says.

    Args:
        enrolls: whether the enrollment process runs; None: this department enrolls no unit.
        now: the present moment in UTC.
    """

    directory: Path
    check_storage: Callable[[], None]
    alive_s: Callable[[], float]
    enrols: Callable[[], bool | None] = lambda: None
    people_warnings: Callable[[], list[str]] = list
    hold_warnings: Callable[[], Sequence[str]] = list
    now: Callable[[], datetime] = utc_now

    def report(self) -> tuple[bool, dict[str, Any]]:
        """Whether the department serves, and what the health address says of it."""
        troubles, warnings = self._storage_troubles(), self._warnings()
        dates = self._certificates(troubles, warnings)
        return not troubles, {
            "status": "failed" if troubles else "warning" if warnings else "ok",
            "version": __version__,
            "utc": rfc3339(self.now()),
            "enrolment": {None: "off", True: "running", False: "stopped"}[self.enrols()],
            "free_bytes": shutil.disk_usage(self.directory).free,
            "troubles": troubles,
            "warnings": warnings,
            **dates,
        }

    def _storage_troubles(self) -> list[str]:
        troubles = []
        if time.monotonic() - self.alive_s() > STALL_S:
            troubles.append(f"the server has not answered for over {STALL_S:g} s")
        try:
            self.check_storage()
        except AlprEdgeError as error:
            troubles.append(str(error))
        return troubles

    def _warnings(self) -> list[str]:
        warnings = []
        free_bytes = shutil.disk_usage(self.directory).free
        if free_bytes < FREE_BYTES_MIN:
            warnings.append(f"the disk has {free_bytes >> 20} MiB left")
        if self.enrols() is False:
            warnings.append("the enrollment process does not run; it is started again")
        with suppress(StoreError):  # which is a trouble of its own
            warnings += self.people_warnings()
            warnings += self.hold_warnings()
        warnings += integrity_warnings(self.directory)
        return warnings + backup_warnings(self.directory, self.now(), with_reasons=False)

    def _certificates(self, troubles: list[str], warnings: list[str]) -> dict[str, Any]:
        try:
            certificate, now = ServerCertificate.load(TlsFiles(self.directory)), self.now()
        except DepartmentError as error:
            troubles.append(str(error))
            return {"certificate_until": None, "authority_until": None}
        (troubles if certificate.has_ended(now) else warnings).extend(certificate.warnings(now))
        return {
            "certificate_until": rfc3339(certificate.valid_until),
            "authority_until": rfc3339(certificate.authority_until),
        }
