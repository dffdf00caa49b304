"""Statements that find items by their ids never walk over all items of a state: there are hundreds of thousands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from alpr_edge.domain.protocol.access_log import CheckpointPayload
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.delivered_items import PREFIXES_KEPT_ELSEWHERE, drop_delivered
from alpr_edge.store.outbox.log_items import queue_checkpoint
from alpr_edge.store.outbox.outbox import Outbox

BY_IDS = "USING INDEX sqlite_autoindex_outbox_1"
"""SQLite's name of the index that makes the ids of items unique."""


@contextmanager
def plans(database: Database) -> Iterator[list[str]]:
    """How SQLite finds the items that the statements of the body select or delete, filled as they run."""
    found = list[str]()

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401
        if statement.startswith(("SELECT", "DELETE")):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.extend(str(row[-1]) for row in cursor.fetchall() if "outbox" in str(row[-1]))

    event.listen(database.engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", explain)


def test_images_without_a_file_are_looked_for_by_their_ids(database: Database, data: Path, key: bytes) -> None:
    outbox = Outbox(database, ImageStore(data / "images", key))
    with plans(database) as found:
        outbox.quarantine_lost_images("a0")
    assert found
    assert all(BY_IDS in plan for plan in found), found


def test_delivered_items_of_the_log_are_removed_by_their_ids(database: Database) -> None:
    with plans(database) as found:
        drop_delivered(database, PREFIXES_KEPT_ELSEWHERE)
    assert len(found) == len(PREFIXES_KEPT_ELSEWHERE)
    assert all(BY_IDS in plan for plan in found), found


def test_a_checkpoint_that_waits_is_replaced_by_its_id(database: Database) -> None:
    payload = CheckpointPayload(unit_id="unit-1", log_id="log-1", size=1, note="note", key="key")
    with plans(database) as found:
        queue_checkpoint(database, payload, b"root", None)
    assert found
    assert all(BY_IDS in plan for plan in found), found
