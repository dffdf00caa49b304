"""Interprets the department's answers: anything doubtful counts as "not stored".

Trying again costs nothing, because the department stores an item once; a receipt believed wrongly would lose a read.

A captive portal's page with status 200, a proxy's own 400 and a login form's 401 look like answers. Those of the
department carry ``PROTOCOL_HEADER``, and a receipt carries the digest of what was stored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx
import structlog
from pydantic import ValidationError

from alpr_edge.domain.errors import ServerFailedError, UnauthorisedError, UplinkError
from alpr_edge.domain.instants import to_utc
from alpr_edge.domain.protocol.enrolment import RefusedPayload
from alpr_edge.domain.protocol.items import (
    PROTOCOL_HEADER,
    Answer,
    AnswersPayload,
    ItemAnswerPayload,
    OutboxItem,
    Outcome,
)
from alpr_edge.domain.protocol.rosters import ROSTER_SERIAL_HEADER

ANSWER_BYTES_MAX = 1024 * 1024
RETRY_AFTER_S_MAX = 86_400.0
DETAIL_MAX = 200

log = structlog.get_logger(__name__)

_SERIAL = re.compile(r"[0-9]{1,18}")
_REFUSED = {400, 409, 413, 422}
_SPLIT = {400, 413, 422}
_LATER = {408, 425, 429}


class BatchRefusedError(Exception):
    """The batch as a whole is not accepted in this form: one of its items is to blame, or their number.

    Args:
        status: the HTTP status: 400, 413 or 422.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole HTTP answer."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_of_department(self) -> bool:
        """Whether the department answered, and not a server in between."""
        return PROTOCOL_HEADER in self.headers


def parse_answers(reply: Reply, url: str) -> AnswersPayload:
    if reply.status in {401, 403}:
        detail = refusal_detail_of(reply)
        line = f"{url}: this unit is not accepted (status {reply.status})" + (f": {detail}" if detail else "")
        raise UnauthorisedError(line, retry_after_s(reply.headers))
    # A proxy answers 413 for a large body as well; its 400 or 422 says nothing about an item.
    if reply.status == 413 or (reply.is_of_department and reply.status in _SPLIT):
        raise BatchRefusedError(reply.status)
    if reply.status in _LATER or reply.status >= 500:
        kind = ServerFailedError if reply.status >= 500 else UplinkError
        asked_s = retry_after_s(reply.headers)
        if asked_s is None and reply.status == 429:  # too many requests: it asks for a wait and does not say how long
            asked_s = 0.0
        raise kind(f"{url}: asks to try later (status {reply.status})", asked_s)
    if reply.status != 200:
        raise UplinkError(f"{url}: unexpected status {reply.status}; check [uplink] url")
    try:
        return AnswersPayload.model_validate_json(reply.body)
    except ValidationError:
        raise UplinkError(f"{url}: answered, but not as a department does; is a login page in between?") from None


def refusal_detail_of(reply: Reply) -> str:
    """The department's reason for refusing a request as a whole; empty where another server answered."""
    try:
        return printable(RefusedPayload.model_validate_json(reply.body).detail) if reply.is_of_department else ""
    except ValidationError:
        return ""


def printable(text: str) -> str:
    """Text from another machine on one line: printable characters alone, at most :data:`DETAIL_MAX`."""
    return "".join(character for character in text if character.isprintable())[:DETAIL_MAX]


def match_answers(payload: AnswersPayload, items: Sequence[OutboxItem]) -> list[Answer]:
    """One answer an item, in order. Without an answer, or with two that disagree, an item is to be sent again."""
    by_id: dict[str, list[Answer]] = {item.item_id: [] for item in items}
    unknown_count = 0
    for item_answer in payload.answers:
        if item_answer.item_id in by_id:
            by_id[item_answer.item_id].append(answer_of(item_answer))
        else:
            unknown_count += 1
    if unknown_count:
        log.warning("uplink.unknown_answers", count=unknown_count)
    return [_single_answer(item_id, answers) for item_id, answers in by_id.items()]


def department_utc_in(payload: AnswersPayload) -> datetime | None:
    """The department's time as it answered; None where it states none, or none that is understood."""
    try:
        return to_utc(datetime.fromisoformat(payload.utc))
    except ValueError:
        return None


def answer_of(item_answer: ItemAnswerPayload) -> Answer:
    """The department's answer for one item; a receipt needs its digest, a refusal a status that is one."""
    detail = printable(f"{item_answer.status} {item_answer.detail}").strip()
    if item_answer.outcome == Outcome.RECEIPT and item_answer.status == 200 and item_answer.sha256:
        return Answer(item_answer.item_id, Outcome.RECEIPT, item_answer.sha256.lower())
    if item_answer.outcome == Outcome.REFUSED and item_answer.status in _REFUSED:
        return Answer(item_answer.item_id, Outcome.REFUSED, detail=detail)
    return Answer(item_answer.item_id, Outcome.RETRY, detail=detail)


def retry_after_s(headers: httpx.Headers) -> float | None:
    """Seconds of a Retry-After header, at most a day; None without a usable one (RFC 9110, 10.2.3).

    A date is taken against the answer's own Date: this machine's clock may be unset.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), RETRY_AFTER_S_MAX)
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):  # the last two: one of them has no zone, or a number without end
        return None
    return min(max(wait.total_seconds(), 0.0), RETRY_AFTER_S_MAX)


def roster_serial_in(headers: httpx.Headers) -> int:
    """Serial of the newest roster, by an answer of the department; 0 where it names none."""
    text = headers.get(ROSTER_SERIAL_HEADER, "") if PROTOCOL_HEADER in headers else ""
    return int(text) if _SERIAL.fullmatch(text) else 0


def _single_answer(item_id: str, answers: list[Answer]) -> Answer:
    if not answers:
        return Answer(item_id, Outcome.RETRY, detail="not answered")
    if any((answer.outcome, answer.sha256) != (answers[0].outcome, answers[0].sha256) for answer in answers):
        return Answer(item_id, Outcome.RETRY, detail="answered twice, differently")
    return answers[0]
