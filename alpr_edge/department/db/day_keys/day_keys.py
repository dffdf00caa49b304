"""The keys of a day under which images and bodies are encrypted: made when first needed, wrapped by the master key."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime

from sqlalchemy import Column, ColumnElement, Connection, Select, exists, func, or_, select, update

from alpr_edge.department.db.day_keys.master_keys import KEY_BYTES, MasterKey, MasterKeySource
from alpr_edge.department.db.image_key_schema import image_keys, sealed_images
from alpr_edge.department.db.schema import items
from alpr_edge.department.db.statements import insert_once
from alpr_edge.domain.errors import DepartmentError, StoreError

OPTION = "day_keys"
"""The execution option of connections that holds the :class:`DayKeys` of their department."""
_IS_LIVE = image_keys.c.wrapped.is_not(None)
_NEWEST = (
    select(image_keys.c.key_id, image_keys.c.day, image_keys.c.wrapped, image_keys.c.master_id)
    .where(_IS_LIVE)
    .order_by(image_keys.c.day.desc(), image_keys.c.generation.desc())
    .limit(1)
)
"""Built once: every batch asks."""


@dataclass(frozen=True, slots=True)
class DayKey:
    """A key of a day."""

    key_id: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DayKeyRecord:
    """What is on record of a key; the key itself is not in it."""

    key_id: str
    day: str
    generation: int
    master_id: str
    made_at: datetime
    lost_at: datetime | None
    """When the first image or body under it was deleted: since then it is due to be destroyed once its day is."""
    destroyed_at: datetime | None


@dataclass(frozen=True, slots=True)
class CountedKey(DayKeyRecord):
    """What is on record of a key, and how much is under it."""

    images: int
    bodies: int


class DayKeys:
    """The keys of a department's images and bodies; threads may share it."""

    def __init__(self, source: MasterKeySource) -> None:
        self._source = source
        self._master: MasterKey | None = None
        self._is_read = False
        self._newest: tuple[bytes, DayKey] | None = None
        """The key that was asked for last, and how it was wrapped."""

    def require_key(self, connection: Connection) -> None:
        """Refuse a department whose images and bodies cannot be opened."""
        try:
            self.are_used(connection)
        except StoreError as error:
            raise DepartmentError(f"{error}; nothing is served or stored") from None

    def are_used(self, connection: Connection) -> bool:
        """Whether new images and bodies are encrypted."""
        masters = set(connection.scalars(select(image_keys.c.master_id).where(_IS_LIVE).distinct()))
        if not self._is_read or masters - {self._own_id}:
            try:
                self._master, self._is_read = self._source(), True
            except DepartmentError as error:
                raise StoreError(str(error)) from None
        if masters - {self._own_id}:
            raise StoreError(_master_fault(self._own_id, masters))
        return self._master is not None

    def key_for(self, connection: Connection, day: date) -> DayKey | None:
        """The key for what comes on a day, in one short query as a rule; None: it lies as it comes.

        Args:
            connection: the connection of a transaction that may write; the key counts from its commit.
            day: the day of receipt, in UTC.
        """
        row = connection.execute(_NEWEST).first()
        if row is None and self._is_read and self._master is None:
            return None
        if row is not None and (row.day, row.master_id) == (day.isoformat(), self._own_id):
            known = self._newest
            if known is None or (known[0], known[1].key_id) != (row.wrapped, row.key_id):
                key = DayKey(row.key_id, self._unwrap(row.key_id, row.wrapped, row.master_id))
                known = self._newest = (row.wrapped, key)
            return known[1]
        return self.key_of_day(connection, day) if self.are_used(connection) else None

    def key_of_day(self, connection: Connection, day: date) -> DayKey:
        """The key for what comes on a day, made when there is none.

        Args:
            connection: the connection of a transaction that may write; the key counts from its commit.
            day: the day of receipt, in UTC.
        """
        row = connection.execute(_newest_of(day.isoformat())).first()
        if row is None:
            self.make_next(connection, day.isoformat(), _utc_now())
            row = connection.execute(_newest_of(day.isoformat())).one()
        return DayKey(row.key_id, self._unwrap(row.key_id, row.wrapped, row.master_id))

    def make_next(self, connection: Connection, day: str, now: datetime) -> None:
        """Make the next generation of a day's key; two that do so at once make one.

        Its id is unlike that of any other, so that a key that a restored database lacks is missed, not mistaken.

        Args:
            now: the present moment in UTC, without a zone.
        """
        assert self._master is not None, "are_used() was asked"
        generations = select(func.max(image_keys.c.generation)).where(image_keys.c.day == day)
        generation = connection.scalar(generations)
        number = 0 if generation is None else generation + 1
        key_id = f"{day}.{number}-{os.urandom(4).hex()}"
        row = {
            "key_id": key_id,
            "day": day,
            "generation": number,
            "master_id": self._master.master_id,
            "wrapped": self._master.wrap(os.urandom(KEY_BYTES), key_id),
            "made_at": now,
        }
        insert_once(connection, image_keys, [row])

    def load(self, connection: Connection, key_ids: Iterable[str]) -> dict[str, bytes]:
        """Those of some keys that are not destroyed, by their ids."""
        ids = sorted(set(key_ids))
        if not ids or not self.are_used(connection):
            return {}
        rows = connection.execute(select(image_keys).where(image_keys.c.key_id.in_(ids), _IS_LIVE))
        return {row.key_id: self._unwrap(row.key_id, row.wrapped, row.master_id) for row in rows}

    @property
    def _own_id(self) -> str:
        return "" if self._master is None else self._master.master_id

    def _unwrap(self, key_id: str, wrapped: bytes, master_id: str) -> bytes:
        if self._master is None or self._master.master_id != master_id:
            raise StoreError(_master_fault(self._own_id, {master_id}))
        return self._master.unwrap(wrapped, key_id)


