"""The register of evidence packages for somebody who may book evidence out: each look at it is on record.

Who asked for a passphrase and who approved it stands there; the passphrase itself is given by
:mod:`~alpr_edge.department.evidence.passphrase_requests`.
"""

from collections.abc import Sequence

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.evidence.bookings import DepartmentBooking, EvidenceBookings
from alpr_edge.domain.permissions.purposes import Purpose


class PackageService:
    """Shows which packages were booked out, by units and here; threads may share it."""

    def __init__(self, database: DepartmentDatabase) -> None:
        self._bookings = EvidenceBookings(database)

    def list(self, authoriser: Authoriser, purpose: Purpose) -> Sequence[DepartmentBooking]:
        """The packages of the case of a purpose, the newest first; without a case of every one."""
        with authoriser.access(Operation.SHOW_EXPORTS, purpose) as access:
            found = self._bookings.list_bookings(purpose.case or "")
            access.show(tuple(each.package_id for each in found))
            return found
