"""Notes from the access logs of units that a person signed in, so that whoever works does not count as idle (AC-2).

The next roster carries it as the person's last activity, and every other car learns of it. Besides, a one-time code
that a car accepted is accepted here no more: whoever saw it typed could use it at the department within its minute.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from alpr_edge.access.totp import last_step_at
from alpr_edge.department.db.people_schema import people, people_sign_ins, people_used_steps
from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.domain.access_log.records import AccessOutcome, AccessRecord, parse_record
from alpr_edge.domain.errors import AuditError

SIGN_IN = "sign_in"
ACTIONS = frozenset({SIGN_IN, "reopen_session"})
"""Actions of a record that a person is active by."""
SAME_WITHIN = timedelta(hours=12)
"""A sign-in within this time after the last is not written again."""
CODE_LASTS = timedelta(minutes=2)
"""How long a code may be accepted at most; of a sign-in that arrives later every code has lapsed."""


def note_activity(connection: Connection, bodies: Sequence[bytes], received: datetime) -> None:
    """Note the sign-ins of records, of those that are of somebody of the department.

    Args:
        received: when they arrived, by this server's clock: that of a car may be wrong, or be set wrong.
    """
    records = list(filter(None, map(_sign_in_of, bodies)))
    # In the order of ids: two units whose people are the same then never wait for each other crosswise.
    ids = sorted({record.person_id for record in records})
    if not ids:
        return
    known = set(connection.scalars(select(people.c.person_id).where(people.c.person_id.in_(ids))))
    noted = people_sign_ins.c
    query = select(noted.person_id, noted.last_utc).where(noted.person_id.in_(ids))
    last = {row.person_id: row.last_utc for row in connection.execute(query)}
    for person_id in filter(known.__contains__, ids):
        if person_id not in last or received - last[person_id] > SAME_WITHIN:
            DepartmentAccountRows(connection).note_sign_in(person_id, received)
        by_code = (each for each in records if (each.person_id, each.action) == (person_id, SIGN_IN))
        moments = map(_moment_of, by_code)
        fresh = [min(each, received) for each in moments if each is not None and received - each < CODE_LASTS]
        if fresh:
            _use_codes(connection, person_id, last_step_at(max(fresh)))


def _use_codes(connection: Connection, person_id: str, step: int) -> None:
    """Accept no code of a person any more up to a time step."""
    rows, steps = DepartmentAccountRows(connection), people_used_steps.c
    used = connection.scalar(select(steps.step).where(steps.person_id == person_id))
    if used is None or used < step:
        rows.use_step(person_id, step)


def _moment_of(record: AccessRecord) -> datetime | None:
    """When somebody signed in, by the car's clock; None: that was not set."""
    return None if record.happened.utc is None else datetime.fromisoformat(record.happened.utc)


def _sign_in_of(body: bytes) -> AccessRecord | None:
    """A record by which somebody signed in; None: of anything else."""
    try:
        record = parse_record(body)
    except AuditError:
        return None
    is_sign_in = record.action in ACTIONS and record.outcome is AccessOutcome.ALLOWED and record.person_id != ""
    return record if is_sign_in else None
