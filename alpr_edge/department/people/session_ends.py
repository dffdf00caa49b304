"""Ends sessions of people at the department, inside the transaction that takes their access away."""

from collections.abc import Collection

from sqlalchemy import Connection

from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.domain.sessions.session import Factor, SessionEnd


def end_sessions_of(connection: Connection, person_id: str, factors: Collection[Factor] = tuple(Factor)) -> None:
    """End the sessions of a person.

    Args:
        connection: the connection of the transaction.
        person_id: the person.
        factors: the ways to sign in whose sessions end.
    """
    rows = DepartmentAccountRows(connection)
    for session in rows.live_sessions():
        if session.person_id == person_id and session.factor in factors:
            rows.save_session(session.finish(SessionEnd.ADMINISTRATOR))
