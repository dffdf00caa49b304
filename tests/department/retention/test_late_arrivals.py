"""What arrives between a purge's look at reads and their deletion counts as well."""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.ingest.batches import Batch
from alpr_edge.department.ingest.records import Part, record_of
from alpr_edge.domain.collection.deletion_runs import NO_IDS, chain_ids
from alpr_edge.domain.protocol.holds import hold_item_id, hold_payload
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, Outcome, encode
from tests.department.engines import EngineUnderTest
from tests.department.retention.office import TODAY, UNIT, Office, hit_items, pictures_of, read_item
from tests.store.holds import a_hold
from tests.uplink.items import item

LOOK_S = 0.5
"""Longer than a purge looks at two reads."""
HOLD = item(hold_item_id("hold-1", ["a"]), ItemKind.HOLD, encode(hold_payload(a_hold("hold-1"), UNIT, ["a"])))
LATE: dict[str, Sequence[OutboxItem]] = {
    "a hold": [HOLD],
    "a correction": [read_item("a2", "a")],
    "a hit": hit_items("a"),
}


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Office]:
    office = Office(engine.use(tmp_path / "department"))
    yield office
    office.storage.close()


class LateUnit:
    """A unit whose batch is being stored while a purge looks, and is committed before the purge may delete.

    It begins when the purge asks for the moment of its look: at reads, the second time that it asks for any, or
    at pictures without one, the third.
    """

    def __init__(self, office: Office, batch: Sequence[OutboxItem], begins_at: int = 2) -> None:
        self._office, self._batch, self._begins_at = office, batch, begins_at
        self._asked_count = 0
        self._began = threading.Event()
        self.thread = threading.Thread(target=self._store)

    def clock(self) -> datetime:
        self._asked_count += 1
        if self._asked_count == self._begins_at:
            self.thread.start()
            assert self._began.wait(60)
        return TODAY

    def _store(self) -> None:
        storage = self._office.storage
        parts = [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in self._batch]
        with storage.database.writing(UNIT) as connection:
            batch = Batch(connection, UNIT, storage.images, storage.logs)
            answers = batch.store([record_of(part, UNIT) for part in parts])
            assert {answer.outcome for answer in answers} == {Outcome.RECEIPT}
            self._began.set()
            threading.Event().wait(LOOK_S)


@pytest.mark.parametrize("late", LATE)
def test_what_arrives_while_a_purge_looks_keeps_the_read(office: Office, late: str) -> None:
    office.settings("[retention]\nread_days = 365\nhit_days = 1826\n")
    office.deliver(read_item("a"), read_item("b"), days_ago=400)
    unit = LateUnit(office, LATE[late])
    run = office.storage.open_purge(unit.clock, is_clock_trusted=True).run("timer")
    unit.thread.join(60)
    assert "a" in office.reads()
    assert "b" not in office.reads()
    assert (run.reads, run.held, run.ids_digest) == (1, int(late == "a hold"), chain_ids(NO_IDS, [f"{UNIT} b"]))
    office.date([each.item_id for each in LATE[late]], TODAY)
    assert office.purge(TODAY + timedelta(days=2000)).reads == (0 if late == "a hold" else 1 + (late == "a correction"))


def test_a_read_that_arrives_while_a_purge_looks_keeps_its_pictures(office: Office) -> None:
    office.deliver(*pictures_of("a"), *pictures_of("b"), days_ago=400)
    unit = LateUnit(office, [read_item("a")], begins_at=3)
    run = office.storage.open_purge(unit.clock, is_clock_trusted=True).run("timer")
    unit.thread.join(60)
    assert (run.reads, run.pictures) == (0, 2)
    assert office.files() == {each.sha256 for each in pictures_of("a")}
