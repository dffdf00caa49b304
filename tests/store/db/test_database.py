import sqlite3
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import SQLAlchemyError, StatementError
from structlog.testing import capture_logs

from alpr_edge.domain.errors import StoreError
from alpr_edge.store.db.database import DATABASE_NAME, READ_S_MAX, Database
from alpr_edge.store.db.schema import images, meta
from alpr_edge.store.reads.repository import ReadStore
from tests.store.records import decided_record

KEY = bytes(range(32))
COUNT_TO = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT count(*) FROM n"


def pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def note(database: Database, name: str, value: str = "") -> None:
    with database.write() as connection:
        connection.execute(insert(meta), {"name": name, "value": value})


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(meta.c.name)))


def test_every_file_is_its_owners_alone(database: Database, data: Path) -> None:
    note(database, "written so that the log exists")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()}
    assert set(modes) == {"edge.db", "edge.db-wal", "edge.db-shm", "edge.lock"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_both_kinds_of_connection_are_durable_and_checked(database: Database) -> None:
    for transaction in (database.read, database.write):
        with transaction() as connection:
            assert pragma(connection, "journal_mode") == "wal"
            assert pragma(connection, "synchronous") == 2
            assert pragma(connection, "foreign_keys") == 1
            assert pragma(connection, "temp_store") == 2


def test_another_key_is_refused_in_one_line_and_changes_nothing(
    database: Database, data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    database.close()
    before = (data / DATABASE_NAME).read_bytes()
    for migrate in (False, True):
        with pytest.raises(StoreError) as excinfo:
            Database.open(data, b"x" * 32, migrate=migrate)
        assert str(excinfo.value).startswith(f"{data / DATABASE_NAME}: this key does not open it")
        assert "\n" not in str(excinfo.value)
    assert (data / DATABASE_NAME).read_bytes() == before
    assert capfd.readouterr() == ("", "")


def test_a_plain_sqlite_file_is_refused(data: Path) -> None:
    data.mkdir(mode=0o700)
    with sqlite3.connect(data / DATABASE_NAME) as plain:
        plain.execute("CREATE TABLE meta (name, value)")
    plain.close()
    with pytest.raises(StoreError, match="or it is no database of alpr-edge"):
        Database.open(data, KEY, migrate=True)


def test_a_damaged_page_is_one_line(store: ReadStore, database: Database, data: Path) -> None:
    store.commit([decided_record(f"read-{number}") for number in range(200)])
    database.close()
    path = data / DATABASE_NAME
    content = bytearray(path.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page + 100] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError) as excinfo:
        Database.open(data, KEY, migrate=False)
    assert "\n" not in str(excinfo.value)


def test_a_folder_that_others_may_enter_is_refused(data: Path) -> None:
    data.mkdir()
    data.chmod(0o750)
    with pytest.raises(StoreError, match=f"run: chmod 700 {data}"):
        Database.open(data, KEY, migrate=True)
    assert not list(data.iterdir())


def test_a_file_in_the_folders_place_is_refused(data: Path) -> None:
    data.write_text("not a folder")
    with pytest.raises(StoreError, match="cannot be used as a folder"):
        Database.open(data, KEY, migrate=True)


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    def fail_half_way() -> None:
        with database.write() as connection:
            connection.execute(insert(meta), {"name": "half", "value": ""})
            raise KeyError("half")

    with pytest.raises(KeyError):
        fail_half_way()
    assert "half" not in names(database)
    note(database, "after")
    assert "after" in names(database)


def test_a_refused_row_is_one_line_without_its_values(database: Database) -> None:
    note(database, "7ABC123")
    with pytest.raises(StoreError) as excinfo:
        note(database, "7ABC123")
    assert str(excinfo.value) == f"{database.path}: it refused (SQLITE_CONSTRAINT)"
    assert excinfo.value.__cause__ is None


def test_errors_that_stay_the_librarys_hide_values_too(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as excinfo, database.write() as connection:
        connection.execute(insert(meta), [{"name": "7ABC123", "value": ""}, {"value": ""}])
    assert "7ABC123" not in str(excinfo.value)


def test_data_version_moves_with_every_commit_of_any_process(database: Database, data: Path) -> None:
    first = database.data_version()
    assert database.data_version() == first
    other = Database.open(data, KEY, migrate=False)
    note(other, "from elsewhere")
    other.close()
    second = database.data_version()
    assert second != first
    note(database, "from here")
    assert database.data_version() != second


def test_threads_write_one_after_the_other(database: Database) -> None:
    def write_ten(thread: int) -> None:
        for number in range(10):
            note(database, f"{thread}-{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write_ten, range(8)))
    assert len(names(database)) == 80 + 2


def test_a_reader_sees_one_moment_and_never_waits_for_the_writer(database: Database) -> None:
    with database.read() as connection:
        before = set(connection.scalars(select(meta.c.name)))
        note(database, "while reading")
        assert set(connection.scalars(select(meta.c.name))) == before
    assert "while reading" in names(database)


def test_a_reading_transaction_is_cut_off_after_a_second(database: Database) -> None:
    with pytest.raises(StoreError, match="took over 1 s and was stopped"), database.read() as connection:
        connection.exec_driver_sql(COUNT_TO.format(10**12))
    with database.read() as connection:  # the same pooled connection reads on
        assert connection.exec_driver_sql(COUNT_TO.format(50_000)).scalar() == 50_000


def hold_view(connection: Connection) -> None:
    """Hold the connection's view for longer than is allowed, with next to no work."""
    until = time.monotonic() + READ_S_MAX
    pragma(connection, "user_version")
    while time.monotonic() <= until:
        time.sleep(0.1)


def test_a_short_query_is_not_stopped_because_the_processor_was_busy(database: Database) -> None:
    with database.read() as connection:
        hold_view(connection)
        assert connection.exec_driver_sql(COUNT_TO.format(50_000)).scalar() == 50_000


def test_a_view_held_too_long_is_logged(database: Database) -> None:
    with capture_logs() as events, database.read() as connection:
        hold_view(connection)
    assert [event["event"] for event in events] == ["store.read_took_long"]


def test_a_moment_without_its_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 5, 4)  # noqa: DTZ001
    with pytest.raises(StatementError, match="needs its time zone"), database.write() as connection:
        connection.execute(insert(images), {"sha256": "0", "length": 1, "created_utc": naive})


def test_a_lock_that_another_process_keeps_is_one_line_and_no_end(database: Database, data: Path) -> None:
    other = Database.open(data, KEY, migrate=False)
    driver = database._writer.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA busy_timeout = 1")
    with other.write():
        for _ in range(2):
            with pytest.raises(StoreError, match="another process holds it"):
                note(database, "in vain")
    note(database, "free again")
    assert names(database) >= {"free again"}
    assert "in vain" not in names(database)
    other.close()


def test_closing_waits_for_the_writer(database: Database) -> None:
    writing, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with database.write() as connection:
            connection.execute(insert(meta), {"name": "held", "value": ""})
            writing.set()
            leave.wait(30)

    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(hold)
        assert writing.wait(30)
        closing = pool.submit(database.close)
        leave.set()
        holding.result(30)
        closing.result(30)
    second_database = Database.open(database.path.parent, KEY, migrate=False)
    assert "held" in names(second_database)
    second_database.close()
