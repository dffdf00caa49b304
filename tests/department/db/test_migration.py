"""Databases of older releases open, keep every row, and take what units still hold of old."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import VERSION, metadata
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest
from tests.uplink.items import hit_item, image_item, item, jpeg, read_item, stored_digests

VERSION_2 = Path(__file__).with_name("version_2.sql")
LATER_FIELDS = ("covert", "level", "vehicle", "remarks")

pytestmark = pytest.mark.review(14)


def old_hit(number: int = 1) -> OutboxItem:
    """A hit as units sent it before hits told whether they are covert."""
    body = json.loads(hit_item(number).body)
    for field in LATER_FIELDS:
        del body[field]
    body["schema_version"] = 1
    return item(f"hit-{number}", ItemKind.HIT, json.dumps(body, sort_keys=True, separators=(",", ":")).encode())


def row_of(original: OutboxItem) -> tuple[object, ...]:
    body = None if original.kind is ItemKind.IMAGE else original.body
    received_at = datetime.now(UTC).isoformat(" ")[:26]
    return original.item_id, "unit-1", original.kind.value, original.sha256, len(original.body), body, received_at


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A department's folder of version 2 with a read, a hit, an image and a time."""
    folder = tmp_path / "department"
    items = (read_item(1), old_hit(), image_item(1))
    folder.mkdir(mode=0o700)
    with closing(sqlite3.connect(folder / "department.db")) as connection, connection:
        connection.executescript(VERSION_2.read_text(encoding="utf-8"))
        connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?)", [row_of(each) for each in items])
        connection.execute(
            "INSERT INTO reads VALUES"
            " ('read-1', 'unit-1', 'front', '7ABC123', 'CA', 0.9, 8, NULL, NULL, 'gnss', 1, 2, NULL)"
        )
        connection.execute(
            "INSERT INTO hits VALUES ('hit-1', 'read-1', 'unit-1', '7ABC123', '7ABC123', 'CA', 'doj', 'stolen_vehicle',"
            " 'r1', 3, 60.0, 'exact', 'same', NULL, 1, 2)"
        )
        connection.execute("INSERT INTO read_times VALUES ('read-1', 1, 'unit-1', 'a', 'b', 5.0)")
    image = folder / "images" / image_item(1).sha256[:2]
    image.mkdir(mode=0o700, parents=True)
    image.parent.chmod(0o700)
    (image / f"{image_item(1).sha256}.jpg").write_bytes(image_item(1).body)
    return folder


@pytest.fixture
def storage(directory: Path) -> Iterator[Storage]:
    new_storage = Storage(directory)
    yield new_storage
    new_storage.close()


def test_every_row_comes_over_and_the_tables_are_those_of_this_release(storage: Storage, directory: Path) -> None:
    counts = storage.counts()
    assert (counts.items, counts.reads, counts.hits) == ({"hit": 1, "image": 1, "read": 1}, 1, 1)
    assert stored_digests(directory) == {each.item_id: each.sha256 for each in (read_item(1), old_hit(), image_item(1))}
    with closing(sqlite3.connect(directory / "department.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert connection.execute("SELECT covert, level, plate FROM hits").fetchall() == [(None, None, "7ABC123")]
        assert connection.execute("SELECT read_id, unit_id, uncertainty_ms FROM read_times").fetchall() == [
            ("read-1", "unit-1", 5.0)
        ]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_its_tables_and_indexes_are_those_of_a_new_one(storage: Storage, directory: Path, tmp_path: Path) -> None:
    new = DepartmentDatabase(tmp_path / "new")
    old = DepartmentDatabase(directory)
    looks = [inspect(database._engine) for database in (new, old)]
    for table in metadata.tables:
        for facts in ("get_pk_constraint", "get_indexes"):
            # As text: what an index is over comes as an object, which is equal to itself alone.
            of_new, of_old = (json.dumps(getattr(look, facts)(table), default=str) for look in looks)
            assert of_new == of_old
    assert looks[0].get_table_names() == looks[1].get_table_names()
    new.close()
    old.close()


def test_what_a_unit_still_holds_of_old_is_delivered(storage: Storage) -> None:
    """Known items get their receipt again, new ones under old ids and without the later fields their first."""
    items = [read_item(1), old_hit(), image_item(1), read_item(2), old_hit(2), image_item(2)]
    answers = storage.store("unit-1", [Part(each.item_id, each.kind, each.body, each.sha256) for each in items])
    assert [(answer.outcome, answer.sha256) for answer in answers] == [("receipt", each.sha256) for each in items]
    assert (storage.counts().reads, storage.counts().hits) == (2, 2)


def test_a_second_start_changes_nothing(storage: Storage, directory: Path) -> None:
    storage.close()
    before = stored_digests(directory)
    Storage(directory).close()
    assert stored_digests(directory) == before


def test_a_database_that_cannot_be_brought_over_stays_as_it_was(directory: Path) -> None:
    with closing(sqlite3.connect(directory / "department.db")) as connection, connection:
        connection.execute("CREATE TABLE before_3_hits (x)")
    with pytest.raises(StoreError, match="the database refused"):
        Storage(directory)
    with closing(sqlite3.connect(directory / "department.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM items").fetchone() == (3,)


def test_an_image_of_old_belongs_to_whoever_sends_it_next_as_well(storage: Storage) -> None:
    body = jpeg("picture 1")
    answer = storage.store("unit-2", [Part(digest(body), "image", body, digest(body))])[0]
    assert answer.outcome == "receipt"
    assert storage.counts().units == {"unit-1": 3, "unit-2": 1}
