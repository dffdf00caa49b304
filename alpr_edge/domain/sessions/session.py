"""A session: from the sign-in until somebody ends it, as a state that time and events change.

Times are kept as instants, and elapsed time is measured by the monotonic clock of one boot. A session of another boot
counts as expired, whatever the wall clock says: nobody knows how long the car stood in between.

Sources: CJIS Security Policy 6.0, AC-11 and IA-5 (30 minutes, 12 hours), AC-8 (the notice).
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from alpr_edge.domain.instants import Instant

MILLISECOND = timedelta(milliseconds=1)
_TOKEN_BYTES = 32


class SessionState(StrEnum):
    """What a session is good for."""

    OPEN = "open"
    GLANCE = "glance"
    """Idle, or locked by a key: tone, level and source are shown, no plate and no picture. One factor opens it."""
    EXPIRED = "expired"
    """The factors are too old, or the machine was started anew: both are asked for again."""
    ENDED = "ended"


class SessionEnd(StrEnum):
    """Why a session ended."""

    SIGN_OUT = "sign_out"
    REPLACED = "replaced"
    """The person signed in again: one session a person."""
    IDLE = "idle"
    """It was idle longest when somebody else signed in and there were as many people as may be."""
    ADMINISTRATOR = "administrator"
    ROSTER = "roster"
    """The roster in force has the person as active no longer, or with other credentials."""


class Factor(StrEnum):
    """How somebody proved who they are at a sign-in."""

    PASSWORD_AND_CODE = "password_and_code"  # noqa: S105 - the name of a way to sign in
    PASSKEY = "passkey"
    SINGLE_SIGN_ON = "single_sign_on"
    """A provider that the department trusts asked for two factors."""
    SINGLE_SIGN_ON_AND_CODE = "single_sign_on_and_code"
    """A provider asked for one factor, the department for a code."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session stays open."""

    idle_max: timedelta
    """Without use, after which glance mode begins."""
    factors_max: timedelta
    """Since both factors were given last."""
    people_max: int
    """People who may be signed in to one car at a time."""


@dataclass(frozen=True, slots=True)
class AccessSession:
    """One person's session on one machine."""

    token_sha256: str
    """SHA-256 of the random token that its holder shows; the token itself is not kept."""
    person_id: str
    factor: Factor
    login: str
    """The login of the operating system, or the connection, that the session is bound to."""
    address: str
    """Where it was begun: ``local``, or a network address."""
    notice_sha256: str
    """Digest of the notice that was acknowledged before (AC-8)."""
    signed_in: Instant
    used: Instant
    """The last access or key press."""
    is_locked: bool = False
    """Whether its holder pressed the key for glance mode."""
    end: SessionEnd | None = None

    def state_at(self, now: Instant, limits: SessionLimits) -> SessionState:
        """What the session is good for at a moment."""
        if self.end is not None:
            return SessionState.ENDED
        if now.boot_id != self.signed_in.boot_id or now.boottime_ns < self.used.boottime_ns:
            return SessionState.EXPIRED
        if now.ms_since(self.signed_in) >= limits.factors_max / MILLISECOND:
            return SessionState.EXPIRED
        return SessionState.GLANCE if self.is_locked or self.is_idle(now, limits) else SessionState.OPEN

    def is_idle(self, now: Instant, limits: SessionLimits) -> bool:
        """Whether it was not used for so long, within one boot, that it needs a factor again."""
        return now.ms_since(self.used) >= limits.idle_max / MILLISECOND

    def is_bound_to(self, login: str, address: str) -> bool:
        """Whether it is used from where it was begun; a copied token elsewhere is worth nothing."""
        return (self.login, self.address) == (login, address)

    def use(self, now: Instant, limits: SessionLimits) -> "AccessSession":
        """The session after an access; one that is not open stays as it is, and does not become younger."""
        return replace(self, used=now) if self.state_at(now, limits) is SessionState.OPEN else self

    def lock(self) -> "AccessSession":
        """The session in glance mode."""
        return replace(self, is_locked=True)

    def reopen(self, now: Instant, limits: SessionLimits) -> "AccessSession":
        """The session after one factor was given again, which opens glance mode alone."""
        is_glance = self.state_at(now, limits) is SessionState.GLANCE
        return replace(self, used=now, is_locked=False) if is_glance else self

    def finish(self, reason: SessionEnd) -> "AccessSession":
        """The session at its end; the first reason stays."""
        return self if self.end is not None else replace(self, end=reason)


def new_token() -> str:
    """A new random session token of 256 bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_digest(token: str) -> str:
    """The digest that is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
