"""Lock-out: five failures within 15 minutes lock an account until released (CJIS Security Policy 6.0, AC-7).

No time ends a lock. An administrator releases it; in a car without a link a supervisor whom the agency designated for
that, or a one-time code that the department reads out. Failures of another boot count as recent unless two trusted
clocks say otherwise: switching the ignition off is no way around the limit.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alpr_edge.domain.instants import NS_PER_S, Instant
from alpr_edge.domain.people.person import Person, Role

CODE_CHARACTERS = 10
"""Of a release code: 50 bits in base32, which nobody guesses at the pace of a database's commits."""
CHALLENGE_DIGITS = 8


class UnlockWay(StrEnum):
    """How a lock was released."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class LockoutLimits:
    """How many failures lock an account."""

    failures_max: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Lock:
    """A locked account."""

    person_id: str
    at: Instant
    challenge: str
    """Random digits that the officer reads to the department, which answers with the code for them alone."""


def is_recent(failure: Instant, now: Instant, window: timedelta) -> bool:
    """Whether a failure still counts; of another boot it does unless two trusted clocks say that it is past."""
    if failure.boot_id == now.boot_id:
        return now.boottime_ns - failure.boottime_ns < window.total_seconds() * NS_PER_S
    if failure.trusted_utc is None or now.trusted_utc is None:
        return True
    return now.trusted_utc - failure.trusted_utc < window


def must_lock(failures: Iterable[Instant], now: Instant, limits: LockoutLimits) -> bool:
    """Whether so many failures, the one of this moment among them, lock the account."""
    recent_count = sum(is_recent(failure, now, limits.window) for failure in failures)
    return recent_count >= limits.failures_max


def new_lock(person_id: str, now: Instant) -> Lock:
    """The lock of an account, with a new challenge."""
    return Lock(person_id, now, "".join(secrets.choice("0123456789") for _ in range(CHALLENGE_DIGITS)))


def release_code(release_secret: str, lock: Lock) -> str:
    """The code that releases one lock of one account: ten characters of base32.

    Args:
        release_secret: the person's, base32, which the department holds and the roster carries.
        lock: the lock; its challenge makes the code good for once.

    Raises:
        ValueError: the secret is empty or no base32.
    """
    key = base64.b32decode(release_secret.upper())
    if not key:
        raise ValueError("no secret for release codes")
    message = f"alpr-edge release {lock.person_id} {lock.challenge}"
    return base64.b32encode(hmac.new(key, message.encode(), hashlib.sha256).digest()).decode()[:CODE_CHARACTERS]


def is_release_code(code: str, release_secret: str, lock: Lock) -> bool:
    """Whether a typed code releases a lock; blanks, dashes and case do not matter."""
    try:
        expected_code = release_code(release_secret, lock)
    except ValueError:
        return False
    typed = "".join(character for character in code.upper() if character.isalnum())
    return hmac.compare_digest(typed.encode(), expected_code.encode())


def may_unlock(releaser: Person, person_id: str) -> UnlockWay | None:
    """How a person who is signed in may release another's lock; None: not at all, and nobody may release their own."""
    if releaser.person_id == person_id:
        return None
    if Role.ALPR_ADMINISTRATOR in releaser.roles:
        return UnlockWay.ADMINISTRATOR
    is_designated = Role.SUPERVISOR in releaser.roles and releaser.may_unlock
    return UnlockWay.SUPERVISOR if is_designated else None
