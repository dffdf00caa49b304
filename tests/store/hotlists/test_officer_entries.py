"""Officers' own entries in the database: the same one is kept once, whoever asks for it at the same moment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import update

from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import own_entries
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.hotlists.officer_entries import OwnEntry
from tests.store.records import START

PROGRAMS, ROUNDS = 4, 10


@pytest.fixture
def databases(database: Database, data: Path, key: bytes) -> Iterator[list[Database]]:
    """The same database as several programs have it open."""
    with ExitStack() as stack:
        others = [Database.open(data, key, migrate=False) for _ in range(PROGRAMS - 1)]
        for each in others:
            stack.callback(each.close)
        yield [database, *others]


def test_programs_that_add_the_same_entry_at_once_keep_one(databases: list[Database]) -> None:
    start = Barrier(PROGRAMS)

    def add(database: Database, draft: OwnEntry) -> bool:
        start.wait()
        return officer_entries.add(database, draft, START).is_new

    end = START + timedelta(hours=3)
    with ThreadPoolExecutor(PROGRAMS) as programs:
        for number in range(ROUNDS):
            entry = HotlistEntry("", f"5SOW75{number}", f"5SOW75{number}", None, Reason.MAJOR_CRIME, expires=end)
            draft = OwnEntry(entry, "26-1", START, "officer")
            added = list(programs.map(add, databases, [draft] * PROGRAMS))
            assert sum(added) == 1
    assert len(officer_entries.entries_in_force(databases[0], START)) == ROUNDS


def test_of_the_same_entries_of_an_earlier_release_the_one_that_lasts_longest_is_the_answer(database: Database) -> None:
    """Two that differ in nothing but their end were kept each."""
    kept = list[OwnEntry]()
    for case, hours in (("26-1", 6), ("26-2", 3)):
        end = START + timedelta(hours=hours)
        entry = HotlistEntry("", "5S0W750", "5SOW750", None, Reason.MAJOR_CRIME, expires=end)
        kept.append(officer_entries.add(database, OwnEntry(entry, case, START, "officer"), START).own)
    with database.write() as connection:
        connection.execute(update(own_entries).values(case_number="26-1"))
    added = officer_entries.add(database, OwnEntry(entry, "26-1", START, "officer"), START)
    assert (added.own, added.is_new) == (kept[0], False)
