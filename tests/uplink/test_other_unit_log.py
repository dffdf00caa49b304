"""The access log of another unit in a unit's queue: all of it is refused, counted, and a finding at the department."""

from contextlib import closing
from pathlib import Path

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.unit_logs.findings import FindingKind
from alpr_edge.domain.access_log.records import encode_record
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.store.db.database import Database
from alpr_edge.store.outbox.log_items import queue_records
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.uploader import Link, Uploader
from tests.domain.access_log.entries import LOG_ID, record
from tests.store.records import instant
from tests.uplink.conftest import Faulty, settings_for


def test_what_is_refused_of_it_is_set_aside_and_counted_as_other_items_are(
    database: Database, outbox: Outbox, storage: Storage, unit_files: Path, faulty: Faulty
) -> None:
    bodies = [encode_record(record(number).model_copy(update={"unit_id": "car-6"})) for number in range(3)]
    queue_records(database, LOG_ID, 0, bodies, None)
    with faulty(iter([])) as department:
        settings = settings_for(department.url, unit_files)
        with closing(HttpsDepartment(settings, "unit-1")) as client:
            uploader = Uploader(outbox, client, settings, ReplayedClock(instant()), lambda: 0.0)
            for _ in range(3):
                uploader.step()
    state = uploader.state
    assert (state.link, state.delivered, state.waiting, state.quarantined) == (Link.UP, 0, 0, 3)
    assert outbox.counts().quarantined == 3
    assert {item.detail for item in outbox.quarantined_items()} == {"422 unit_id: of another unit"}
    assert [(unit_id, each.kind) for unit_id, each in storage.logs.findings()] == [("unit-1", FindingKind.FOREIGN_LOG)]