def keys_of(connection: Connection) -> DayKeys:
    """The keys of a connection's department."""
    keys: DayKeys = connection.get_execution_options()[OPTION]
    return keys


def key_records(connection: Connection) -> list[DayKeyRecord]:
    """Every key that there was, by day and generation."""
    columns = [image_keys.c[each.name] for each in fields(DayKeyRecord)]
    rows = connection.execute(select(*columns).order_by(image_keys.c.day, image_keys.c.generation))
    return [DayKeyRecord(**row) for row in rows.mappings()]


def counted_keys(connection: Connection) -> list[CountedKey]:
    """Every key that there was, and how much is under it; that takes a while where there is much."""
    images = dict(_counts_by(connection, sealed_images.c.key_id))
    bodies = dict(_counts_by(connection, items.c.key_id))
    names = [each.name for each in fields(DayKeyRecord)]
    return [
        CountedKey(
            **{name: getattr(each, name) for name in names},
            images=images.get(each.key_id, 0),
            bodies=bodies.get(each.key_id, 0),
        )
        for each in key_records(connection)
    ]


def is_used(connection: Connection, key_id: str) -> bool:
    """Whether any image or body is under a key."""
    images, bodies = (exists().where(column == key_id) for column in (sealed_images.c.key_id, items.c.key_id))
    return bool(connection.scalar(select(or_(images, bodies))))


def note_loss(connection: Connection, key_ids: ColumnElement[bool]) -> None:
    """Note that something under keys is deleted, so that they are due to be destroyed; the first time counts.

    Args:
        connection: the connection of a transaction that may write.
        key_ids: which rows of ``image_keys`` they are.
    """
    is_first = image_keys.c.lost_at.is_(None) & _IS_LIVE
    connection.execute(update(image_keys).where(key_ids, is_first).values(lost_at=_utc_now()))


def destroy_key(connection: Connection, key_id: str) -> None:
    """Destroy a key; whatever copy of an image or body is under it stays closed from then on."""
    if is_used(connection, key_id):
        raise DepartmentError(f"image key {key_id}: images or bodies are under it")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # the file is to keep nothing of it
    values = {"wrapped": None, "destroyed_at": _utc_now()}
    connection.execute(update(image_keys).where(image_keys.c.key_id == key_id).values(**values))


def wrap_anew(connection: Connection, old: MasterKey, new: MasterKey) -> int:
    """Wrap every key by a new master key, in one transaction; returns how many that were."""
    rows = connection.execute(select(image_keys).where(_IS_LIVE, image_keys.c.master_id != new.master_id)).all()
    if unknown := {row.master_id for row in rows} - {old.master_id}:
        raise DepartmentError(_master_fault(old.master_id, unknown))
    for row in rows:
        wrapped = new.wrap(old.unwrap(row.wrapped, row.key_id), row.key_id)
        values = {"wrapped": wrapped, "master_id": new.master_id}
        connection.execute(update(image_keys).where(image_keys.c.key_id == row.key_id).values(**values))
    return len(rows)


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _counts_by(connection: Connection, column: Column[str]) -> list[tuple[str, int]]:
    query = select(column, func.count()).where(column.is_not(None)).group_by(column)
    return [(key_id, count) for key_id, count in connection.execute(query)]


def _newest_of(day: str) -> Select[tuple[str, bytes, str]]:
    columns = select(image_keys.c.key_id, image_keys.c.wrapped, image_keys.c.master_id)
    return columns.where(image_keys.c.day == day, _IS_LIVE).order_by(image_keys.c.generation.desc()).limit(1)


def _master_fault(own_id: str, others: set[str]) -> str:
    ids = ", ".join(sorted(others - {own_id}))
    if not own_id:
        return f"it is encrypted by the master key {ids}, and [images] in department.toml names no key"
    return f"it is encrypted by the master key {ids}, and images.key gives another one, {own_id}; restore it"
