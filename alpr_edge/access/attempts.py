"""What somebody shows to sign in, where, and what came of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.sessions.session import AccessSession


class SignInOutcome(StrEnum):
    """What came of a sign-in, for the access log; what is told to the person is :attr:`SignInResult.answer`."""

    SIGNED_IN = "signed_in"
    REOPENED = "reopened"
    CONFIRMED = "confirmed"
    """Whoever is signed in gave both factors again."""
    NOTICE = "notice"
    """The notice was not acknowledged."""
    NO_ROSTER = "no_roster"
    ROSTER_EXPIRED = "roster_expired"
    CLOCK_UNKNOWN = "clock_unknown"
    """Codes cannot be checked without a clock; a passkey can."""
    UNKNOWN = "unknown"
    """Nobody has that name, or that passkey."""
    LOCKED = "locked"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - the name of an outcome
    WRONG_CODE = "wrong_code"
    CODE_USED = "code_used"
    """The code, or a later one, was used before."""
    WRONG_PASSKEY = "wrong_passkey"
    NOT_LINKED = "not_linked"
    """Whoever a provider of single sign-on vouches for is nobody here."""
    CODE_NEEDED = "code_needed"
    """The provider saw one factor: a code of the person's own app is the second."""
    PROVIDER = "single_sign_on"
    """The provider, or what it answered, did not do; the record says what."""
    UNTRAINED = "untrained"
    """A training is missing or has ended, and a single sign-on opens no session for its message alone."""
    PASSWORD_OLD = "password_old"  # noqa: S105 - likewise
    """All was right, and the password is older than the security profile allows."""
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_LEFT = "account_left"
    ACCOUNT_EXPIRED = "account_expired"
    ACCOUNT_IDLE = "account_idle"
    CAR_FULL = "car_full"
    """As many people are signed in as may be."""
    NO_SESSION = "no_session"
    """The session cannot be reopened: there is none, or both factors are due."""


_NOT_ACCEPTED = "not accepted: name, password, code or passkey is wrong, or the account is locked"
_ANSWERS = {
    SignInOutcome.SIGNED_IN: "signed in",
    SignInOutcome.REOPENED: "signed in again",
    SignInOutcome.CONFIRMED: "confirmed",
    SignInOutcome.NOTICE: "read and acknowledge the notice first",
    SignInOutcome.NO_ROSTER: "no roster of people is here yet; connect the unit to its department",
    SignInOutcome.ROSTER_EXPIRED: "the roster of people has ended; connect the unit to its department",
    SignInOutcome.CLOCK_UNKNOWN: "the clock is not set, so codes cannot be checked; use a passkey, or wait for a fix",
    SignInOutcome.NOT_LINKED: "this single sign-on belongs to no account here; ask the ALPR administrator to link it",
    SignInOutcome.CODE_NEEDED: "a code of the app is needed as well",
    SignInOutcome.PROVIDER: "the single sign-on did not work; try again, or sign in with password and code",
    SignInOutcome.UNTRAINED: "your training is missing or has ended; ask the Training Supervisor (policy 462.4(d))",
    SignInOutcome.PASSWORD_OLD: (
        "this password is too old; use a passkey, or ask the ALPR administrator to invite you"
    ),
    SignInOutcome.ACCOUNT_SUSPENDED: "this account is suspended; ask the ALPR administrator",
    SignInOutcome.ACCOUNT_LEFT: "this account has ended; ask the ALPR administrator",
    SignInOutcome.ACCOUNT_EXPIRED: "this account has run out; ask the ALPR administrator",
    SignInOutcome.ACCOUNT_IDLE: "this account was not used for 90 days; ask the ALPR administrator",
    SignInOutcome.CAR_FULL: "too many people are signed in here; one of them has to sign out",
    SignInOutcome.NO_SESSION: "sign in with both factors",
}
"""Answers that tell something apart; all others are the same, so that nobody learns which part was wrong."""


@dataclass(frozen=True, slots=True)
class SignInPlace:
    """When and where somebody signs in."""

    now: Instant
    login: str
    """The login of the operating system, or the connection, that the session will be bound to."""
    address: str
    notice: str
    """The notice that was acknowledged, word for word; empty: none was."""


@dataclass(frozen=True, slots=True)
class PasswordAttempt:
    """A name, a password and a one-time code, as they were typed."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FactorsAttempt:
    """Password and one-time code of somebody who is signed in, as they were typed."""

    password: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PasskeyAttempt:
    """A browser's answer to a challenge."""

    response: str = field(repr=False)
    """JSON."""
    challenge: bytes = field(repr=False)
    """The challenge that it was asked; the caller uses each once."""


@dataclass(frozen=True, slots=True)
class SignInResult:
    """What came of a sign-in."""

    outcome: SignInOutcome
    person_id: str = ""
    """Whom it was about, for the access log; empty where nobody has that name."""
    session: AccessSession | None = None
    token: str = field(default="", repr=False)
    """What the holder of a new session shows from now on."""
    is_newly_locked: bool = False
    """Whether this failure locked the account."""
    is_new_place: bool = False
    """Whether the person never began a session at this login and address before: they and an administrator are told."""

    @property
    def answer(self) -> str:
        """What the person is told; the same for everything that would say which part was wrong."""
        return _ANSWERS.get(self.outcome, _NOT_ACCEPTED)
