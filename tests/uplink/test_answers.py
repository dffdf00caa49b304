"""What counts as a receipt, and what never does."""

import json
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.protocol.items import PROTOCOL_HEADER, AnswersPayload, ItemAnswerPayload, Outcome
from alpr_edge.uplink.delivery_responses import (
    BatchRefusedError,
    Reply,
    answer_of,
    department_utc_in,
    match_answers,
    parse_answers,
    retry_after_s,
)
from tests.uplink.items import read_item

URL = "https://department.example"
DATE = "Mon, 04 May 2026 12:00:00 GMT"
PAYLOADS = st.builds(
    ItemAnswerPayload,
    item_id=st.sampled_from(["read-1", "read-2", "stranger"]),
    outcome=st.sampled_from(["receipt", "retry", "refused", "receipted", ""]),
    status=st.integers(-1, 999),
    sha256=st.none() | st.sampled_from(["", "0" * 64, read_item(1).sha256, read_item(1).sha256.upper()]),
    detail=st.text(max_size=400),
)


def reply(status: int, body: bytes = b"", *, with_header: bool = True) -> Reply:
    return Reply(status, httpx.Headers({PROTOCOL_HEADER: "1"} if with_header else {}), body)


@given(st.integers(100, 999), st.binary(max_size=200), st.booleans())
def test_anything_but_a_well_formed_200_is_no_answer(status: int, body: bytes, with_header: bool) -> None:
    with pytest.raises((UplinkError, BatchRefusedError)):
        parse_answers(reply(status, body, with_header=with_header), URL)


def test_a_well_formed_200_is_understood_and_unknown_fields_are_ignored() -> None:
    given_answer = {"item_id": "read-1", "outcome": "receipt", "status": 200, "sha256": "0" * 64, "new": 1}
    body = json.dumps({"answers": [given_answer], "more": []}).encode()
    assert parse_answers(reply(200, body), URL).answers[0].sha256 == "0" * 64


@given(st.lists(PAYLOADS, max_size=8))
def test_every_item_gets_one_answer_and_a_receipt_only_for_a_named_digest(payloads: list[ItemAnswerPayload]) -> None:
    items = [read_item(1), read_item(2)]
    answers = match_answers(AnswersPayload(answers=payloads), items)
    assert [answer.item_id for answer in answers] == ["read-1", "read-2"]
    for answer in answers:
        mine = [payload for payload in payloads if payload.item_id == answer.item_id]
        if answer.outcome is Outcome.RECEIPT:
            assert all((payload.outcome, payload.status) == ("receipt", 200) for payload in mine)
            assert {(payload.sha256 or "").lower() for payload in mine} == {answer.sha256}
        if answer.outcome is Outcome.REFUSED:
            assert all(payload.status in {400, 409, 413, 422} for payload in mine)


@pytest.mark.review(11)
@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-05-04T12:00:00.250Z", datetime(2026, 5, 4, 12, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-05-04T14:00:00+02:00", datetime(2026, 5, 4, 12, tzinfo=UTC)),
        ("", None),
        ("2026-05-04T12:00:00", None),
        ("soon", None),
    ],
)
def test_the_department_s_time_is_taken_where_it_tells_one(text: str, utc: datetime | None) -> None:
    assert department_utc_in(AnswersPayload(answers=[], utc=text)) == utc
    assert department_utc_in(parse_answers(reply(200, b'{"answers": []}'), URL)) is None


@given(PAYLOADS)
def test_a_detail_is_short_and_on_one_line(payload: ItemAnswerPayload) -> None:
    detail = answer_of(payload).detail
    assert len(detail) <= 200
    assert detail.isprintable()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "99999999999999999999"}, 86_400.0),
        ({"retry_after": "Mon, 04 May 2026 12:01:30 GMT", "date": DATE}, 90.0),
        ({"retry_after": "Mon, 04 May 2026 11:00:00 GMT", "date": DATE}, 0.0),
        ({"retry_after": "Mon, 04 May 2026 12:01:30 GMT"}, None),
        ({"retry_after": "Mon, 04 May 2026 12:01:30 -0000", "date": DATE}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-3"}, None),
        ({"retry_after": "²"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    assert retry_after_s(httpx.Headers(raw)) == seconds


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_breaks_retry_after(value: str, date: str) -> None:
    wait_s = retry_after_s(httpx.Headers([(b"retry-after", value.encode()), (b"date", date.encode())]))
    assert wait_s is None or 0 <= wait_s <= 86_400
