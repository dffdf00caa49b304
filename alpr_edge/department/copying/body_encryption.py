"""Encrypts the bodies that lie as they came, each under the key of the day on which it was received; restartable."""

import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.day_keys import DayKeys
from alpr_edge.department.db.day_keys.item_bodies import BodySealer, replace_bodies
from alpr_edge.department.db.schema import items
from alpr_edge.department.retention.leases import held_lease
from alpr_edge.department.retention.purge import LEASE
from alpr_edge.domain.protocol.items import digest

BODIES_A_BATCH = 100
"""Bodies that one transaction encrypts: units that deliver wait for it."""
Place = tuple[datetime, str, str]


@dataclass(slots=True)
class BodyEncryption:
    """The result of a run."""

    encrypted: int = 0
    damaged: int = 0
    """Bodies that do not fit their digests, and stay as they are."""


def encrypt_bodies(directory: Path, tick: Callable[[int, int], None]) -> BodyEncryption | None:
    """Encrypt what lies as it came; the department may be served meanwhile.

    Returns:
        None: the settings name no master key, so bodies lie as they come.

    Raises:
        DepartmentError: the master key cannot be read, or a purge runs.
        StoreError: the database does not answer; the same command goes on.
    """
    with closing(DepartmentDatabase(directory, create=False)) as database:
        with database.reading() as connection:
            database.keys.require_key(connection)
            if not database.keys.are_used(connection):
                return None
            total = connection.scalar(select(func.count()).select_from(items).where(_lies_open())) or 0
        result, last, done = BodyEncryption(), None, 0
        with held_lease(database, LEASE, str(uuid.uuid4())) as lease:
            while True:
                with database.writing() as connection:
                    lease.renew(connection)
                    count, last = _encrypt_batch(connection, database.keys, last, result)
                if not count:
                    return result
                done += count
                tick(done, max(total, done))


def _lies_open() -> ColumnElement[bool]:
    return items.c.key_id.is_(None) & items.c.body.is_not(None)


def _encrypt_batch(
    connection: Connection, keys: DayKeys, last: Place | None, result: BodyEncryption
) -> tuple[int, Place | None]:
    """Encrypt the next bodies after a place in the order of arrival; how many it looked at, and the last place."""
    place = (items.c.received_at, items.c.item_id, items.c.unit_id)
    query = select(*place, items.c.sha256, items.c.body).where(_lies_open())
    if last is not None:
        query = query.where(tuple_(*place) > tuple_(*last))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # the file is to keep nothing of what lay open
    rows = connection.execute(query.order_by(*place).limit(BODIES_A_BATCH)).all()
    if not rows:
        return 0, last
    whole = [row for row in rows if digest(row.body) == row.sha256]
    keys.are_used(connection)
    days = {row.received_at.date() for row in whole}
    sealers = {day: BodySealer(keys.key_of_day(connection, day)) for day in sorted(days)}
    replace_bodies(
        connection, ((row.unit_id, row.item_id, bytes(row.body), sealers[row.received_at.date()]) for row in whole)
    )
    result.encrypted += len(whole)
    result.damaged += len(rows) - len(whole)
    return len(rows), (rows[-1].received_at, rows[-1].item_id, rows[-1].unit_id)
