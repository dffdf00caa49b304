"""Keeps leases for as long as a backup takes."""

import time
from collections.abc import Sequence

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.retention.leases import Lease

RENEW_S = 60.0


class LeaseRenewal:
    """Renews leases when it is called, at most once in :data:`RENEW_S`.

    Args:
        database: the department's database.
        leases: the leases that are held.
    """

    def __init__(self, database: DepartmentDatabase, leases: Sequence[Lease]) -> None:
        self._database, self._leases = database, leases
        self._renewed_s = time.monotonic()

    def __call__(self) -> None:
        """Renew them where it is time.

        Raises:
            DepartmentError: one ended, and another process has it.
            StoreError: the database does not answer.
        """
        if time.monotonic() - self._renewed_s < RENEW_S:
            return
        with self._database.writing() as connection:
            for lease in self._leases:
                lease.renew(connection)
        self._renewed_s = time.monotonic()
