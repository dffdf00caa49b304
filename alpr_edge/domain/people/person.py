"""A person with an account, and whether that account may be used (policy 462.3.1(a), 462.4(d)(e), 462.8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

IDLE_MAX = timedelta(days=90)
"""Time without a sign-in after which an account is disabled by itself (CJIS Security Policy 6.0, AC-2)."""
TRAINING_ENDING = timedelta(days=21)
"""Time before the end of a training from which on somebody is told of it."""


class Role(StrEnum):
    """What somebody does at the department; a person may have several roles."""

    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ALPR_ADMINISTRATOR = "alpr_administrator"
    """The designee who oversees the operation (policy 462.3.1(e))."""
    RECORDS = "records"
    """The custodian of records (policy 462.3.1(f))."""
    TECHNICIAN = "technician"
    """Installs and maintains units; sees no plate."""
    AUDITOR = "auditor"
    TRAINING_SUPERVISOR = "training_supervisor"
    """Records who completed which training (policy 462.8)."""
    COMMANDER = "commander"
    """The Operations Division Commander or designee, who approves releases (policy 462.7(b))."""


class SourcePermission(StrEnum):
    """Whose data a person may see: an operator needs an authorisation for each (policy 462.4(e))."""

    DEPARTMENT = "department"
    STATE = "state"
    FEDERAL = "federal"


class AccountStatus(StrEnum):
    """What the department says of an account."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"
    """The person left the organisation; the id is never given to anybody else."""


class AccountFault(StrEnum):
    """Why an account may not be used at all."""

    SUSPENDED = "account_suspended"
    LEFT = "account_left"
    EXPIRED = "account_expired"
    IDLE = "account_idle"


class TrainingFault(StrEnum):
    """Which training a person lacks."""

    CJIS = "cjis_training"
    ALPR = "alpr_training"


@dataclass(frozen=True, slots=True)
class Training:
    """Until when a person's trainings hold, both exclusive; None: never completed (policy 462.4(d), 462.8)."""

    cjis_until: datetime | None = None
    """Security awareness training of the CJIS Security Policy (AT-2, AT-3)."""
    alpr_until: datetime | None = None
    """The department's own course on ALPR."""

    def fault_at(self, moment: datetime) -> TrainingFault | None:
        """The training that is missing or has run out at a moment, if one has."""
        if self.cjis_until is None or moment >= self.cjis_until:
            return TrainingFault.CJIS
        if self.alpr_until is None or moment >= self.alpr_until:
            return TrainingFault.ALPR
        return None

    def ends_soon_at(self, moment: datetime) -> datetime | None:
        """When the first training ends, if that is within :data:`TRAINING_ENDING`; None: later, or it is over."""
        ends = [until for until in (self.cjis_until, self.alpr_until) if until is not None]
        first = min(ends, default=None)
        return first if first is not None and timedelta(0) < first - moment <= TRAINING_ENDING else None


@dataclass(frozen=True, slots=True)
class Person:
    """A person with an account, as the department's roster describes them. Every moment is in UTC."""

    person_id: str
    """Stable, and never given to anybody else (CJIS Security Policy 6.0, IA-4)."""
    name: str
    """As it stands on record (Civil Code 1798.90.52)."""
    badge: str
    """Signs in with it, or with the e-mail address."""
    email: str
    organisation: str
    ori: str
    """Originating agency identifier of the organisation."""
    title: str
    """The job title or designation that authorises the use (policy 462.3.1(a))."""
    roles: frozenset[Role]
    is_sworn: bool
    sources: frozenset[SourcePermission]
    has_covert_clearance: bool
    training: Training
    status: AccountStatus
    valid_until: datetime
    """The end of the account, exclusive."""
    approved_by: str
    """Id of the person who approved the account and answers for it."""
    active_at: datetime
    """When the department last knew the account used, or when it was approved."""
    may_unlock: bool = False
    """Whether the agency designated this supervisor to unlock accounts in a car without a link (AC-7)."""

    unlocks: int = 0
    """How often an administrator of the department unlocked the account; a higher number unlocks it in the car too."""
    sign_outs: int = 0
    """How often an administrator of the department signed the person out; another number does so in the car too."""

    def fault_at(self, moment: datetime, last_sign_in: datetime | None = None) -> AccountFault | None:
        """Why the account may not be used at a moment; None: it may."""
        if self.status is not AccountStatus.ACTIVE:
            return AccountFault.LEFT if self.status is AccountStatus.LEFT else AccountFault.SUSPENDED
        if moment >= self.valid_until:
            return AccountFault.EXPIRED
        active_at = self.active_at if last_sign_in is None else max(self.active_at, last_sign_in)
        return AccountFault.IDLE if moment - active_at >= IDLE_MAX else None

    @property
    def access_until(self) -> datetime | None:
        """Until when account and trainings hold as they are recorded now, exclusive; None: one of them does not."""
        ends = (self.training.cjis_until, self.training.alpr_until, self.valid_until)
        known = [end for end in ends if end is not None]
        return min(known) if self.status is AccountStatus.ACTIVE and len(known) == len(ends) else None

    @property
    def sign_in_names(self) -> frozenset[str]:
        """The names that the person may sign in with, as :func:`sign_in_key` writes them."""
        return frozenset(sign_in_key(name) for name in (self.badge, self.email) if name)


def sign_in_key(name: str) -> str:
    """A name that somebody typed to sign in, as it is compared: without case, outer blanks and NULs.

    No name that is stored has a NUL, and PostgreSQL takes none in a query.
    """
    return name.replace("\0", "").strip().casefold()
