"""A canvass goes on in the database that takes the place of a damaged one."""

from pathlib import Path

from sqlalchemy import select

from alpr_edge.store.canvass.canvass_reads import hold_new_reads
from alpr_edge.store.canvass.canvass_rows import add_canvass, running_canvasses
from alpr_edge.store.db.schema import held_reads
from alpr_edge.store.reads.repository import ReadStore
from tests.domain.canvass.builders import canvass
from tests.store.canvass.killed_canvass import INSIDE, OUTSIDE
from tests.store.canvass.killed_canvass import record as read_at
from tests.store.damage import fill, overwrite_page, unit


def test_a_running_canvass_holds_on_in_the_new_database(tmp_path: Path) -> None:
    data = tmp_path / "data"
    fill(data)
    with unit(data) as store, store.database.write() as connection:
        add_canvass(connection, canvass(), "unit-1")
    overwrite_page(data, 40)
    with unit(data) as store:
        assert len(store.asides) == 1
        with store.database.read() as connection:
            assert running_canvasses(connection) == [canvass()]
        reads = ReadStore(store.database, store.images, hold_new_reads)
        reads.commit([read_at("inside", 1, INSIDE), read_at("outside", 1, OUTSIDE)])
        with store.database.read() as connection:
            assert list(connection.scalars(select(held_reads.c.read_id))) == ["inside"]
