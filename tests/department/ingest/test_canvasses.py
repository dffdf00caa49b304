"""Canvasses and their ends at the department: each stored once, in any order, and those of other units refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import metadata
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.domain.canvass.canvass import CanvassEnd, CanvassEnding
from alpr_edge.domain.holds.hold import HoldPerson
from alpr_edge.domain.protocol.canvass import (
    CanvassEndPayload,
    CanvassPayload,
    canvass_end_item_id,
    canvass_end_payload,
    canvass_item_id,
    canvass_payload,
)
from alpr_edge.domain.protocol.items import ItemAnswerPayload, ItemKind, digest, encode
from tests.department.engines import EngineUnderTest
from tests.domain.canvass.builders import at, canvass

END = CanvassEnd(at(40), HoldPerson("bo", "Bo Chen", "77aa"), CanvassEnding.HAND)
STARTED = canvass_payload(canvass(), "unit-1")
ENDED = canvass_end_payload(canvass().canvass_id, END, "unit-1", 312)


@pytest.fixture
def storage(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Storage]:
    opened = Storage(engine.use(tmp_path / "department"))
    yield opened
    opened.close()


def send(storage: Storage, *payloads: CanvassPayload | CanvassEndPayload, unit_id: str = "unit-1") -> list[int]:
    """The answers by their status; items travel under the kind that every release knows."""
    parts = []
    for payload in payloads:
        name = canvass_item_id if isinstance(payload, CanvassPayload) else canvass_end_item_id
        body = encode(payload)
        parts.append(Part(name(payload.canvass_id), ItemKind.ACCESS.value, body, digest(body)))
    answers: list[ItemAnswerPayload] = storage.store(unit_id, parts)
    return [answer.status for answer in answers]


def rows(storage: Storage, table: str) -> list[dict[str, object]]:
    database = DepartmentDatabase(storage.directory, create=False)
    try:
        with database.reading() as connection:
            return [dict(row) for row in connection.execute(select(metadata.tables[table])).mappings()]
    finally:
        database.close()


def test_each_is_stored_once_and_an_end_may_come_first(storage: Storage) -> None:
    assert send(storage, ENDED) == [200]
    assert send(storage, STARTED, ENDED) == [200, 200]
    assert send(storage, STARTED) == [200]
    (row,) = rows(storage, "canvasses")
    assert (row["incident"], row["offence"], row["area"]) == ("26-001234", "homicide", str(canvass().area))
    assert (row["partials"], row["lasts_s"], row["person"]) == (["7AB*"], 3600.0, "Ana Ruiz")
    assert (row["started"], row["ends"]) == ("2026-11-27T22:02:00.000Z", "2026-11-27T23:02:00.000Z")
    (end,) = rows(storage, "canvass_ends")
    assert (end["how"], end["person"], end["read_count"], end["ended"]) == (
        "hand", "Bo Chen", 312, "2026-11-27T22:42:00.000Z"
    )  # fmt: skip


@pytest.mark.parametrize(
    "payload",
    [
        STARTED.model_copy(update={"unit_id": "unit-2"}),
        STARTED.model_copy(update={"canvass_id": "unit-2:canvass-1"}),
        STARTED.model_copy(update={"area": "ellipse"}),
        ENDED.model_copy(update={"how": "by magic"}),
        ENDED.model_copy(update={"read_count": 2**70}),
        ENDED.model_copy(update={"unit_id": "unit-2"}),
    ],
)
def test_what_is_wrong_or_of_another_unit_is_refused(
    storage: Storage, payload: CanvassPayload | CanvassEndPayload
) -> None:
    assert send(storage, payload) == [422]
    assert (rows(storage, "canvasses"), rows(storage, "canvass_ends")) == ([], [])


def test_one_without_a_clock_and_without_an_area_is_stored(storage: Storage) -> None:
    started = replace(canvass(), area=None, partials=(), started=at(0, trusted=False), ends=None)
    assert send(storage, canvass_payload(started, "unit-1")) == [200]
    (row,) = rows(storage, "canvasses")
    assert (row["area"], row["started"], row["ends"]) == (None, None, None)
