"""What is PostgreSQL's own: how a department gets its database, what is refused, and what a crash leaves."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.db.database import DepartmentDatabase, migrate_database
from alpr_edge.department.db.engines.choice import engine_of
from alpr_edge.department.db.people_schema import people
from alpr_edge.department.db.schema import VERSION
from alpr_edge.department.db.setup import set_up_postgresql
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.department.people.activity import note_activity
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.protocol.items import ItemAnswerPayload, OutboxItem
from scripts.benchmarks.department.postgresql import PostgresqlServer
from tests.department.conftest import Databases
from tests.department.engines import name_database, query
from tests.department.waits import WAIT_S
from tests.uplink.items import hit_item, read_item, stored_digests


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "department"


@pytest.fixture
def storage(directory: Path, databases: Databases) -> Iterator[Storage]:
    name_database(directory, databases.take())
    with closing(Storage(directory)) as opened:
        yield opened


def part(original: OutboxItem) -> Part:
    return Part(original.item_id, original.kind.value, original.body, original.sha256)


def test_a_new_department_gets_its_tables_and_its_settings_and_again_nothing_changes(
    directory: Path, postgresql: PostgresqlServer
) -> None:
    url = postgresql.url(postgresql.new_database())
    for _ in range(2):
        set_up_postgresql(directory, url)
        Storage(directory).close()
    assert query(directory, "SELECT version_num FROM alembic_version") == [(f"{VERSION:04}",)]
    assert (directory / "department.toml").read_text() == f'[database]\nurl = "{url}"\n'
    assert not list(directory.glob("department.db*"))
    with pytest.raises(DepartmentError, match="its database is another one"):
        set_up_postgresql(directory, f"{url}&port=5433")


def test_the_commands_of_a_department_work_on_it(directory: Path, postgresql: PostgresqlServer) -> None:
    url = postgresql.url(postgresql.new_database())
    words = ["department", "init", "--directory", str(directory), "--name", "127.0.0.1", "--database", url]
    assert CliRunner().invoke(app, words).exit_code == 0
    with closing(Storage(directory, create=False)) as storage:
        storage.store("unit-1", [part(read_item())])
    for name, says in (("status", "from unit-1: 1 item"), ("verify", "1 body and 0 images checked")):
        outcome = CliRunner().invoke(app, ["department", name, "--directory", str(directory)])
        assert says in outcome.stdout, outcome.output
    assert not list(directory.glob("department.db*"))


def test_a_database_of_anybody_else_is_refused(
    directory: Path, storage: Storage, tmp_path: Path, postgresql: PostgresqlServer
) -> None:
    storage.store("unit-1", [part(read_item())])
    url = query(directory, "SELECT current_database()")[0][0]
    with pytest.raises(DepartmentError, match="holds a department's rows already"):
        set_up_postgresql(tmp_path / "other", postgresql.url(url))
    foreign = postgresql.new_database()
    with postgresql.connect(foreign) as connection:
        connection.execute("CREATE TABLE of_somebody (x int)")
    with pytest.raises(DepartmentError, match="holds tables of something else"):
        set_up_postgresql(tmp_path / "other", postgresql.url(foreign))


def test_an_order_of_text_that_an_update_may_change_is_refused(directory: Path, postgresql: PostgresqlServer) -> None:
    with postgresql.connect() as connection:
        connection.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(DepartmentError, match=r"its text is LATIN1 in the order of C, .* createdb --template"):
        set_up_postgresql(directory, postgresql.url("latin"))


def test_an_empty_one_is_migrated_explicitly_and_one_of_a_newer_release_is_refused(
    directory: Path, postgresql: PostgresqlServer
) -> None:
    name_database(directory, postgresql.url(postgresql.new_database()))
    with pytest.raises(DepartmentError, match=r"not at this release's tables; run: alpr-edge department migrate"):
        Storage(directory)
    outcome = CliRunner().invoke(app, ["department", "migrate", "--directory", str(directory)])
    assert (outcome.exit_code, outcome.stdout.endswith(f": version {VERSION}\n")) == (0, True)
    Storage(directory).close()
    query(directory, "UPDATE alembic_version SET version_num = '9999'")
    for open_it in (lambda: Storage(directory).close(), lambda: query(directory, "SELECT 1")):
        with pytest.raises(DepartmentError, match="made by a newer release"):
            open_it()


def test_tables_do_not_change_under_another_server(directory: Path, postgresql: PostgresqlServer) -> None:
    name = postgresql.new_database()
    name_database(directory, postgresql.url(name))
    other = engine_of(directory).open(create=False)
    try:
        with (
            other.connect(),
            pytest.raises(DepartmentError, match=r"from this machine, .*: stop the other server first"),
        ):
            migrate_database(engine_of(directory))
        with postgresql.connect(name) as connection:
            assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    finally:
        other.dispose()
    migrate_database(engine_of(directory))
    with closing(Storage(directory)):
        migrate_database(engine_of(directory))  # no table is to change


def test_a_server_that_is_not_there_is_told_in_a_line(directory: Path) -> None:
    name_database(directory, "postgresql:///alpr?host=/nowhere")
    with pytest.raises(StoreError, match=r"PostgreSQL database alpr at /nowhere: cannot be reached: ") as error_info:
        Storage(directory)
    assert "\n" not in str(error_info.value)


def test_what_was_answered_is_there_after_a_crash_and_the_storage_goes_on(
    storage: Storage, directory: Path, postgresql: PostgresqlServer
) -> None:
    items = [read_item(number) for number in range(20)]
    answers = storage.store("unit-1", [part(each) for each in items])
    assert {answer.outcome for answer in answers} == {"receipt"}
    postgresql.crash()
    assert stored_digests(directory) == {each.item_id: each.sha256 for each in items}
    assert storage.store("unit-1", [part(hit_item())])[0].outcome == "receipt"


def test_units_write_side_by_side_and_whoever_writes_as_a_whole_waits_for_all(storage: Storage) -> None:
    answers: list[list[ItemAnswerPayload]] = []

    def store(unit_id: str) -> None:
        answers.append(storage.store(unit_id, [part(read_item())]))

    writers = [threading.Thread(target=store, args=(unit,)) for unit in ("unit-2", "unit-1")]
    with storage.database.writing("unit-1"):
        for writer in writers:
            writer.start()
        writers[0].join(WAIT_S)  # read_item is of unit-1: refused, but not kept waiting
        assert len(answers) == 1
    writers[1].join(WAIT_S)
    assert [each[0].outcome for each in answers] == ["refused", "receipt"]


def test_two_units_at_which_one_person_signs_in_both_deliver(storage: Storage, directory: Path) -> None:
    database = DepartmentDatabase(directory)
    begun, done = threading.Event(), threading.Event()
    moments = [query(directory, "SELECT now()")[0][0]] * 2
    with database.writing() as connection:
        connection.execute(insert(people).values(person_id="ana", details={}, units=[]))

    def second() -> None:
        with database.writing("unit-2") as other:
            begun.set()
            DepartmentAccountRows(other).note_sign_in("ana", moments[1])
        done.set()

    with database.writing("unit-1") as connection:
        note_activity(connection, [], moments[0])
        DepartmentAccountRows(connection).note_sign_in("ana", moments[0])
        thread = threading.Thread(target=second)
        thread.start()
        assert begun.wait(WAIT_S)
    assert done.wait(WAIT_S)
    thread.join(WAIT_S)
    assert query(directory, "SELECT count(*) FROM people_sign_ins") == [(1,)]
    database.close()
