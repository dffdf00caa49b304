"""What officers say of hits, as it is kept and queued: each once, never changed, gone with its read alone."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText
from alpr_edge.domain.errors import DispositionError, StoreError
from alpr_edge.domain.protocol.dispositions import DispositionPayload, disposition_item_id
from alpr_edge.domain.protocol.items import ItemKind, Urgency
from alpr_edge.domain.protocol.stored_kinds import kind_of
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import outbox as items
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.dispositions import PER_HIT_MAX, add_disposition, dispositions_of
from alpr_edge.store.reads.repository import ReadStore
from tests.store.records import decided, disposition, hit, plate_read


def add(database: Database, *some: Disposition) -> None:
    with database.write() as connection:
        for each in some:
            add_disposition(connection, each, "unit-1")


def dispositions_in(database: Database, hit_id: str = "hit-1") -> list[Disposition]:
    with database.read() as connection:
        return dispositions_of(connection, [hit_id]).get(hit_id, [])


@pytest.fixture
def with_hit(store: ReadStore) -> ReadStore:
    """A store with a hit, and a covert one."""
    covert = hit("hit-2", "read-2")
    covert = replace(covert, entry=replace(covert.entry, covert=True))
    store.commit([decided(plate_read("read-1"), hits=(hit(),)), decided(plate_read("read-2"), hits=(covert,))])
    return store


def test_it_comes_back_as_it_was_and_travels_with_the_hits(
    with_hit: ReadStore, database: Database, outbox: Outbox
) -> None:
    second = disposition(2, part=DispositionPart.INQUIRY, answer="still_on_file", text=DispositionText())
    add(database, disposition(), second)
    assert dispositions_in(database) == [disposition(), second]
    (item,) = [item for item in outbox.due(100, 10**6) if item.item_id == disposition_item_id("unit-1:1")]
    assert item.kind is ItemKind.DISPOSITION
    payload = DispositionPayload.model_validate_json(item.body)
    assert (payload.read_id, payload.unit_id, payload.answer) == ("read-1", "unit-1", "correct")
    assert (payload.reason, payload.number, payload.name) == ("the terminal was down", "12-A", "Desk of Fresno PD")
    assert b"7ABC123" not in item.body
    with database.read() as connection:
        kinds = {row.kind for row in connection.execute(select(items.c.kind).where(items.c.item_id == item.item_id))}
        (urgency,) = connection.scalars(select(items.c.urgency).where(items.c.item_id == item.item_id))
    assert (kinds, urgency) == ({"access"}, int(Urgency.HIT)), "a release before this one can send it"
    assert kind_of(item.item_id, ItemKind.ACCESS) is ItemKind.DISPOSITION


def test_it_is_never_changed(with_hit: ReadStore, database: Database) -> None:
    add(database, disposition())
    with pytest.raises(StoreError), database.write() as connection:
        connection.exec_driver_sql("UPDATE dispositions SET answer = 'misread'")
    assert dispositions_in(database) == [disposition()]


@pytest.mark.parametrize("hit_id", ["hit-2", "hit-3", ""])
def test_nothing_is_said_of_a_covert_hit_or_of_none(with_hit: ReadStore, database: Database, hit_id: str) -> None:
    with pytest.raises(DispositionError, match="there is no such hit here"):
        add(database, disposition(hit_id=hit_id))
    assert dispositions_in(database, hit_id) == []


@pytest.mark.parametrize(
    ("undoing", "says"),
    [
        (disposition(9, answer="", undoes="unit-1:7"), "not there to undo"),
        (disposition(9, answer="", undoes="unit-1:1", part=DispositionPart.OUTCOME), "not there to undo"),
        (disposition(9, answer="", undoes="unit-1:2"), "not there to undo"),
        (disposition(9, answer="", undoes="unit-1:3"), "undone already"),
    ],
    ids=["unknown", "of another part", "an undoing", "undone"],
)
def test_only_what_counts_is_undone(with_hit: ReadStore, database: Database, undoing: Disposition, says: str) -> None:
    third = disposition(3, answer="misread")
    add(database, disposition(), third, disposition(2, answer="", undoes="unit-1:3"))
    with pytest.raises(DispositionError, match=says):
        add(database, undoing)
    assert len(dispositions_in(database)) == 3


def test_a_hit_has_a_bound(with_hit: ReadStore, database: Database) -> None:
    add(database, *(disposition(number) for number in range(PER_HIT_MAX)))
    with pytest.raises(DispositionError, match="has 200 answers already"):
        add(database, disposition(PER_HIT_MAX))
