"""The record of what was changed about people: who, when, what it was before and is now, and why.

Each record holds the digest of the one before, so that one that was changed or left out is found; triggers of the
database refuse both. The access log gets number and digest of the newest with each change, in the same transaction, so
that an end that was cut off is found too. No record holds a credential: of those it says that they were set.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, func, insert, select

from alpr_edge.access.authorisation.operations import RULES, Operation
from alpr_edge.access.authorisation.record_texts import object_parts, record_sentence, record_word
from alpr_edge.department.access_log.log import allowed_records, append_record
from alpr_edge.department.db.database import folder_of
from alpr_edge.department.db.people_schema import people_changes, people_identities
from alpr_edge.department.people.account_rows import person_of_details
from alpr_edge.department.people.people_rows import credentials_by_id, find_entry
from alpr_edge.department.people.person_fields import Entry
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.access_log.record_notes import DONE
from alpr_edge.domain.access_log.records import DEPARTMENT, AccessEntry, AccessOutcome, RecordedChange, record_moment
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.instants import Instant, UtcSource, rfc3339
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.permissions.purposes import MAINTENANCE
from alpr_edge.domain.permissions.table import allows
from alpr_edge.domain.protocol.items import digest, encode
from alpr_edge.domain.protocol.payload import Payload

FIRST_PREVIOUS = "0" * 64
REASON_CHARACTERS_MAX = 500
LOGGED_END = "people_changes"
"""The name, in the access log, of the newest record's number and digest."""
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
    is_without_session: bool = False
    """Whether it is the owner of the folder, for a stated reason, though somebody could sign in for it."""


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


_OF_ACCOUNTS = frozenset({ChangeAction.ADD, ChangeAction.CHANGE, ChangeAction.SUSPEND, ChangeAction.TRAINING})
"""Actions whose records hold fields of a person."""
_LEFT_OUT = ("cjis_training_until", "alpr_training_until")
"""Fields that the record of a new person leaves out where they are empty."""


def note_changes(connection: Connection, author: Author, changes: Iterable[Change]) -> int:
    """Append records, and put on record in the access log that they are there; returns the number of the last.

    Args:
        connection: the connection of a transaction that may write, which makes the changes themselves too.
    """
    changes, sequence = tuple(changes), last_change(connection)
    previous = _digest_of(connection, sequence)
    before, rows = _end_text(sequence, previous), []
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
        _log_changes(connection, author, changes, (before, _end_text(sequence, previous)))
    return sequence


def last_change(connection: Connection) -> int:
    """The number of the newest record; 0: there is none."""
    return connection.scalar(select(func.max(people_changes.c.sequence))) or 0


def read_changes(connection: Connection, first: int = 1) -> Iterator[ChangePayload]:
    """The records from a number on, each checked against the one before."""
    table, sequence = people_changes.c, first - 1
    previous = _digest_of(connection, sequence)
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


def check_logged(connection: Connection) -> int:
    """Compare the end of the records with what the access log says of it.

    Returns:
        The number of the first record that the access log knows; 0: it knows none, as an earlier release made them all.
    """
    newest, last = next(_logged_ends(connection, is_newest_first=True), None), last_change(connection)
    if newest is None:
        return 0
    sequence, sha256 = _parse_end(newest.after)
    if last < sequence:
        raise AuditError(
            f"the people's changes end with record {last}; the access log has {sequence}: the end is cut off"
        )
    if _digest_of(connection, sequence) != sha256:
        raise AuditError(f"record {sequence} of the people's changes is not the one that the access log has")
    if last > sequence:
        raise AuditError(
            f"the access log has the people's changes up to record {sequence}; {last} are here: its end is cut off, "
            "or they were made past it; see: alpr-edge department audit verify"
        )
    first = next(_logged_ends(connection, is_newest_first=False))
    return _parse_end(first.before)[0] + 1


