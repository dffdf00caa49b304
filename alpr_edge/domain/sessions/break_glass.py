"""Break-glass: opening the system without an account, by root on the machine itself, loud and on record.

Civil Code 1798.90.52 asks who accessed the data and for what: so a name, an organisation and a purpose are asked for
even then.
"""

from dataclasses import dataclass

from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.instants import Instant

REASON_CHARACTERS_MIN = 10
CHARACTERS_MAX = 200
_ROOT = 0


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Who opened the system without an account, and why."""

    name: str
    """The person, as they say themselves."""
    organisation: str
    purpose: str
    """A purpose of the profile."""
    reason: str
    """Why no account could be used."""
    login: str
    """The login that called, which stays what it was through sudo."""
    at: Instant


def break_glass(record: BreakGlass, effective_uid: int) -> BreakGlass:
    """Check a record of break-glass and return it, texts without outer blanks.

    Args:
        effective_uid: the user id of the process; root alone may.

    Raises:
        AccessError: not root, or something is missing, too short, too long or not printable.
    """
    if effective_uid != _ROOT:
        raise AccessError("break-glass works for root on the machine itself alone")
    texts = {key: getattr(record, key).strip() for key in ("name", "organisation", "purpose", "reason", "login")}
    for key, text in texts.items():
        if not text or len(text) > CHARACTERS_MAX or not text.isprintable():
            raise AccessError(f"break-glass: {key}: expected 1 to {CHARACTERS_MAX} printable characters")
    if len(texts["reason"]) < REASON_CHARACTERS_MIN:
        raise AccessError(f"break-glass: reason: expected {REASON_CHARACTERS_MIN} characters at least")
    return BreakGlass(**texts, at=record.at)
