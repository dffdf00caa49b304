"""The rows of requests and their steps, sealed; nothing here asks whether somebody may see or make them."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select

from alpr_edge.department.db.permanent_tables.release_schema import release_requests, release_steps
from alpr_edge.department.db.sealed_values import cipher_of
from alpr_edge.domain.releases.requests import ReleaseRequest
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep

_REQUEST, _STEP = TypeAdapter(ReleaseRequest), TypeAdapter(RequestStep)


@dataclass(frozen=True, slots=True)
class FiledRequest:
    """A request as it is on file."""

    request_id: str
    request: ReleaseRequest
    steps: tuple[RequestStep, ...]
    """What was done, the entry first."""

    @property
    def state(self) -> ReleaseState:
        return self.steps[-1].state


def add_request(
    connection: Connection, request_id: str, request: ReleaseRequest, letter: bytes, entry: RequestStep
) -> None:
    """Put a request, its letter and its first step on file."""
    cipher = cipher_of(connection)
    row = {
        "request_id": request_id,
        "entered_at": entry.at,
        "body": cipher.seal(_REQUEST.dump_json(request), f"release_requests/{request_id}"),
        "letter_sha256": request.letter_sha256,
        "letter": cipher.seal(letter, f"release_requests/{request_id}/letter"),
    }
    connection.execute(insert(release_requests).values(row))
    add_step(connection, request_id, 0, entry)


def add_step(connection: Connection, request_id: str, number: int, step: RequestStep) -> None:
    """Put the next step of a request on file."""
    row = {
        "request_id": request_id,
        "number": number,
        "state": step.state.value,
        "at": step.at,
        "person_id": step.person_id,
        "body": cipher_of(connection).seal(_STEP.dump_json(step), _step_place(request_id, number)),
    }
    connection.execute(insert(release_steps).values(row))


def read_request(connection: Connection, request_id: str) -> FiledRequest | None:
    """A request with its steps; None: there is none."""
    query = select(release_requests.c.body).where(release_requests.c.request_id == request_id)
    body = connection.scalar(query)
    if body is None:
        return None
    cipher = cipher_of(connection)
    request = _REQUEST.validate_json(cipher.open(body, f"release_requests/{request_id}"))
    of_request = release_steps.c.request_id == request_id
    rows = connection.execute(
        select(release_steps.c.number, release_steps.c.body).where(of_request).order_by(release_steps.c.number)
    )
    steps = (_STEP.validate_json(cipher.open(sealed, _step_place(request_id, number))) for number, sealed in rows)
    return FiledRequest(request_id, request, tuple(steps))


def read_letter(connection: Connection, request_id: str) -> bytes:
    """The written request."""
    query = select(release_requests.c.letter).where(release_requests.c.request_id == request_id)
    return cipher_of(connection).open(connection.scalar(query) or b"", f"release_requests/{request_id}/letter")


def request_ids(connection: Connection, count_max: int) -> list[str]:
    """The newest requests, the oldest of them first."""
    order = release_requests.c.entered_at.desc(), release_requests.c.request_id.desc()
    query = select(release_requests.c.request_id).order_by(*order).limit(count_max)
    return list(reversed(connection.scalars(query).all()))


def ids_of_period(connection: Connection, begin: datetime, end: datetime) -> list[str]:
    """The requests that were entered from one moment up to another, in their order."""
    entered = release_requests.c.entered_at
    query = select(release_requests.c.request_id).where(entered >= begin, entered < end)
    return list(connection.scalars(query.order_by(entered, release_requests.c.request_id)).all())


def _step_place(request_id: str, number: int) -> str:
    return f"release_steps/{request_id}/{number}"
