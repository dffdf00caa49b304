"""A grown SQLite department is moved to PostgreSQL: equal, restartable after a kill, and never served twice."""

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.copying.copy import copy_database
from alpr_edge.department.copying.tables import plain_tables
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.department.people.registry import open_people
from alpr_edge.department.serving import serving_alone
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.items import OutboxItem
from alpr_edge.domain.sessions.lockout import new_lock
from scripts.benchmarks.department.postgresql import PostgresqlServer
from tests.department.conftest import Databases
from tests.department.engines import query
from tests.department.people.office import OFFICER, Office, make_department
from tests.domain.people.builders import at
from tests.uplink.items import hit_item, image_item, read_item, stored_digests

READS = 1300
KILLED_AT = 900
"""Of the rows to copy; those of items come before those of reads."""
PROGRAM = f"""
import os, pathlib, signal, sys
from alpr_edge.department.copying.copy import copy_database
def tick(done, total):
    if done > {KILLED_AT}:
        os.kill(os.getpid(), signal.SIGKILL)
copy_database(pathlib.Path(sys.argv[1]), sys.argv[2], tick)
"""


def part(original: OutboxItem) -> Part:
    return Part(original.item_id, original.kind.value, original.body, original.sha256)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A SQLite department with reads, hits, pictures, people, a locked account and a published roster."""
    folder = make_department(tmp_path / "department")
    items = [*map(read_item, range(READS)), hit_item(), image_item()]
    with closing(Storage(folder)) as storage:
        for start in range(0, len(items), 400):
            storage.store("unit-1", [part(each) for each in items[start : start + 400]])
    office = Office(folder)
    person_id = office.add()
    office.people.invite(office.author, OFFICER["badge"])
    office.people.rosters.publish(office.author)
    with office.database.writing() as connection:
        rows = DepartmentAccountRows(connection)
        rows.set_failures(person_id, (at(), at()))
        rows.set_lock(person_id, new_lock(person_id, at()))
    office.database.close()
    return folder


@pytest.fixture
def url(postgresql: PostgresqlServer) -> str:
    return postgresql.url(postgresql.new_database())


def rows_of(directory: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the SQLite file, read without the product."""
    with closing(sqlite3.connect(directory / "department.db")) as connection:
        names = [table.name for table in plain_tables()]
        return {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names}


def test_everything_comes_over_and_the_folder_goes_on_with_it(directory: Path, url: str) -> None:
    before, digests = rows_of(directory), stored_digests(directory)
    ticks: list[tuple[int, int]] = []
    result = copy_database(directory, url, lambda done, total: ticks.append((done, total)))
    assert ticks[-1] == (2 * result.rows, 2 * result.rows)
    assert {each.name: each.rows for each in result.tables} == {name: len(rows) for name, rows in before.items()}
    assert (result.damaged_bodies, rows_of(directory)) == (0, before)
    assert stored_digests(directory) == digests
    assert query(directory, "SELECT current_database()")  # which SQLite has not
    with open_people(directory) as people:
        assert [each.is_locked for each in people.overviews()] == [True]
        assert people.changes()
    office = Office(directory)
    office.add(badge="2001", email="bo@modesto.example")  # the database counts on where the file ended
    with closing(Storage(directory, create=False)) as storage:
        assert storage.store("unit-1", [part(read_item(1)), part(read_item(READS))])[1].outcome == "receipt"
        assert storage.counts().reads == READS + 1
    office.database.close()


def test_a_copy_that_was_killed_goes_on_and_what_was_changed_meanwhile_is_copied_anew(
    directory: Path, url: str, postgresql: PostgresqlServer
) -> None:
    program = subprocess.run([sys.executable, "-c", PROGRAM, directory, url], check=False, capture_output=True)
    assert program.returncode == -signal.SIGKILL, program.stderr.decode()
    database = url.partition("?")[0].rpartition("/")[2]
    with postgresql.connect(database) as connection:
        (copied,) = connection.execute("SELECT count(*) FROM items").fetchone() or (0,)
        assert isinstance(copied, int)
        assert 0 < copied < READS + 2
        connection.execute("UPDATE items SET kind = 'hit' WHERE item_id = 'read-1'")
    with closing(Storage(directory)) as storage:  # nothing was moved yet: the file is still the department
        storage.store("unit-1", [part(read_item(READS))])
    before, digests = rows_of(directory), stored_digests(directory)
    result = copy_database(directory, url, lambda done, total: None)
    assert {each.name: each.rows for each in result.tables} == {name: len(rows) for name, rows in before.items()}
    assert stored_digests(directory) == digests


def test_a_database_with_an_unfinished_copy_is_not_served(
    directory: Path, url: str, tmp_path: Path, databases: Databases
) -> None:
    subprocess.run([sys.executable, "-c", PROGRAM, directory, url], check=False, capture_output=True)
    settings = directory / "department.toml"
    settings.write_text(f'[database]\nurl = "{url}"\n')
    with pytest.raises(DepartmentError, match="a copy into it has not ended"):
        Storage(directory, create=False)
    settings.unlink()
    other = make_department(tmp_path / "other")
    with pytest.raises(DepartmentError, match="another department is being copied"):
        copy_database(other, url, lambda done, total: None)
    with pytest.raises(DepartmentError, match="holds a department already"):
        copy_database(other, databases.take(), lambda done, total: None)


def test_the_old_database_is_not_written_again_unless_somebody_says_so(directory: Path, url: str) -> None:
    copy_database(directory, url, lambda done, total: None)
    with pytest.raises(DepartmentError, match="is there already"):
        copy_database(directory, url, lambda done, total: None)
    (directory / "department.toml").unlink()
    with pytest.raises(DepartmentError, match=r"was copied to PostgreSQL .* department\.db\.moved names"):
        Storage(directory)
    (directory / "department.db.moved").unlink()
    Storage(directory).close()


def test_the_command_says_what_it_compared(tmp_path: Path, url: str) -> None:
    folder = make_department(tmp_path / "small")
    with closing(Storage(folder)) as storage:
        storage.store("unit-1", [part(read_item())])
    query(folder, "UPDATE items SET body = CAST(sha256 AS BLOB)")
    command = ["department", "copy", "--directory", str(folder), "--to", url]
    outcome = CliRunner().invoke(app, [*command, "--json"])
    content = json.loads(outcome.stdout)
    assert (content["rows"], content["damaged_bodies"], len(content["tables"])) == (3, 1, len(plain_tables()))
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 1
    assert "is there already" in f"{again.exception} {again.output}"


def test_a_department_that_is_served_is_not_copied(directory: Path, url: str) -> None:
    with serving_alone(directory), pytest.raises(DepartmentError, match="another process serves this department"):
        copy_database(directory, url, lambda done, total: None)
