"""Notes from the access logs of units that a person signed in, so that whoever works does not count as idle (AC-2).

The next roster carries it as the person's last activity, and every other car learns of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from alpr_edge.department.db.people_schema import people, people_sign_ins
from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.domain.access_log.records import AccessOutcome, parse_record
from alpr_edge.domain.errors import AuditError

ACTIONS = frozenset({"sign_in", "reopen_session"})
"""Actions of a record that a person is active by."""
SAME_WITHIN = timedelta(hours=12)
"""A sign-in within this time after the last is not written again."""


def note_activity(connection: Connection, bodies: Sequence[bytes], received: datetime) -> None:
    """Note the sign-ins of records, of those that are of somebody of the department.

    Args:
        connection: the connection of the transaction that stores the records.
        bodies: the records, which were checked.
        received: when they arrived, by this server's clock: that of a car may be wrong, or be set wrong.
    """
    # In the order of ids: two units whose people are the same then never wait for each other crosswise.
    ids = sorted(filter(None, {_signed_in(body) for body in bodies}))
    if not ids:
        return
    known = set(connection.scalars(select(people.c.person_id).where(people.c.person_id.in_(ids))))
    noted = people_sign_ins.c
    query = select(noted.person_id, noted.last_utc).where(noted.person_id.in_(ids))
    last = {row.person_id: row.last_utc for row in connection.execute(query)}
    for person_id in ids:
        if person_id in known and (person_id not in last or received - last[person_id] > SAME_WITHIN):
            DepartmentAccountRows(connection).note_sign_in(person_id, received)


def _signed_in(body: bytes) -> str:
    """The person who signed in by a record; empty: nobody did."""
    try:
        record = parse_record(body)
    except AuditError:
        return ""
    is_sign_in = record.action in ACTIONS and record.outcome is AccessOutcome.ALLOWED
    return record.person_id if is_sign_in else ""
