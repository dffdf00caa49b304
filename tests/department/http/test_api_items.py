"""Items made from the description of their kinds, sent over TLS: none stops a batch, and good ones are stored."""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alpr_edge.department.http.description.document import KINDS_KEY
from alpr_edge.domain.protocol.access_log import record_item_id
from alpr_edge.domain.protocol.bookings import booking_item_id
from alpr_edge.domain.protocol.canvass import canvass_end_item_id, canvass_item_id
from alpr_edge.domain.protocol.dispositions import disposition_item_id
from alpr_edge.domain.protocol.hits import alert_item_id, late_tone_item_id, withdrawal_item_id
from alpr_edge.domain.protocol.holds import hold_item_id, hold_release_item_id
from alpr_edge.domain.protocol.items import ITEMS_PATH, AnswersPayload, ItemKind, Outcome, digest
from alpr_edge.domain.protocol.time_corrections import time_item_id
from tests.department.http.api_caller import ApiCaller, operations_of
from tests.department.http.test_api_requests import DOCUMENT

Body = dict[str, Any]

ITEM_IDS: dict[ItemKind, Callable[[Body], str]] = {
    ItemKind.READ: lambda body: str(body["read_id"]),
    ItemKind.HIT: lambda body: str(body["hit_id"]),
    ItemKind.TIME: lambda body: time_item_id(body["read_id"], sure=body["sure"]),
    ItemKind.ALERT: lambda body: alert_item_id(body["hit_id"]),
    ItemKind.WITHDRAWAL: lambda body: withdrawal_item_id(body["hit_id"]),
    ItemKind.LATE_TONE: lambda body: late_tone_item_id(body["hit_id"]),
    ItemKind.DISPOSITION: lambda body: disposition_item_id(body["disposition_id"]),
    ItemKind.HOLD: lambda body: hold_item_id(body["hold_id"], body["read_ids"]),
    ItemKind.HOLD_RELEASE: lambda body: hold_release_item_id(body["hold_id"]),
    ItemKind.CANVASS: lambda body: canvass_item_id(body["canvass_id"]),
    ItemKind.CANVASS_END: lambda body: canvass_end_item_id(body["canvass_id"]),
    ItemKind.ACCESS_RECORD: lambda body: record_item_id(body["log_id"], body["sequence"]),
    ItemKind.BOOKING: lambda body: booking_item_id(body["package_id"]),
}
"""The id of the item of a body; a checkpoint is made by a key, not by a description."""
IDS = ("read_id", "hit_id", "disposition_id", "hold_id", "canvass_id", "package_id")
STORED = {*ITEM_IDS} - {ItemKind.TIME, ItemKind.HOLD, ItemKind.CANVASS, ItemKind.CANVASS_END, ItemKind.ACCESS_RECORD}
"""Kinds that have no rule beyond their description."""
MOMENTS = ("2026-05-04T12:30:00.123Z", "2026-05-04T12:30:00+14:00")
UNREADABLE = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-05-04T12:30", "")
FEW, MANY = 4, 150
_numbers = itertools.count()


def bodies(kind: ItemKind, moments: Sequence[str]) -> st.SearchStrategy[Body]:
    """Bodies of a kind, as its description has them, and with one of some moments."""
    content = {"application/json": {"schema": {"$ref": DOCUMENT[KINDS_KEY][kind.value]}}}
    body = {"requestBody": {"required": True, "content": content}, "responses": {"200": {"description": "stored"}}}
    document = {**DOCUMENT, "paths": {"/item": {"post": body}}}
    operation = operations_of(schemathesis.openapi.from_dict(document))[0]
    cases: st.SearchStrategy[schemathesis.Case[Any]] = operation.as_strategy()
    return st.builds(lambda case, moment: with_moment(case.body, moment), cases, st.sampled_from(moments))


def with_moment(value: Any, moment: str) -> Any:  # noqa: ANN401 - any value of JSON
    """A value whose moments are these."""
    match value:
        case dict():
            return {
                name: moment if name == "utc" and each else with_moment(each, moment) for name, each in value.items()
            }
        case list():
            return [with_moment(each, moment) for each in value]
        case _:
            return value


def deliver(caller: ApiCaller, kind: ItemKind, count: int, moments: Sequence[str] = MOMENTS) -> Counter[int]:
    """Deliver bodies of a kind beside a good item; how often each status was the answer."""
    statuses = Counter[int]()
    bounds = settings(
        max_examples=count,
        phases=(Phase.generate, Phase.shrink),
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    with caller.client() as client:

        @bounds
        @given(bodies(kind, moments))
        def deliver_one(body: Body) -> None:
            number = next(_numbers)
            body |= {name: f"{caller.unit_id}:{number}" for name in IDS if name in body} | {"unit_id": caller.unit_id}
            body |= {"origin": "unit"} if kind is ItemKind.HOLD else {}
            content, beside = json.dumps(body).encode(), json.dumps({"number": number}).encode()
            sent = {ITEM_IDS[kind](body): (kind.value, content), f"beside-{number}": ("access", beside)}
            files = {
                item_id: (name, each, "application/json", {"Alpr-Edge-Sha256": digest(each)})
                for item_id, (name, each) in sent.items()
            }
            answer = client.post(ITEMS_PATH, files=files)
            assert answer.status_code == 200
            answers = AnswersPayload.model_validate_json(answer.content).answers
            assert [each.item_id for each in answers] == [*sent]
            assert answers[1].outcome == Outcome.RECEIPT
            assert answers[0].status < 500
            statuses[answers[0].status] += 1

        deliver_one()
    return statuses


@pytest.mark.parametrize("kind", [*ITEM_IDS])
def test_an_item_of_its_description_stops_no_batch(caller: ApiCaller, kind: ItemKind) -> None:
    statuses = deliver(caller, kind, FEW)
    assert {*statuses} <= {200, 400, 409, 422}
    assert statuses[200] or kind not in STORED


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*ITEM_IDS])
def test_many_items_of_their_description_stop_no_batch(caller: ApiCaller, kind: ItemKind) -> None:
    assert {*deliver(caller, kind, MANY, (*MOMENTS, *UNREADABLE))} <= {200, 400, 409, 422}
