"""Damage at rest: pages of the database overwritten, the file cut short, the write-ahead log overwritten.

What counts as lost. A read is *promised* when it was acknowledged and its row's page, in the version committed last, is
untouched by the damage. Where rows lie is told before it, and held against what SQL finds. After the damage the unit
has to open its store, keep a new batch and salvage; a promised read that is then neither in the car nor at the
department is lost. A read whose page was damaged may be gone and is not counted; twice at the department may be none.
"""

import os
import shutil
from pathlib import Path
from random import Random

from sqlalchemy import select

from alpr_edge.store.db.database import DATABASE_NAME, Database
from alpr_edge.store.db.schema import reads
from alpr_edge.store.recovery.row_merge import shapes
from alpr_edge.store.sqlite_forensics.carver import Carver
from alpr_edge.store.sqlite_forensics.pages import Pages
from alpr_edge.store.sqlite_forensics.wal import PAGE_BYTES
from scripts.faults.faults import InjectedFault

WOUNDS_MAX = 4
LENGTH_MAX = 3 * PAGE_BYTES
_LOG = f"{DATABASE_NAME}-wal"


def damage(fault: InjectedFault, data: Path, key: bytes, random: Random, acknowledged_reads: set[str]) -> set[str]:
    """Damage a database that nobody has open; returns the ids of the reads promised.

    Args:
        fault: the kind of damage.
        data: the folder of the database.
        key: the key of the database.
        random: the generator that draws the places.
        acknowledged_reads: ids of reads that may be promised. A victim killed while it committed leaves a
            transaction that SQL finds and that nobody was told of; when it is damaged it cannot be told from one that
            was never whole.

    Raises:
        AssertionError: the pages do not hold the rows that SQL finds.
    """
    reads_by_page, places = _where_reads_lie(data, key)
    touched_ranges = _strike(fault, data, random)
    whole = (
        page
        for page in reads_by_page
        if not any(_overlaps(places[page], in_log, bytes_) for in_log, bytes_ in touched_ranges)
    )
    return acknowledged_reads & set().union(*(reads_by_page[page] for page in whole))


def _where_reads_lie(data: Path, key: bytes) -> tuple[dict[int, set[str]], dict[int, tuple[bool, int]]]:
    """Reads by page, and where each page's newest version lies."""
    copy = shutil.copytree(data, data.with_name("look"), ignore=shutil.ignore_patterns("images", "damaged-*"))
    try:
        with Pages(data / DATABASE_NAME, key) as pages:
            database = Database.open(copy, key, migrate=False)
            with database.read() as connection:
                table_shapes, known_ids = shapes(connection), set(connection.scalars(select(reads.c.read_id)))
            database.close()
            reads_by_page: dict[int, set[str]] = {}
            for row in Carver(pages, table_shapes).rows():
                if row.table == reads.name:
                    reads_by_page.setdefault(row.page, set()).add(str(row.values["read_id"]))
            newest = {page: pages.places(page)[0] for page in reads_by_page}
    finally:
        shutil.rmtree(copy)
    assert set().union(*reads_by_page.values()) == known_ids, "the pages do not hold the reads that SQL finds"
    return reads_by_page, {page: (place.in_log, place.offset) for page, place in newest.items()}


def _strike(fault: InjectedFault, data: Path, random: Random) -> list[tuple[bool, range]]:
    """Do it; returns what was touched: whether in the log, and which bytes."""
    in_log = fault is InjectedFault.LOG
    file = data / (_LOG if in_log else DATABASE_NAME)
    size = file.stat().st_size if file.exists() else 0
    if fault is InjectedFault.SHORT:
        left = random.randrange(max(1, size))
        os.truncate(file, left)
        return [(False, range(left, size))]
    wounds = []
    for _ in range(random.randint(1, WOUNDS_MAX) if size else 0):
        start = random.randrange(size)
        wounds.append(range(start, min(size, start + random.randint(1, LENGTH_MAX))))
    with file.open("r+b") if size else open(os.devnull, "wb") as target:  # noqa: PTH123 - a device
        for wound in wounds:
            target.seek(wound.start)
            target.write(random.randbytes(len(wound)))
    return [(in_log, wound) for wound in wounds]


def _overlaps(place: tuple[bool, int], in_log: bool, wound: range) -> bool:  # noqa: FBT001 - one flag, named
    of_log, offset = place
    return of_log == in_log and wound.start < offset + PAGE_BYTES and offset < wound.stop
