"""What was told of an alert after its record is queued again as it was, where its place in the queue is lost."""

from pathlib import Path

from alpr_edge.domain.alerting import AlertRecord
from alpr_edge.store.recovery.damaged_databases import set_aside
from tests.store.damage import unit
from tests.store.records import alert, amended, decided, hit, late_tone, plate_read


def test_a_late_tone_that_alone_lost_its_place_in_the_queue_is_queued_again_as_it_was(data: Path) -> None:
    with unit(data) as store:
        store.reads.commit([decided(plate_read(), [hit()], [AlertRecord(alert())])])
        store.reads.commit([amended(plate_read(), alerts=[AlertRecord(alert(), late_tone=late_tone())])])
        store.reads.close_open_reads()
        before = {item.item_id: item.body for item in store.outbox.due(10, 10**6)}
        with store.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM outbox WHERE item_id LIKE 'late%'")
    set_aside(data)
    with unit(data) as store:
        store.salvage()
        assert {item.item_id: item.body for item in store.outbox.due(10, 10**6)} == before
    assert set(before) == {"hit-1", "alert:hit-1", "late_tone:hit-1", "read-1"}