def may_change_people(person: Person, moment: datetime) -> bool:
    """Whether somebody may change people: in service, trained, and of a role that may."""
    is_fit = person.fault_at(moment) is None and person.training.fault_at(moment) is None
    return is_fit and allows(person.roles, RULES[Operation.CHANGE_PEOPLE].action, MAINTENANCE.code)


def has_been_there(connection: Connection, may: Callable[[Person, datetime], bool]) -> bool:
    """Whether somebody was there, at some moment, who has something to sign in with and may do something.

    Whoever was suspended or lost the role since counts: otherwise that would free others of asking them.

    Args:
        may: whether a person may, at a moment.
    """
    ids = {person_id for person_id, ways in credentials_by_id(connection).items() if any(ways)}
    ids |= set(connection.scalars(select(people_identities.c.person_id)))
    fields: dict[str, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(_LEFT_OUT))
    for record in read_changes(connection) if ids else ():
        if record.person_id in ids and record.action in _OF_ACCOUNTS:
            fields[record.person_id] |= record.new
            at = datetime.fromisoformat(record.at)
            # When they signed in last is not in the records: it does not matter here.
            if may(replace(person_of_details(fields[record.person_id]), active_at=at), at):
                return True
    return False


def entry_change(action: ChangeAction, before: Entry | None, after: Entry) -> Change:
    """The change from a person as they were (None: they are new) to how they are."""
    old, new = changed_fields({} if before is None else _fields(before), _fields(after))
    return Change(action, after.person.person_id, {} if before is None else old, new)


def changed_fields(old: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields in which two descriptions differ, as they were and as they are."""
    names = [name for name in new if old.get(name) != new[name]]
    return {name: old.get(name) for name in names}, {name: new[name] for name in names}


def _fields(entry: Entry) -> dict[str, Any]:
    return entry.details | {"units": list(entry.units)}


def _log_changes(connection: Connection, author: Author, changes: tuple[Change, ...], ends: tuple[str, str]) -> None:
    """Put changes on record in the access log, with the end of the records before and after."""
    kind, _, name = author.name.partition(":")
    person = find_entry(connection, name) if kind == "person" else None
    now = Instant("", 0, author.at, UtcSource.NTP)
    actions = ", ".join(dict.fromkeys(change.action for change in changes))
    person_ids = list(dict.fromkeys(change.person_id for change in changes if change.person_id))
    for objects in object_parts(person_ids):
        entry = AccessEntry(
            person_id=name if kind == "person" else author.name if name else "",
            person=record_word(name or kind if person is None else person.person.name),
            organisation="" if person is None else record_word(person.person.organisation),
            component=DEPARTMENT,
            action=Operation.CHANGE_PEOPLE.value,
            objects=tuple(map(record_word, objects)),
            purpose=MAINTENANCE.code,
            note=record_sentence("; ".join(part for part in (f"{DONE}: {actions}", author.reason) if part)),
            outcome=AccessOutcome.ALLOWED,
            changes=(RecordedChange(name=LOGGED_END, before=ends[0], after=ends[1]),),
            happened=record_moment(now),
        )
        append_record(connection, Witness(folder_of(connection)), entry, now)


def _logged_ends(connection: Connection, *, is_newest_first: bool) -> Iterator[RecordedChange]:
    for record in allowed_records(connection, Operation.CHANGE_PEOPLE.value, is_newest_first=is_newest_first):
        yield from (change for change in record.changes if change.name == LOGGED_END)


def _end_text(sequence: int, sha256: str) -> str:
    return f"{sequence} sha256:{sha256}"


def _parse_end(text: str) -> tuple[int, str]:
    sequence, _, sha256 = text.partition(" sha256:")
    return int(sequence), sha256


def _digest_of(connection: Connection, sequence: int) -> str:
    """The digest of a record; that of the first one's predecessor where there is no such record."""
    body = connection.scalar(select(people_changes.c.body).where(people_changes.c.sequence == sequence))
    return FIRST_PREVIOUS if body is None else digest(body)


def _payload(body: bytes) -> ChangePayload | None:
    try:
        return ChangePayload.model_validate_json(body)
    except ValidationError:
        return None
