"""Stores which sealed file of each list source is live: one row, switched in one transaction.

The file itself is fsynced before its row is written, so a live row always has its file.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import RowMapping, Select, delete, func, insert, select, update

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import Generation
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import generation_of
from alpr_edge.store.db.schema import generations, hits, list_sync

_live = generations.alias("_live")
GENERATIONS_KEPT = 3
"""Generations kept of each source: the live one and two to roll back to."""


@dataclass(frozen=True, slots=True)
class StoredGeneration:
    """A generation with its sealed file."""

    generation: Generation
    file: str
    """Name in the folder of the lists."""
    sha256: str
    """Digest of the sealed file."""
    live: bool


def live(database: Database) -> list[StoredGeneration]:
    """The live generation of each source, in order of source.

    Where the server confirmed later that it is still the newest, ``imported_at`` is that time: a list without a date of
    its own must not age while it is confirmed every few minutes. A list that was rolled back to is not confirmed.
    """
    newest = select(func.max(generations.c.serial)).where(generations.c.source == _live.c.source).scalar_subquery()
    query = (
        select(_live, list_sync.c.asked, (_live.c.serial == newest).label("is_newest"), list_sync.c.take_failure)
        .join(list_sync, list_sync.c.source == _live.c.source, isouter=True)
        .where(_live.c.live == 1)
        .order_by(_live.c.source)
    )
    with database.read() as connection:
        return [_with_confirmation(row) for row in connection.execute(query).mappings()]


def all_generations(database: Database, source: str) -> list[StoredGeneration]:
    """Every generation of a source, newest first."""
    query = select(generations).where(generations.c.source == source).order_by(generations.c.serial.desc())
    return _query_generations(database, query)


def next_serial(database: Database, source: str) -> int:
    """The serial of the source's next generation; the first is 1. One that a stored hit names is not used again."""
    newest = select(func.max(generations.c.serial)).where(generations.c.source == source)
    in_hits = select(func.max(hits.c.serial)).where(hits.c.generation_source == source)
    with database.read() as connection:
        return max(int(connection.execute(query).scalar() or 0) for query in (newest, in_hits)) + 1


def record_and_activate(database: Database, generation: Generation, file: str, sha256: str) -> None:
    """Write a new generation's row and switch its source to it.

    Raises:
        StoreError: another import took the serial.
    """
    row = {
        "source": generation.source,
        "serial": generation.serial,
        "file": file,
        "sha256": sha256,
        "issued": generation.issued_at,
        "imported": generation.imported_at,
        "entries": generation.entries,
        "live": 1,
    }
    with database.write() as connection:
        connection.execute(update(generations).where(generations.c.source == generation.source).values(live=0))
        connection.execute(insert(generations), row)


def date_import(database: Database, source: str, serial: int, imported_at: datetime) -> None:
    """Give a generation that was imported while the clock was not confirmed its moment; one that has its own keeps it.

    Args:
        imported_at: when it was imported, UTC.
    """
    is_it = (generations.c.source == source) & (generations.c.serial == serial) & generations.c.imported.is_(None)
    is_source = (list_sync.c.source == source) & list_sync.c.taken.is_(None)
    with database.write() as connection:
        connection.execute(update(generations).where(is_it).values(imported=imported_at))
        connection.execute(update(list_sync).where(is_source).values(taken=imported_at))


def activate(database: Database, source: str, serial: int, directory: Path) -> None:
    """Switch a source to a generation it held before (roll-back).

    Raises:
        StoreError: there is no such generation, or its file is gone; the live one stays.
    """
    of_source = generations.c.source == source
    is_target = of_source & (generations.c.serial == serial)
    with database.write() as connection:
        file = connection.execute(select(generations.c.file).where(is_target)).scalar()
        if file is None:
            raise StoreError(f"list {source} has no generation {serial}; the live one stays")
        if not (directory / file).is_file():
            raise StoreError(f"{directory / file}: the file of generation {serial} is gone; the live one stays")
        connection.execute(update(generations).where(of_source).values(live=0))
        connection.execute(update(generations).where(is_target).values(live=1))


def forget_oldest(database: Database, source: str, directory: Path, keep: int = GENERATIONS_KEPT) -> None:
    """Remove the rows and then the files of all but the ``keep`` newest generations; never those of the live one.

    A process that has a file open holds its content in memory. A crash in between leaves files without a row, which the
    next call removes.
    """
    rows = all_generations(database, source)
    newest = {row.generation.serial for row in rows[:keep]}
    kept_files = {row.file for row in rows if row.live or row.generation.serial in newest}
    old_serials = [row.generation.serial for row in rows if row.file not in kept_files]
    if old_serials:
        of_source = (generations.c.source == source) & generations.c.serial.in_(old_serials)
        with database.write() as connection:
            connection.execute(delete(generations).where(of_source & (generations.c.live == 0)))
    name = re.compile(rf"{re.escape(source)}\.(\d{{8,}})\.list")
    for path in directory.iterdir():
        if name.fullmatch(path.name) and path.name not in kept_files:
            path.unlink(missing_ok=True)


def _with_confirmation(row: RowMapping) -> StoredGeneration:
    stored_generation, confirmed_at = _stored_generation(row), row["asked"]
    imported_at = stored_generation.generation.imported_at
    if (
        not row["is_newest"]
        or row["take_failure"]
        or confirmed_at is None
        or (imported_at is not None and confirmed_at <= imported_at)
    ):
        return stored_generation
    return replace(stored_generation, generation=replace(stored_generation.generation, imported_at=confirmed_at))


def _query_generations(database: Database, query: Select[*tuple[object, ...]]) -> list[StoredGeneration]:
    with database.read() as connection:
        return [_stored_generation(row) for row in connection.execute(query).mappings()]


def _stored_generation(row: RowMapping) -> StoredGeneration:
    return StoredGeneration(generation_of(row, row["source"]), row["file"], row["sha256"], bool(row["live"]))
