"""Which sealed file of each list source is live: one row, switched in one transaction.

The file itself is fsynced before its row is written, so a live row always has its file.
"""

from dataclasses import dataclass

from sqlalchemy import RowMapping, Select, func, insert, select, update

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import Generation
from alpr_edge.store.database import Database
from alpr_edge.store.rows import generation_of
from alpr_edge.store.schema import generations


@dataclass(frozen=True, slots=True)
class StoredGeneration:
    """A generation and its sealed file."""

    generation: Generation
    file: str
    """Name in the folder of the lists."""
    sha256: str
    """Digest of the sealed file."""
    live: bool


def live(database: Database) -> list[StoredGeneration]:
    """The live generation of each source, in order of source."""
    return _found(database, select(generations).where(generations.c.live == 1).order_by(generations.c.source))


def held(database: Database, source: str) -> list[StoredGeneration]:
    """Every generation of a source, newest first."""
    query = select(generations).where(generations.c.source == source).order_by(generations.c.serial.desc())
    return _found(database, query)


def next_serial(database: Database, source: str) -> int:
    """The serial of the source's next generation; the first is 1."""
    with database.read() as connection:
        newest = select(func.max(generations.c.serial)).where(generations.c.source == source)
        return int(connection.execute(newest).scalar() or 0) + 1


def record_and_make_live(database: Database, generation: Generation, file: str, sha256: str) -> None:
    """Write a new generation's row and switch its source to it.

    Args:
        database: where rows go.
        generation: with the serial of :func:`next_serial`.
        file: name of its sealed file, which is on disk already.
        sha256: digest of that file.

    Raises:
        StoreError: another import took the serial.
    """
    row = {
        "source": generation.source,
        "serial": generation.serial,
        "file": file,
        "sha256": sha256,
        "issued": generation.issued,
        "imported": generation.imported,
        "entries": generation.entries,
        "live": 1,
    }
    with database.write() as connection:
        connection.execute(update(generations).where(generations.c.source == generation.source).values(live=0))
        connection.execute(insert(generations), row)


def make_live(database: Database, source: str, serial: int) -> None:
    """Switch a source to a generation it held before (roll-back).

    Raises:
        StoreError: there is no such generation; the live one stays.
    """
    of_source = generations.c.source == source
    with database.write() as connection:
        connection.execute(update(generations).where(of_source).values(live=0))
        chosen = update(generations).where(of_source & (generations.c.serial == serial)).values(live=1)
        if connection.execute(chosen).rowcount != 1:
            raise StoreError(f"list {source} has no generation {serial}; the live one stays")


def _found(database: Database, query: Select[*tuple[object, ...]]) -> list[StoredGeneration]:
    with database.read() as connection:
        return [_stored(row) for row in connection.execute(query).mappings()]


def _stored(row: RowMapping) -> StoredGeneration:
    return StoredGeneration(generation_of(row, row["source"]), row["file"], row["sha256"], bool(row["live"]))
