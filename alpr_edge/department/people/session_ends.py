"""Ends sessions of people at the department, inside the transaction that takes their access away or renews it."""

from collections.abc import Collection

from sqlalchemy import Connection

from alpr_edge.department.people.account_rows import DepartmentAccountRows
from alpr_edge.domain.sessions.session import Factor, SessionEnd


def end_sessions_of(
    connection: Connection,
    person_id: str,
    factors: Collection[Factor] = tuple(Factor),
    *,
    reason: SessionEnd = SessionEnd.ADMINISTRATOR,
    except_sha256: str = "",
) -> int:
    """End the sessions of a person; returns how many.

    Args:
        connection: the connection of the transaction.
        person_id: the person.
        factors: the ways to sign in whose sessions end.
        reason: why they end.
        except_sha256: the digest of the token of the one that stays; empty: none does.
    """
    rows = DepartmentAccountRows(connection)
    ended = [
        each.finish(reason)
        for each in rows.live_sessions()
        if each.person_id == person_id and each.factor in factors and each.token_sha256 != except_sha256
    ]
    for session in ended:
        rows.save_session(session)
    return len(ended)
