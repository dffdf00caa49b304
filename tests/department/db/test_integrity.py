"""A damaged database is noticed before anything is served, and the line says what to do."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from alpr_edge.department.db.integrity import check_integrity
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import OutboxItem
from tests.uplink.items import read_item

PAGE_BYTES = 4096


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = initialise(tmp_path / "department", ["127.0.0.1"]).directory
    storage = Storage(directory)
    storage.store("unit-1", [_part(read_item(number)) for number in range(200)])
    storage.close()
    with closing(sqlite3.connect(directory / "department.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return directory


def _part(item: OutboxItem) -> Part:
    return Part(item.item_id, item.kind.value, item.body, item.sha256)


def damage(path: Path) -> None:
    """Overwrite pages in the middle: the file still opens, and its head is whole."""
    content = bytearray(path.read_bytes())
    for page in range(3, len(content) // PAGE_BYTES):
        content[page * PAGE_BYTES : page * PAGE_BYTES + 512] = b"\xff" * 512
    path.write_bytes(content)


def test_a_whole_database_passes(directory: Path) -> None:
    assert check_integrity(directory / "department.db").is_complete
    assert check_integrity(directory / "department.db", None).is_complete


def test_a_check_ends_with_its_time(directory: Path) -> None:
    with closing(sqlite3.connect(directory / "department.db")) as connection, connection:
        connection.execute(
            "CREATE TABLE filler AS WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n "
            "WHERE i < 100000) SELECT i, hex(randomblob(16)) AS text FROM n"
        )
        connection.execute("CREATE INDEX filler_text ON filler (text)")
    assert not check_integrity(directory / "department.db", -1.0).is_complete


def test_a_damaged_one_is_told_without_its_content_and_nothing_listens(directory: Path) -> None:
    damage(directory / "department.db")
    with pytest.raises(StoreError, match=r"the database is damaged .* restore the last backup") as error_info:
        DepartmentServer(directory)
    assert "7ABC" not in str(error_info.value)
    command = [sys.executable, "-m", "alpr_edge", "department", "serve", "--directory", str(directory), "--port", "0"]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert outcome.returncode == 1
    assert "department at" not in outcome.stderr
    (line,) = outcome.stderr.splitlines()
    assert "config/department-recovery.md, Restore" in line


def test_a_file_that_is_no_database_is_told_likewise(tmp_path: Path) -> None:
    path = tmp_path / "department.db"
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError, match="the database is damaged"):
        check_integrity(path)
