"""The revisions end at the tables that the code knows, on every engine; rows that have to stay do."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.evidence_schema import evidence_openings
from alpr_edge.department.db.exchange_schema import exchange_items, exchange_terms
from alpr_edge.department.db.image_key_schema import image_keys
from alpr_edge.department.db.migrate import SCRIPTS
from alpr_edge.department.db.people_schema import people_changes
from alpr_edge.department.db.retention_schema import read_pictures
from alpr_edge.department.db.schema import VERSION, metadata
from alpr_edge.domain.errors import StoreError
from tests.department.engines import ROWS_STAY, EngineUnderTest, query


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest) -> Path:
    return engine.use(tmp_path / "department")


@pytest.fixture
def database(directory: Path) -> Iterator[DepartmentDatabase]:
    with closing(DepartmentDatabase(directory)) as opened:
        yield opened


def test_the_newest_revision_is_the_version_of_this_release() -> None:
    scripts = ScriptDirectory(str(SCRIPTS), recursive_version_locations=True)
    assert int(scripts.get_current_head() or 0) == VERSION


def test_the_revisions_make_the_tables_that_the_code_knows(database: DepartmentDatabase) -> None:
    with database.reading() as connection:
        assert (
            read_pictures.metadata is image_keys.metadata is exchange_items.metadata is metadata
        )  # theirs are among them
        opts = {"compare_type": True, "include_name": lambda name, *_: not (name or "").startswith("plate_trigrams")}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_rows_that_have_to_stay_are_neither_changed_nor_deleted(
    database: DepartmentDatabase, directory: Path, engine: EngineUnderTest
) -> None:
    opening = {"package_id": "p", "unit_id": "u", "opened_at": naive_utc_now(), "opened_by": "login:a", "reason": "r"}
    terms = {"number": 1, "target": "t", "terms": {}, "begun_at": naive_utc_now(), "by": "login:a"}
    counts = dict.fromkeys(("terms_number", "attempts", "failures_alone"), 1)
    texts = dict.fromkeys(("target", "event_id", "kind", "unit_id", "read_id", "answer"), "x")
    sent = {"number": 1, "state": "sent", "queued_at": naive_utc_now(), **counts, **texts}
    with database.writing() as connection:
        connection.execute(insert(exchange_terms).values(terms))
        connection.execute(insert(exchange_items).values(sent))
        connection.execute(insert(people_changes).values(sequence=1, body=b"{}"))
        connection.execute(insert(evidence_openings).values(opening))
    kept = (("people_changes", "sequence"), ("evidence_openings", "opening_id"))
    for table, column in (*kept, ("exchange_terms", "number"), ("exchange_items", "number")):
        statements = [f"UPDATE {table} SET {column} = 7", f"DELETE FROM {table}"]
        statements += [f"TRUNCATE {table}"] if engine.name == "postgresql" else []
        for statement in statements:
            with pytest.raises(StoreError, match=ROWS_STAY):
                query(directory, statement)
        assert query(directory, f"SELECT {column} FROM {table}") == [(1,)]


def test_a_department_in_its_folder_loads_neither_the_other_driver_nor_what_migrates_nor_what_asks_buckets(
    tmp_path: Path,
) -> None:
    DepartmentDatabase(tmp_path / "department").close()
    program = (
        "import pathlib, sys\n"
        "from alpr_edge.department.ingest.storage import Storage\n"
        "Storage(pathlib.Path(sys.argv[1])).close()\n"
        "print(sorted({'alembic', 'psycopg', 'obstore'} & {*sys.modules}))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "department")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"
