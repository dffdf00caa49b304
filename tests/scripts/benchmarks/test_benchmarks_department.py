"""The department's benchmark: a small fleet's reads are all there, and one that is missing or doubled is told."""

import json
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.domain.errors import UplinkError
from scripts.benchmarks.department import partitions, searches, stored_size
from scripts.benchmarks.department.departments import make_department
from scripts.benchmarks.department.fleet import FleetLoad, FleetResult, enrol_fleet, run_fleet
from scripts.benchmarks.department.measure import FleetSize, measure, require_all
from scripts.benchmarks.department.people_load import PeopleLoad
from scripts.benchmarks.department.postgresql import PostgresqlServer
from scripts.benchmarks.department.searches import SearchSize
from tests.department.engines import query

SIZE = FleetSize(units=4, reads=20, batch=5)


def test_every_read_has_a_receipt_and_one_that_is_lost_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = make_department(tmp_path)
    measure("sqlite", directory, SIZE)
    assert query(directory, "SELECT count(*) FROM items WHERE key_id IS NULL OR body IS NULL") == [(0,)]
    figures = {line["figure"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert figures["department.sqlite.reads_per_s"]["of"] == SIZE.total
    assert figures["department.receipt_p99_ms"]["engine"] == "sqlite"
    total = SIZE.total + SIZE.units * 5
    require_all(directory, FleetResult(receipts=total), total)
    for receipts, statement in ((total - 1, ""), (total, "DELETE FROM reads WHERE rowid = 7")):
        with closing(sqlite3.connect(directory / "department.db")) as connection, connection:
            connection.execute(statement)
        with pytest.raises(UplinkError, match=f"of {total} reads {receipts} have receipts"):
            require_all(directory, FleetResult(receipts=receipts), total)


def test_a_fleet_without_a_department_ends(tmp_path: Path) -> None:
    """Its processes fail before they deliver, and are not waited for."""
    directory, units = make_department(tmp_path), ("car-0", "car-1")
    enrol_fleet(directory, units, tmp_path / "units")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    load = FleetLoad(f"https://127.0.0.1:{port}", units, tmp_path / "units", reads=1, batch=1)
    with pytest.raises(UplinkError, match=f"did not get ready to deliver to https://127.0.0.1:{port}"):
        run_fleet(load)


@pytest.mark.slow
def test_searches_over_tables_that_have_grown_are_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], require_postgresql: Callable[[], Path]
) -> None:
    with PostgresqlServer(require_postgresql()) as server:
        name = server.new_database()
        directory = make_department(tmp_path, server.url(name))
        load_roster_signer(directory)
        load = PeopleLoad(people=4, searches=2, every_s=1, units=2, batch=5, unit_every_s=0.5)
        searches.measure(server, name, directory, SearchSize((1_000, 4_000), stored=1_100, searches=3, load=load))
        figures = {line["figure"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
        assert figures.pop("department.postgresql.cost_ratio_1e3_4e3")["value"] > 0
        people = {name: figures.pop(f"department.people_{name}_p99_ms")["of"] for name in ("search", "read", "receipt")}
        assert people["search"] == load.people * load.searches
        assert 0 < people["read"] <= people["search"]
        assert people["receipt"] == load.units * 4
        kinds = "exact", "wildcard", "scattered_wildcard", "area"
        assert [*figures] == [f"department.postgresql.{kind}_p99_ms" for kind in kinds]
        assert {(each["rows"], each["of"]) for each in figures.values()} == {(5_100, 3)}
        for table in ("reads", "items"):
            assert query(directory, f"SELECT count(*) FROM {table}") == [(5_100 + 5 * people["receipt"],)]
        lacking = "SELECT count(*) FROM reads WHERE plate NOT IN (SELECT plate FROM plates)"
        assert query(directory, lacking) == [(0,)]


def test_the_room_of_a_read_and_months_of_their_own_are_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], require_postgresql: Callable[[], Path]
) -> None:
    with PostgresqlServer(require_postgresql()) as server:
        directory = make_department(tmp_path, server.url(server.new_database()))
        with closing(Storage(directory)) as storage:
            stored_size.measure(storage, 40)
        partitions.measure(server, 2_400)
    size, *of_months = map(json.loads, capsys.readouterr().out.splitlines())
    assert size["of"] == 40
    assert size["body"] > 900
    assert {"items", "reads", "plates", "read_pictures", "sealed_images"} <= set(size["tables"])
    assert size["value"] > size["tables"]["items"]["rows"] > size["body"]
    names = ("plate_p50_ms", "ids_p50_ms", "deleted_per_s")
    assert [each["figure"] for each in of_months] == [f"department.partitions.{name}" for name in names] * 3
    assert [each["of"] for each in of_months if "of" in each] == [200, 200, 40]
