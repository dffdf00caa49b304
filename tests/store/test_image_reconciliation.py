"""Images and rows are compared while commits, deletions and replacements of the database come in between."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import delete, insert

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import digest
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.settings import load
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import evidence
from alpr_edge.store.db.schema import images as image_rows
from alpr_edge.store.evidence.images import PREFIXES, ImageStore
from alpr_edge.store.outbox.outbox import BATCH, Outbox
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.damaged_databases import damaged_databases, waiting
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.store.query_plans import Moment, once, plans
from tests.store.records import CROP, decided, plate_read
from tests.units import write_bare_unit

JPEG = b"a crop"


def record(read_id: str = "read-1", jpeg: bytes = JPEG) -> ReadUpdate:
    return decided(plate_read(read_id), images=((CROP, jpeg),))


def leave_orphans(store: UnitStore) -> list[str]:
    """Images whose rows never came, and half of one, as a power cut leaves them."""
    digests = [store.images.put(f"picture {number}".encode()) for number in range(8)]
    (store.images.directory / digests[0][:2] / ".part-torn").write_bytes(b"half")
    return digests


def files(store: UnitStore) -> set[str]:
    return {path.name for path in store.images.directory.glob("*/*")}


def reconcile_all(store: UnitStore) -> list[str]:
    return [fault for prefix in PREFIXES for fault in store.reconcile_images(prefix)]


def test_a_start_leaves_images_to_the_upkeep_that_comes_after_it(tmp_path: Path) -> None:
    with open_store(load(write_bare_unit(tmp_path)), migrate=True) as store:
        store.reads.commit([record()])
        (kept,) = files(store)
        left = leave_orphans(store)
        assert store.recover() == []
        assert files(store) == {kept, ".part-torn", *left}
        assert reconcile_all(store) == []
        assert files(store) == {kept}


def test_no_image_goes_while_a_database_waits_to_be_salvaged(tmp_path: Path) -> None:
    with open_store(load(write_bare_unit(tmp_path)), migrate=True, replace_damaged=True) as store:
        left = leave_orphans(store)
        store.replacement.replace(store.database)
        assert reconcile_all(store) == []
        assert files(store) == set(left)
        for aside in waiting(store.database.path.parent):
            aside.keep_report({})
        assert reconcile_all(store) == []
        assert files(store) == set()


def test_whether_images_may_go_is_asked_after_their_rows(
    database: Database, store: ReadStore, images: ImageStore
) -> None:
    """Rows of a database that replaced another just now are none: by them every image would be nobody's."""
    digest, looks_before = images.put(JPEG), list[int]()

    def may_remove() -> bool:
        looks_before.append(len(looks))
        return False

    with plans(database, "images") as looks:
        assert store.sweep_images(digest[:2], may_remove) == 0
    assert looks
    assert looks_before == [len(looks)]
    assert images.get(digest) == JPEG


def test_an_image_whose_row_a_salvage_adds_as_its_last_stays(
    database: Database, store: ReadStore, images: ImageStore
) -> None:
    """The salvage is another process: it may end between a look at the rows and the question whether it has."""
    digest, left = images.put(JPEG), [True]

    def may_remove() -> bool:
        if left and left.pop():
            with database.write() as connection:
                connection.execute(insert(image_rows), {"sha256": digest, "length": len(JPEG)})
        return True

    assert store.sweep_images(digest[:2], may_remove) == 0
    assert images.get(digest) == JPEG


def test_no_image_goes_whose_database_is_replaced_while_its_rows_are_looked_for(
    store: ReadStore, images: ImageStore
) -> None:
    digest, answers = images.put(JPEG), [True, False]
    assert store.sweep_images(digest[:2], lambda: answers.pop(0)) == 0
    assert images.get(digest) == JPEG


def test_a_data_folder_that_cannot_be_looked_into_is_no_folder_without_damaged_databases(tmp_path: Path) -> None:
    assert damaged_databases(tmp_path / "none") == []
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be looked into: Not a directory"):
        damaged_databases(tmp_path / "file")


def test_an_image_whose_row_comes_between_the_looks_stays(
    database: Database, store: ReadStore, images: ImageStore
) -> None:
    digest = images.put(JPEG)  # as a commit does before its rows
    with once(database, "after_cursor_execute", lambda: store.commit([record()])):
        assert store.sweep_images(digest[:2]) == 0
    assert images.get(digest) == JPEG


def lost_events(logs: list[MutableMapping[str, Any]]) -> list[str]:
    return [each["item_id"] for each in logs if each["event"] == "outbox.image_lost"]


@pytest.mark.parametrize("moment", ["before_cursor_execute", "after_cursor_execute"])
def test_an_image_that_is_committed_between_the_looks_is_not_lost(
    database: Database, store: ReadStore, outbox: Outbox, moment: Moment
) -> None:
    def commit() -> None:
        store.commit([record()])
        store.close_open_reads()

    with structlog.testing.capture_logs() as logs, once(database, moment, commit):
        assert outbox.quarantine_lost_images(digest(JPEG)[:2]) == 0
    assert outbox.quarantined_items() == []
    assert lost_events(logs) == []
    assert outbox.counts().ready == 2


def test_an_image_that_is_deleted_between_the_looks_is_not_lost(
    database: Database, store: ReadStore, outbox: Outbox
) -> None:
    store.commit([record()])
    store.close_open_reads()

    def delete_picture() -> None:
        with store.deleting() as (connection, dropped_digests):
            connection.execute(delete(evidence))
            dropped_digests.add(digest(JPEG))

    with structlog.testing.capture_logs() as logs, once(database, "after_cursor_execute", delete_picture):
        assert outbox.quarantine_lost_images(digest(JPEG)[:2]) == 0
    assert outbox.quarantined_items() == []
    assert lost_events(logs) == []


def test_of_more_lost_images_than_one_transaction_takes_each_is_quarantined(
    store: ReadStore, outbox: Outbox, images: ImageStore
) -> None:
    jpegs = [jpeg for number in range(60_000) if digest(jpeg := f"{number}".encode()).startswith("00")]
    assert len(jpegs) > BATCH + 1
    store.commit([record(f"read-{number}", jpeg) for number, jpeg in enumerate(jpegs)])
    store.close_open_reads()
    lost = [digest(jpeg) for jpeg in jpegs[1:]]
    for sha256 in lost:
        images.delete(sha256)
    with structlog.testing.capture_logs() as logs:
        assert outbox.quarantine_lost_images() == len(lost)
    assert {item.item_id for item in outbox.quarantined_items()} == set(lost_events(logs)) == set(lost)
