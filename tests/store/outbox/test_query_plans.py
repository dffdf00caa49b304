"""Statements that find items by their ids never walk over all items of a state: there are hundreds of thousands."""

from alpr_edge.domain.protocol.access_log import CheckpointPayload
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.delivered_items import PREFIXES_KEPT_ELSEWHERE, drop_delivered
from alpr_edge.store.outbox.log_items import queue_checkpoint
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from tests.store.query_plans import plans
from tests.store.records import decided_record

BY_IDS = "USING INDEX sqlite_autoindex_outbox_1"
"""SQLite's name of the index that makes the ids of items unique."""


def test_images_without_a_file_are_looked_for_by_their_ids(
    database: Database, store: ReadStore, outbox: Outbox, images: ImageStore
) -> None:
    store.commit([decided_record()])
    store.close_open_reads()
    lost_digest = images.orphans(())[0]
    images.delete(lost_digest)
    with plans(database, "outbox") as found:
        assert outbox.quarantine_lost_images(lost_digest[:2]) == 1
    assert found
    assert all(BY_IDS in plan for plan in found), found


def test_delivered_items_of_the_log_are_removed_by_their_ids(database: Database) -> None:
    with plans(database, "outbox") as found:
        drop_delivered(database, PREFIXES_KEPT_ELSEWHERE)
    assert len(found) == len(PREFIXES_KEPT_ELSEWHERE)
    assert all(BY_IDS in plan for plan in found), found


def test_a_checkpoint_that_waits_is_replaced_by_its_id(database: Database) -> None:
    payload = CheckpointPayload(unit_id="unit-1", log_id="log-1", size=1, note="note", key="key")
    with plans(database, "outbox") as found:
        queue_checkpoint(database, payload, b"root", None)
    assert found
    assert all(BY_IDS in plan for plan in found), found
