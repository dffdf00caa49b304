"""Statements of a full unit find reads by an index, and look at no more of them than they are asked for."""

from collections.abc import Callable

import pytest

from alpr_edge.store.db.database import Database
from alpr_edge.store.outbox.time_corrections import place_boot, place_earlier
from alpr_edge.store.reads.hit_queries import shown_state
from alpr_edge.store.reads.report_rows import corrected_texts
from alpr_edge.store.reads.repository import ReadStore
from tests.store.query_plans import plans
from tests.store.records import bear_out, decided, hit, instant, plate_read


def see_state(database: Database, _: ReadStore) -> None:
    with database.read() as connection:
        shown_state(connection)


STATEMENTS: dict[str, Callable[[Database, ReadStore], object]] = {
    "what pages show of hits": see_state,
    "the reads of the newest hits": lambda _, store: store.recent(2, hits_only=True),
    "corrected texts": lambda database, _: corrected_texts(database, ["read-1", "read-2"]),
    "times of the present boot": lambda database, _: place_boot(database, "boot-1", instant()),
    "times of earlier boots": lambda database, _: place_earlier(database, instant()),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_walks_over_all_reads(database: Database, store: ReadStore, name: str) -> None:
    store.commit([decided(plate_read(), hits=(hit(),)), decided(plate_read("read-2", supersedes="read-1"))])
    bear_out(database, instant(500))
    with plans(database, "reads") as found:
        STATEMENTS[name](database, store)
    assert found
    assert all(plan.startswith("SEARCH reads") for plan in found), found


def test_the_newest_correction_is_looked_up_at_the_end_of_an_index(database: Database, store: ReadStore) -> None:
    with plans(database, "reads_correcting") as found:
        see_state(database, store)
    assert found == ["SEARCH reads USING INDEX reads_correcting"]


def test_reads_of_a_boot_are_found_by_its_index(database: Database, store: ReadStore) -> None:
    store.commit([decided(plate_read())])
    bear_out(database, instant(500))
    with plans(database, "reads_boot") as found:
        place_boot(database, "boot-1", instant())
    assert found
