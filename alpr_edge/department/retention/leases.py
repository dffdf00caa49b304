"""Leases: of several processes that want to do one job, one does it; if it dies, another may after a while."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.retention_schema import leases
from alpr_edge.domain.errors import DepartmentError

LEASE_TIME = timedelta(minutes=5)
"""How long a lease lasts that is not renewed."""
RENEW_S = 60.0
"""How often :class:`LeaseRenewal` renews leases."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that is held."""

    name: str
    holder: str
    """Who holds it: unlike any other."""

    def renew(self, connection: Connection) -> None:
        """Prolong it inside a transaction, which has to be rolled back when this fails."""
        is_mine = (leases.c.name == self.name) & (leases.c.holder == self.holder)
        if connection.execute(update(leases).where(is_mine).values(until=_end())).rowcount != 1:
            raise DepartmentError(f"{self.name}: another process took over")


class LeaseRenewal:
    """Renews leases when it is called, at most once in :data:`RENEW_S`."""

    def __init__(self, database: DepartmentDatabase, leases: Sequence[Lease]) -> None:
        self._database, self._leases = database, leases
        self._renewed_s = time.monotonic()

    def __call__(self) -> None:
        """Renew them where it is time."""
        if time.monotonic() - self._renewed_s < RENEW_S:
            return
        with self._database.writing() as connection:
            for lease in self._leases:
                lease.renew(connection)
        self._renewed_s = time.monotonic()


@contextmanager
def held_lease(database: DepartmentDatabase, name: str, holder: str) -> Iterator[Lease]:
    """Hold a lease."""
    with database.writing() as connection:
        row = connection.execute(select(leases).where(leases.c.name == name)).first()
        if row is not None and _is_held(row.until):
            raise DepartmentError(
                f"{name}: another process is at it, since {row.until - LEASE_TIME:%H:%M} UTC or before"
            )
        connection.execute(delete(leases).where(leases.c.name == name))
        connection.execute(insert(leases).values(name=name, holder=holder, until=_end()))
    try:
        yield Lease(name, holder)
    finally:
        with database.writing() as connection:
            connection.execute(delete(leases).where((leases.c.name == name) & (leases.c.holder == holder)))


def _is_held(until: datetime) -> bool:
    """Whether a lease that lasts until then is held; one of a clock that was far ahead would last for years."""
    now = naive_utc_now()
    return now < until <= now + 2 * LEASE_TIME


def _end() -> datetime:
    return naive_utc_now() + LEASE_TIME
