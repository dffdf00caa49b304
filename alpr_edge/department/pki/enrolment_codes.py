"""One-time enrollment codes: made for one unit, shown once, good for one certificate.

What is stored is an HMAC-SHA256 of unit id and code under a key derived from the authority's, so that neither a copy of
the database nor a look at it helps to guess. A code ends by its time, by its use, by a newer code or by the unit's
revocation. Wrong tries do not end it, as a stranger could make them, and are not stored: of 95 random bits nobody
guesses a code. They count against the address that made them (:mod:`~alpr_edge.runtime.network.rate_limit`).
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from alpr_edge.department.db.database import naive_utc_now
from alpr_edge.department.db.schema import enrolment_codes
from alpr_edge.domain.protocol.enrolment import Refusal
from alpr_edge.domain.protocol.enrolment_codes import draw_code, parse_code

REPEAT_WITHIN = timedelta(hours=1)
"""How long after its use a code still gives the same key the same certificate: an answer may be lost on the way."""
_LOOKED_AT_MAX = 16
"""Newest codes of a unit that a given one is compared with."""


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code just made; it is not stored in a form from which it could be shown again."""

    unit_id: str
    code: str
    """The code in groups, as it is read out."""
    expires_at: datetime
    """When it expires, UTC."""


def make(connection: Connection, secret: bytes, unit_id: str, valid: timedelta) -> NewCode:
    """Make a code; it replaces one that waits."""
    withdraw(connection, unit_id)
    now, code = naive_utc_now(), draw_code(secrets.randbits)
    row = {
        "unit_id": unit_id,
        "digest": _digest(secret, unit_id, parse_code(code)),
        "made_at": now,
        "expires_at": now + valid,
        "wrong_tries": 0,  # of a release before this one, which counted them
    }
    connection.execute(insert(enrolment_codes).values(row))
    return NewCode(unit_id, code, now + valid)


def withdraw(connection: Connection, unit_id: str) -> int:
    """End the code that waits for a unit; returns how many there were."""
    table = enrolment_codes.c
    waits = (table.unit_id == unit_id, table.used_at.is_(None), table.withdrawn_at.is_(None))
    statement = (
        update(enrolment_codes).where(*waits, table.expires_at > naive_utc_now()).values(withdrawn_at=naive_utc_now())
    )
    return connection.execute(statement).rowcount


def find_code(connection: Connection, secret: bytes, unit_id: str, code: str) -> Row[Any] | None:
    """The row of a unit's code, used or expired ones too; None when the code is not this unit's."""
    newest = select(enrolment_codes).where(enrolment_codes.c.unit_id == unit_id)
    rows = connection.execute(newest.order_by(enrolment_codes.c.code_id.desc()).limit(_LOOKED_AT_MAX)).all()
    code_digest = _digest(secret, unit_id, code)
    # Every row is compared, each in constant time: how long it takes tells nothing of what is stored.
    same = [row for row in rows if hmac.compare_digest(row.digest, code_digest)]
    return same[0] if same else None


def refusal_of(row: Row[Any]) -> Refusal | None:
    """Why a correct code gives no certificate; None when it does."""
    if row.used_at is not None:
        return Refusal.USED
    if row.withdrawn_at is not None:
        return Refusal.WITHDRAWN
    return Refusal.EXPIRED if row.expires_at <= naive_utc_now() else None


def use(connection: Connection, row: Row[Any], fingerprint: str) -> None:
    """Record that a code was used for a certificate."""
    statement = update(enrolment_codes).where(enrolment_codes.c.code_id == row.code_id)
    connection.execute(statement.values(used_at=naive_utc_now(), used_for=fingerprint))


def _digest(secret: bytes, unit_id: str, code: str) -> bytes:
    # A unit id holds no line break: no two pairs of id and code read the same.
    return hmac.digest(secret, f"{unit_id}\n{code}".encode(), "sha256")
