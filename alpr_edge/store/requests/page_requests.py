"""Keeps what the page asks of the capture daemon, and its answers: each request is answered once.

A request about a read goes with the read. Of the others, which hold no plate, the newest are kept; that somebody muted
the unit stands in the access log for years.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Text, delete, func, insert, select, update

from alpr_edge.domain.errors import DispositionError, RefusedError, StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.page_requests.corrections import Correction
from alpr_edge.domain.page_requests.mute import EndOfMute, Mute, MuteOrder
from alpr_edge.domain.page_requests.quiet import EndOfQuiet, QuietOrder
from alpr_edge.domain.page_requests.request import Content, PageRequest, RequestAnswer, RequestOutcome
from alpr_edge.domain.vehicle_alerts import EntryKey, key_of
from alpr_edge.store.db.row_mapping import hit_of, instant_of, instant_or_none, instant_row
from alpr_edge.store.db.schema import hits, requests

WAITING_MAX = 100
"""Most requests that wait for an answer."""
PER_READ_MAX = 50
"""Most requests about one read."""
WITHOUT_READ_MAX = 1000
"""Most requests that are kept about no read."""
ANSWERED_AT_ONCE_MAX = 16
_KINDS: dict[str, type[Content]] = {
    "correction": Correction,
    "mute": MuteOrder,
    "end_mute": EndOfMute,
    "quiet": QuietOrder,
    "end_quiet": EndOfQuiet,
}
_WORDS: dict[type[Content], str] = {kind: word for word, kind in _KINDS.items()}
_MUTES = ("mute", "end_mute")
_QUIETS = ("quiet", "end_quiet")


def add_request(connection: Connection, request: PageRequest) -> None:
    """Store a request, within a transaction; the oldest ones about no read go where there are too many.

    One that has its answer takes no place among those that wait: what ``run`` says of itself is stored however many do.

    Raises:
        DispositionError: too many were made about this read.
        StoreError: too many wait for an answer.
    """
    if request.answered is None and _count_waiting(connection) >= WAITING_MAX:
        raise StoreError("the unit answers nothing at present: alpr-edge run is not at work")
    read_id = _read_id(request)
    about_read = select(func.count()).where(requests.c.read_id == read_id)
    if read_id is not None and (connection.scalar(about_read) or 0) >= PER_READ_MAX:
        raise DispositionError(f"this read was corrected {PER_READ_MAX} times already")
    connection.execute(insert(requests), _row(request))
    without_read = select(requests.c.seq).where(requests.c.read_id.is_(None), requests.c.answered_boot_id.is_not(None))
    surplus = without_read.order_by(requests.c.seq.desc()).offset(WITHOUT_READ_MAX)
    connection.execute(delete(requests).where(requests.c.seq.in_(surplus)))


def waiting_requests(connection: Connection) -> list[PageRequest]:
    """The requests that wait for an answer, corrections last, of each kind the oldest first, some at a time."""
    order = (requests.c.kind == "correction", requests.c.seq)
    query = select(requests).where(_waits()).order_by(*order)
    return [_request_of(row) for row in connection.execute(query.limit(ANSWERED_AT_ONCE_MAX)).mappings()]


def late_requests(connection: Connection, now: Instant) -> list[bool]:
    """Of each request that waits for an answer, the oldest first, whether it waits for too long by now."""
    query = select(requests).where(_waits()).order_by(requests.c.seq)
    return [_request_of(row).is_too_late(now) for row in connection.execute(query).mappings()]


def answer_request(connection: Connection, request_id: str, answer: RequestAnswer, now: Instant) -> None:
    """Store an answer, within the transaction of what the request brings about.

    Raises:
        RefusedError: it is answered already, or not there any more; then nothing of the transaction may be kept.
    """
    is_it = (requests.c.request_id == request_id) & requests.c.answered_boot_id.is_(None)
    values = _answer_row(answer, now)
    if connection.execute(update(requests).where(is_it).values(**values)).rowcount != 1:
        raise RefusedError(f"request {request_id} does not wait for an answer")


def requests_about(connection: Connection, read_ids: Sequence[str]) -> list[PageRequest]:
    """The requests about some reads, the oldest first."""
    query = select(requests).where(requests.c.read_id.in_(read_ids)).order_by(requests.c.seq)
    return [_request_of(row) for row in connection.execute(query).mappings()]


def request_of(connection: Connection, request_id: str) -> PageRequest | None:
    row = connection.execute(select(requests).where(requests.c.request_id == request_id)).mappings().first()
    return None if row is None else _request_of(row)


def newest_mute_request(connection: Connection) -> PageRequest | None:
    """The newest request that begins or ends a mute; None: there is none."""
    query = select(requests).where(requests.c.kind.in_(_MUTES)).order_by(requests.c.seq.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else _request_of(row)


def mute_in_force(connection: Connection, now: Instant) -> Mute | None:
    """The mute that the capture daemon has begun and that has not ended; None: the unit is not muted."""
    query = select(requests).where(requests.c.kind.in_(_MUTES), _is_done()).order_by(requests.c.seq.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    request = None if row is None else _request_of(row)
    if request is None or not isinstance(request.content, MuteOrder):
        return None
    mute = Mute(request.person, request.made, request.content.minutes)
    return mute if mute.holds(now) else None


def quiet_requests(connection: Connection, boot_id: str) -> dict[EntryKey, list[PageRequest]]:
    """Return the requests of a boot to keep entries quiet or let them sound, by entry, oldest first.

    A request names a hit, so that it holds no plate; one whose hit was deleted is left out, and its entry sounds.
    """
    is_quiet = requests.c.kind.in_(_QUIETS) & (requests.c.made_boot_id == boot_id)
    rows = connection.execute(select(requests).where(is_quiet).order_by(requests.c.seq)).mappings()
    found = [_request_of(row) for row in rows]
    hit_ids = {request.content.hit_id for request in found if isinstance(request.content, QuietOrder | EndOfQuiet)}
    named = connection.execute(select(hits).where(hits.c.hit_id.in_(hit_ids))).mappings()
    keys = {row["hit_id"]: key_of(hit_of(row).entry) for row in named}
    by_entry: defaultdict[EntryKey, list[PageRequest]] = defaultdict(list)
    for request in found:
        if isinstance(request.content, QuietOrder | EndOfQuiet) and request.content.hit_id in keys:
            by_entry[keys[request.content.hit_id]].append(request)
    return by_entry


def quiet_entries(by_entry: Mapping[EntryKey, Sequence[PageRequest]]) -> dict[EntryKey, PageRequest]:
    """Return the entries whose newest executed request keeps them quiet, with that request."""
    newest = {key: [each for each in made if _was_done(each)][-1:] for key, made in by_entry.items()}
    return {key: each for key, made in newest.items() for each in made if isinstance(each.content, QuietOrder)}


def _was_done(request: PageRequest) -> bool:
    return request.answer is not None and request.answer.outcome is RequestOutcome.DONE


def _is_done() -> ColumnElement[bool]:
    return func.json_extract(requests.c.answer, "$.outcome", type_=Text) == RequestOutcome.DONE.value


def _waits() -> ColumnElement[bool]:
    """Whether a request waits for an answer; a later release may have left others, which nobody here answers."""
    return requests.c.answered_boot_id.is_(None) & requests.c.kind.in_(_KINDS)


def _count_waiting(connection: Connection) -> int:
    return connection.scalar(select(func.count()).where(_waits())) or 0


def _read_id(request: PageRequest) -> str | None:
    return request.content.read_id if isinstance(request.content, Correction) else None


def _row(request: PageRequest) -> dict[str, Any]:
    answered: dict[str, Any] = {}
    if request.answer is not None and request.answered is not None:
        answered = _answer_row(request.answer, request.answered)
    return {
        "request_id": request.request_id,
        "kind": _WORDS[type(request.content)],
        "content": asdict(request.content),
        "read_id": _read_id(request),
        "person_id": request.person_id,
        "person": request.person,
        "session": request.session,
        **instant_row("made", request.made),
        **answered,
    }


def _answer_row(answer: RequestAnswer, now: Instant) -> dict[str, Any]:
    return {"answer": {"outcome": answer.outcome.value, "hit_ids": answer.hit_ids}, **instant_row("answered", now)}


def _request_of(row: RowMapping) -> PageRequest:
    answer = row["answer"]
    return PageRequest(
        request_id=row["request_id"],
        content=_KINDS[row["kind"]](**row["content"]),
        person_id=row["person_id"],
        person=row["person"],
        session=row["session"],
        made=instant_of(row, "made"),
        answer=None if answer is None else RequestAnswer(RequestOutcome(answer["outcome"]), tuple(answer["hit_ids"])),
        answered=instant_or_none(row, "answered"),
    )
