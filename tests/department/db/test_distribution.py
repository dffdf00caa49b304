"""What a move of the database to several servers needs: the tables that grow with reads can be spread over them.

Citus, and PostgreSQL's own partitions, refuse a unique key of a spread table that lacks the column by which its rows
are spread; a key of another table has to lead to rows on the same server, or to a table that every server has whole.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

from alpr_edge.department.copying.tables import plain_tables
from alpr_edge.department.db.day_keys.master_keys import make_master_key
from alpr_edge.department.db.schema import metadata
from alpr_edge.domain.protocol.holds import hold_item_id, hold_payload
from alpr_edge.domain.protocol.items import ItemKind, encode
from scripts.benchmarks.department.postgresql import PostgresqlServer
from scripts.benchmarks.department.seaweedfs import set_images
from tests.department.conftest import Databases
from tests.department.engines import name_database, query
from tests.department.retention.office import UNIT, Office, hit_items, late_tone_item, pictures_of, read_item
from tests.department.unit_logs.car import Car
from tests.store.holds import a_hold
from tests.uplink.items import item

OF_READS = (
    *("reads", "read_times", "read_pictures", "held_reads"),
    *("hits", "alerts", "late_tones", "withdrawals", "dispositions"),
)
OF_UNITS = ("items", *OF_READS, "holds", "hold_releases", "unit_logs", "unit_log_nodes", "unit_log_checkpoints")
SPREAD_BY = dict.fromkeys(OF_UNITS, "unit_id") | {"plates": "plate", "sealed_images": "sha256"}
SPREAD_BY |= {"picture_removals": "sha256"}
"""The tables that are spread, each by a column; every server has all others whole."""
CATALOGUE = """
SELECT c.relname, string_agg(a.attname, ' ')
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE i.indisunique AND a.attnum = ANY(i.indkey) AND c.relnamespace = 'public'::regnamespace
GROUP BY c.relname, i.indexrelid
"""
SERIAL = "SELECT table_name FROM information_schema.columns WHERE column_default LIKE 'nextval%' OR is_identity = 'YES'"
TRIGGERS = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"


@pytest.fixture
def office(tmp_path: Path, databases: Databases) -> Iterator[Office]:
    directory = tmp_path / "department"
    name_database(directory, databases.take())
    make_master_key(tmp_path / "images.key", directory)
    set_images(directory, key=str(tmp_path / "images.key"))
    made = Office(directory)
    yield made
    made.storage.close()


def unique_columns(table: Table) -> list[set[str]]:
    """The columns of each key of a table that no two rows may share."""
    kinds = PrimaryKeyConstraint | UniqueConstraint
    keys = [{column.name for column in each.columns} for each in table.constraints if isinstance(each, kinds)]
    return keys + [{column.name for column in index.columns} for index in table.indexes if index.unique]


def keys_without(column_of: dict[str, str], keys: list[tuple[str, set[str]]]) -> list[tuple[str, set[str]]]:
    """Those keys of spread tables that lack the column by which their table is spread."""
    return [(name, columns) for name, columns in keys if name in column_of and column_of[name] not in columns]


def test_every_unique_key_of_a_spread_table_has_the_column_it_is_spread_by() -> None:
    keys = [(table.name, columns) for table in metadata.tables.values() for columns in unique_columns(table)]
    assert {name for name, _ in keys} == set(metadata.tables)
    assert keys_without(SPREAD_BY, keys) == []
    assert keys_without(SPREAD_BY | {"people_invitations": "person_id"}, keys) != [], "a key that lacks it is found"


def test_every_key_of_another_table_leads_to_the_same_server_or_to_a_table_that_all_have() -> None:
    for table in metadata.tables.values():
        for key in table.foreign_key_constraints:
            other, own = key.referred_table.name, SPREAD_BY.get(table.name)
            pairs = {(each.parent.name, each.column.name) for each in key.elements}
            is_beside = own is not None and SPREAD_BY.get(other) == own and (own, own) in pairs
            assert other not in SPREAD_BY or is_beside, f"{table.name} refers to {other}"


def test_the_database_has_the_same_keys_and_neither_sequences_nor_triggers_on_spread_tables(
    databases: Databases, postgresql: PostgresqlServer
) -> None:
    name = databases.take().partition("///")[2].partition("?")[0]
    with postgresql.connect(name) as connection:
        found = [(str(table), set(str(columns).split())) for table, columns in connection.execute(CATALOGUE)]
        others = {str(table) for statement in (SERIAL, TRIGGERS) for (table,) in connection.execute(statement)}
    assert set(SPREAD_BY) <= {table for table, _ in found}
    assert keys_without(SPREAD_BY, found) == []
    assert others, "tables that every server has whole have them"
    assert others.isdisjoint(SPREAD_BY)


def test_the_tables_that_grow_with_reads_are_those_that_are_spread(office: Office, tmp_path: Path) -> None:
    with closing(Car(tmp_path / "car").log):
        car = Car(tmp_path / "car")
        deliver_all(office, car, 0)
        before = row_counts(office)
        for number in (1, 2):
            deliver_all(office, car, number)
        car.log.close()
    grown = {name for name, count in row_counts(office).items() if count > before[name]}
    assert grown <= set(SPREAD_BY)
    assert set(OF_READS) - {"read_times"} <= grown


def deliver_all(office: Office, car: Car, number: int) -> None:
    """Have a read arrive with whatever belongs to one, and records of the car's access log."""
    name, pictures = f"read-{number}", pictures_of(f"read-{number}")
    hold = encode(hold_payload(a_hold(f"hold-{number}"), UNIT, [name]))
    held = item(hold_item_id(f"hold-{number}", [name]), ItemKind.HOLD, hold)
    correction = read_item(f"{name}-2", name, pictures)
    of_hit = (*hit_items(name), late_tone_item(name))
    office.deliver(read_item(name, pictures=pictures), *pictures, *of_hit, correction, held, days_ago=1)
    first = len(car.records())
    car.look(2)
    office.storage.store(UNIT, [*car.records(first), car.checkpoint()])


def row_counts(office: Office) -> dict[str, int]:
    """Rows of every table."""
    counts = {table.name: f"SELECT count(*) FROM {table.name}" for table in plain_tables()}
    return {name: query(office.directory, statement)[0][0] for name, statement in counts.items()}
