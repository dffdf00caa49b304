"""A process that opens its database twice keeps SQLite's locks, so that no other process cuts the log away under it."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from alpr_edge.domain.errors import StoreError
from alpr_edge.store.db.database import Database, count_closing, count_opening
from alpr_edge.store.recovery.replacement import DatabaseReplacement

KEY = bytes(32)
VISITOR = """
import sys
from pathlib import Path
from sqlalchemy import text
from alpr_edge.store.db.database import Database
database = Database.open(Path(sys.argv[1]), bytes(32), migrate=False)
with database.write() as connection:
    print(connection.execute(text("SELECT count(*) FROM meta")).scalar_one())
database.close()
"""
"""Another process, which opens the database, counts the rows and closes it, as a command does beside the daemon."""


def visit(folder: Path) -> int:
    done = subprocess.run([sys.executable, "-c", VISITOR, folder], capture_output=True, text=True, check=True)
    return int(done.stdout)


def add_row(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute(text("INSERT INTO meta VALUES (:name, 'x')"), {"name": name})


def test_a_second_opening_and_the_mark_leave_the_log_to_this_process(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    database = DatabaseReplacement(folder, KEY).open()  # writes the mark, which has the salt
    Database.open(folder, KEY, migrate=True).close()
    add_row(database, "before")
    log = folder / "edge.db-wal"
    inode, rows = log.stat().st_ino, visit(folder)
    assert log.stat().st_ino == inode, "the other process took itself for the last"
    add_row(database, "after")
    assert visit(folder) == rows + 1
    database.close()
    assert visit(folder) == rows + 1


def test_what_is_closed_for_good_is_looked_into_again(tmp_path: Path) -> None:
    looks: list[str] = []
    path = tmp_path / "edge.db"
    path.touch()
    for _ in range(2):
        count_opening(path, lambda: looks.append("look"))
    count_closing(path)
    count_opening(path, lambda: looks.append("look"))
    for _ in range(2):
        count_closing(path)
    assert looks == ["look"]
    count_opening(path, lambda: looks.append("look"))
    count_closing(path)
    assert looks == ["look", "look"]


def test_what_somebody_removed_is_looked_into_though_it_is_open(tmp_path: Path) -> None:
    looks: list[str] = []
    path = tmp_path / "edge.db"
    for _ in range(2):
        count_opening(path, lambda: looks.append("look"))
    for _ in range(2):
        count_closing(path)
    assert looks == ["look", "look"]


def test_an_opening_that_fails_is_not_counted(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for _ in range(2):  # were the first counted, the second would not make the file
        with pytest.raises(StoreError, match="no database yet"):
            Database.open(folder, KEY, migrate=False)
    Database.open(folder, KEY, migrate=True).close()
    with pytest.raises(StoreError):
        Database.open(folder, bytes(31) + b"x", migrate=True)
    database = Database.open(folder, KEY, migrate=True)
    database.close()
    database.close()
    assert (folder / "edge.db").stat().st_mode & 0o777 == 0o600
