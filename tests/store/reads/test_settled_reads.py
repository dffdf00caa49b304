"""What is stored of a read that is certain now: its certainty, and what sounded because of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.domain.alerting import Alert, Level, Tone
from alpr_edge.domain.errors import RefusedError, StoreError
from alpr_edge.domain.protocol.hits import LateTonePayload
from alpr_edge.domain.reads import Alternative, LateTone
from alpr_edge.store.db.database import Database
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.hit_queries import ShownState, shown_state
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.reads.repository import ClosedRecord, DecidedRecord, PassRecord, ReadStore, SettledRecord
from alpr_edge.store.recovery.refused_records import RefusedRecords
from tests.store.records import alert, hit, instant, plate_read

DOUBTFUL = replace(plate_read(), confidence=0.7)
CERTAIN = replace(DOUBTFUL, confidence=0.97, alternatives=(Alternative("7ABC128", 0.01),), slot_votes=())
NOTICE = replace(alert(), level=Level.NOTICE, tone=Tone.POSSIBLE)
DECIDED = DecidedRecord(DOUBTFUL, (), (hit(),), NOTICE, instant(450))
SETTLED = SettledRecord(CERTAIN, instant(900), alert(), instant(950))


def stored_read(store: ReadStore) -> StoredRead:
    found = store.get("read-1")
    assert found is not None
    return found


def item_ids(outbox: Outbox) -> list[str]:
    return [item.item_id for item in outbox.due(100, 10**7)]


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_a_read_is_certain_while_it_is_open_and_its_hit_and_alert_stay_as_they_were(
    store: ReadStore, outbox: Outbox, *, is_one_batch: bool
) -> None:
    batches: list[list[PassRecord]] = [[DECIDED, SETTLED]] if is_one_batch else [[DECIDED], [SETTLED]]
    for batch in batches:
        store.commit(batch)
    read = stored_read(store)
    assert (read.read, read.closed, read.hits) == (CERTAIN, False, (hit(),))
    assert [(each.alert, each.sounded_at) for each in read.alerts] == [(NOTICE, instant(450))]
    assert read.alerts[0].late_tone == LateTone(alert(), instant(950))
    assert item_ids(outbox) == ["hit-1", "alert:hit-1", "late_tone:hit-1"]
    payload = LateTonePayload.model_validate_json(outbox.due(100, 10**7)[-1].body or b"")
    assert (payload.level, payload.tone) == ("high", "high")


def test_pages_have_something_else_to_show_once_a_read_is_certain(store: ReadStore, database: Database) -> None:
    def present_state() -> ShownState:
        with database.read() as connection:
            return shown_state(connection)

    store.commit([DECIDED])
    before = present_state()
    store.commit([SettledRecord(CERTAIN, instant(900))])
    assert present_state() != before


def test_written_twice_it_changes_nothing(store: ReadStore, outbox: Outbox) -> None:
    store.commit([DECIDED, SETTLED])
    before = stored_read(store), item_ids(outbox)
    store.commit([SETTLED])
    assert (stored_read(store), item_ids(outbox)) == before
    store.commit([DECIDED, SETTLED])
    assert (stored_read(store), item_ids(outbox)) == before


def test_a_batch_that_holds_it_counts_as_stored_only_where_the_read_is_certain(store: ReadStore) -> None:
    store.commit([DECIDED])
    with pytest.raises(StoreError):
        store.commit([DECIDED, SETTLED])
    assert stored_read(store).read == DOUBTFUL


def test_a_closed_read_keeps_its_last_values_and_gets_the_tone(store: ReadStore, outbox: Outbox) -> None:
    last = replace(CERTAIN, confidence=0.99, vote_count=20)
    store.commit([DECIDED, ClosedRecord(last)])
    store.rejoin(SETTLED)
    read = stored_read(store)
    assert (read.read, read.closed, read.alerts[0].late_tone is not None) == (last, True, True)
    assert {"read-1", "late_tone:hit-1"} <= set(item_ids(outbox))


def test_an_alert_of_another_hit_is_stored_beside_the_first_and_both_are_taken_back_together(
    store: ReadStore, outbox: Outbox
) -> None:
    other: Alert = alert("hit-2")
    settled = replace(SETTLED, alert=other)
    store.commit([replace(DECIDED, hits=(hit(), hit("hit-2"))), settled])
    assert {each.alert.hit_id: each.sounded_at for each in stored_read(store).alerts} == {
        "hit-1": instant(450),
        "hit-2": instant(950),
    }
    before = stored_read(store), item_ids(outbox)
    store.commit([settled])
    assert (stored_read(store), item_ids(outbox)) == before
    store.commit([DecidedRecord(plate_read("read-2", supersedes="read-1"), withdraws="read-1")])
    assert all(each.withdrawn_at is not None for each in stored_read(store).alerts)
    assert {"alert:hit-2", "withdrawal:hit-1", "withdrawal:hit-2"} <= set(item_ids(outbox))


def test_where_no_hit_stands_its_alert_is_withdrawn_at_that_moment(store: ReadStore, outbox: Outbox) -> None:
    store.commit([DECIDED, SettledRecord(CERTAIN, instant(900), withdraws="read-1")])
    (withdrawn,) = stored_read(store).alerts
    assert (withdrawn.withdrawn_at, withdrawn.late_tone) == (instant(900), None)
    assert item_ids(outbox)[-1] == "withdrawal:hit-1"


def test_an_alert_in_place_of_the_withdrawn_one_stands_also_when_it_is_written_twice(
    store: ReadStore, outbox: Outbox
) -> None:
    settled = SettledRecord(CERTAIN, instant(900), alert("hit-2"), instant(950), withdraws="read-1")
    store.commit([replace(DECIDED, hits=(hit(), hit("hit-2"))), settled])
    before = stored_read(store), item_ids(outbox)
    assert {each.alert.hit_id: each.withdrawn_at for each in before[0].alerts} == {"hit-1": instant(900), "hit-2": None}
    assert {"alert:hit-2", "withdrawal:hit-1"} <= set(before[1])
    store.commit([settled])
    assert (stored_read(store), item_ids(outbox)) == before


def test_without_its_decision_it_waits_aside_and_comes_in_behind_it(store: ReadStore, data: Path, key: bytes) -> None:
    with pytest.raises(RefusedError):
        store.commit([SETTLED])
    aside = RefusedRecords(data, key)
    aside.add([DECIDED, SETTLED], "a test")
    assert [each.what for each in aside.list_records()] == ["decision", "certainty"]
    assert aside.take_in(store) == 2
    read = stored_read(store)
    assert (read.read, read.alerts[0].alert) == (CERTAIN, NOTICE)
    assert read.alerts[0].late_tone == LateTone(alert(), instant(950))
