"""The record of what was changed about people: who, when, what it was before and is now, and why.

Each record holds the digest of the one before, so that one that was changed or left out is found; triggers of the
database refuse both. No record holds a credential: of those it says that they were set.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, func, insert, select

from alpr_edge.department.db.people_schema import people_changes
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.items import digest, encode
from alpr_edge.domain.protocol.payload import Payload

FIRST_PREVIOUS = "0" * 64
REASON_CHARACTERS_MAX = 500
_READ_AT_ONCE = 500


class ChangeAction(StrEnum):
    """What was done."""

    ADD = "add"
    CHANGE = "change"
    SUSPEND = "suspend"
    SIGN_OUT = "sign_out"
    """An administrator ended the sessions of somebody whose account stays."""
    UNLOCK = "unlock"
    RELEASE_CODE = "release_code"
    """A one-time code was made that unlocks the account in a car without a link."""
    INVITE = "invite"
    CREDENTIALS = "credentials"
    """A person set what they sign in with: by an invitation, or while they were signed in."""
    LINK = "link"
    """A single sign-on was linked to the person."""
    UNLINK = "unlink"
    TRAINING = "training"
    """The Training Supervisor recorded a training."""
    PUBLISH = "publish"
    """A roster was published."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes changes, and when."""

    name: str
    """A login as ``login:NAME``, or a person as ``person:ID``."""
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change."""

    action: ChangeAction
    person_id: str = ""
    old: dict[str, Any] = field(default_factory=dict)
    """The fields that were changed, as they were."""
    new: dict[str, Any] = field(default_factory=dict)


class ChangePayload(Payload):
    """A record, as it is stored."""

    sequence: int
    at: str
    author: str
    action: str
    person_id: str
    old: dict[str, Any]
    new: dict[str, Any]
    reason: str
    previous_sha256: str


def note_changes(connection: Connection, author: Author, changes: Iterable[Change]) -> int:
    """Append records; returns the number of the last.

    Args:
        connection: the connection of a transaction that may write, which makes the changes themselves too.
        author: who makes them.
        changes: the changes.
    """
    sequence = last_change(connection)
    newest = select(people_changes.c.body).where(people_changes.c.sequence == sequence)
    previous = FIRST_PREVIOUS if sequence == 0 else digest(connection.scalars(newest).one())
    rows = []
    for change in changes:
        sequence += 1
        payload = ChangePayload(
            sequence=sequence,
            at=rfc3339(author.at),
            author=author.name,
            action=change.action,
            person_id=change.person_id,
            old=change.old,
            new=change.new,
            reason=author.reason[:REASON_CHARACTERS_MAX],
            previous_sha256=previous,
        )
        body = encode(payload)
        previous = digest(body)
        rows.append({"sequence": sequence, "body": body})
    if rows:
        connection.execute(insert(people_changes), rows)
    return sequence


def last_change(connection: Connection) -> int:
    """The number of the newest record; 0: there is none."""
    return connection.scalar(select(func.max(people_changes.c.sequence))) or 0


def read_changes(connection: Connection, first: int = 1) -> Iterator[ChangePayload]:
    """The records from a number on, each checked against the one before.

    Raises:
        AuditError: a record is missing, was changed, or is none.
    """
    table, sequence = people_changes.c, first - 1
    before = connection.scalar(select(table.body).where(table.sequence == sequence)) if sequence > 0 else None
    previous = FIRST_PREVIOUS if before is None else digest(before)
    while True:
        query = select(table.sequence, table.body).where(table.sequence > sequence).order_by(table.sequence)
        rows = connection.execute(query.limit(_READ_AT_ONCE)).all()
        if not rows:
            return
        for row in rows:
            sequence += 1
            payload = _payload(row.body)
            if payload is None or (row.sequence, payload.sequence) != (sequence, sequence):
                raise AuditError(f"record {sequence} of the people's changes is missing or damaged")
            if payload.previous_sha256 != previous:
                raise AuditError(f"record {sequence} of the people's changes does not follow the one before it")
            previous = digest(row.body)
            yield payload


def changed_fields(old: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields in which two descriptions differ, as they were and as they are."""
    names = [name for name in new if old.get(name) != new[name]]
    return {name: old.get(name) for name in names}, {name: new[name] for name in names}


def _payload(body: bytes) -> ChangePayload | None:
    try:
        return ChangePayload.model_validate_json(body)
    except ValidationError:
        return None
