"""Notes from the access logs of units that a person signed in, so that whoever works does not count as idle (AC-2).

The next roster carries it as the person's last activity, and every other car learns of it.
"""

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


def note_activity(connection: Connection, body: bytes, received: datetime) -> None:
    """Note the sign-in of a record, if it is one of somebody of the department.

    Args:
        connection: the connection of the transaction that stores the record.
        body: the record, which was checked.
        received: when it arrived, by this server's clock: that of a car may be wrong, or be set wrong.
    """
    try:
        record = parse_record(body)
    except AuditError:
        return
    if record.action not in ACTIONS or record.outcome is not AccessOutcome.ALLOWED:
        return
    is_known = connection.scalar(select(people.c.person_id).where(people.c.person_id == record.person_id))
    noted = people_sign_ins.c
    last = connection.scalar(select(noted.last_utc).where(noted.person_id == record.person_id))
    if is_known is not None and (last is None or received - last > SAME_WITHIN):
        DepartmentAccountRows(connection).note_sign_in(record.person_id, received)
