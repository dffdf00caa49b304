"""Reads the data file of a profile into the rules that the domain decides by; every value is checked.

A file that breaks a rule is a mistake of the release, not of the department: its test fails before it is shipped.
"""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import Field, Strict, ValidationError, model_validator

from alpr_edge.domain.errors import SettingsError
from alpr_edge.domain.permissions.profile import (
    BarredTerms,
    CaseFormats,
    Need,
    Profile,
    PurposeRule,
    SecurityProfile,
)
from alpr_edge.domain.permissions.purposes import PurposeCode
from alpr_edge.domain.releases.agencies import AgencyKind, AgencySeat, ReleaseDeadlines, ReleaseRules, RequestWay
from alpr_edge.domain.sessions.lockout import LockoutLimits
from alpr_edge.domain.sessions.session import SessionLimits
from alpr_edge.settings.base import Section
from alpr_edge.settings.policy import PolicySettings

FOLDER = Path(__file__).parent
Words = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[PurposeCode, Strict(strict=False)]
WayWord = Annotated[RequestWay, Strict(strict=False)]
NeedWord = Annotated[Need, Strict(strict=False)]
FileT = TypeVar("FileT", bound=Section)


class PurposeTable(Section):
    """[purposes.<code>]: a purpose that may be chosen."""

    words: Words
    offence: NeedWord
    case: NeedWord


class BarredTable(Section):
    """[barred.<code>]: a purpose that is refused."""

    words: Words
    law: Words
    law_verified: bool
    """Whether the text of the law was read, and bars that use."""
    terms: Annotated[tuple[Words, ...], Strict(strict=False)]


class ReleaseTable(Section):
    """[releases.<kind>]: what is done with requests of such agencies, by whose they are."""

    in_state: WayWord
    out_of_state: WayWord
    federal: WayWord


Days = Annotated[int, Field(ge=1, le=366)]


class DeadlineTable(Section):
    """[releases.deadlines]: how long each step of a request may take."""

    review_days: Days
    approval_days: Days
    pick_up_days: Days
    confirmation_days: Days
    use_report_days: Days

    def deadlines(self) -> ReleaseDeadlines:
        """What the domain decides by."""
        return ReleaseDeadlines(
            review=timedelta(days=self.review_days),
            approval=timedelta(days=self.approval_days),
            pick_up=timedelta(days=self.pick_up_days),
            confirmation=timedelta(days=self.confirmation_days),
            use_report=timedelta(days=self.use_report_days),
        )


class ReleasesTable(Section):
    """[releases]: requests of other agencies."""

    law: Words
    law_verified: bool
    declaration: Annotated[str, Field(max_length=500)] = ""
    deadlines: DeadlineTable
    agencies: dict[Annotated[AgencyKind, Strict(strict=False)], ReleaseTable]

    @model_validator(mode="after")
    def _check_complete(self) -> Self:
        """Every kind of agency is decided about, and a declaration that is asked for has its words."""
        if missing := sorted(set(AgencyKind) - set(self.agencies)):
            raise ValueError(f"nothing is said of requests of {missing[0]}")
        ways = {way for table in self.agencies.values() for way in (table.in_state, table.out_of_state, table.federal)}
        if RequestWay.DECLARATION in ways and not self.declaration:
            raise ValueError("a declaration is asked for, and its words are missing")
        return self

    def rules(self) -> ReleaseRules:
        """What the domain decides by."""
        ways = {
            (kind, seat): RequestWay(getattr(table, seat.value))
            for kind, table in self.agencies.items()
            for seat in AgencySeat
        }
        return ReleaseRules(ways, self.law, self.law_verified, self.declaration, self.deadlines.deadlines())


class AuditsInterval(Section):
    """[audits]: how often the access logs are audited."""

    interval_days: Annotated[int, Field(ge=7, le=731)]
    source: Words


class StateFile(Section):
    """A file of the rules of a state."""

    source: Words
    verified: bool
    log_retention_days: Annotated[int, Field(ge=365, le=36_500)]
    case_formats: Annotated[tuple[str, ...], Strict(strict=False)]
    purposes: dict[Code, PurposeTable]
    barred: dict[Code, BarredTable]
    offences: dict[Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")], Words]
    releases: ReleasesTable
    audits: AuditsInterval

    @model_validator(mode="after")
    def _check_complete(self) -> Self:
        """Every purpose of the product is offered or barred, so that a new one is decided about in each profile."""
        if both := sorted(set(self.purposes) & set(self.barred)):
            raise ValueError(f"{both[0]} is offered and barred")
        if missing := sorted(set(PurposeCode) - set(self.purposes) - set(self.barred)):
            raise ValueError(f"{missing[0]} is neither offered nor barred")
        return self


class SessionTable(Section):
    """[sessions]: how long a session lasts."""

    idle_min: Annotated[float, Field(gt=0, le=30)]
    factors_h: Annotated[float, Field(gt=0, le=12)]
    people_max: Annotated[int, Field(ge=1, le=16)]


class LockoutTable(Section):
    """[lockout]: what locks an account."""

    failures_max: Annotated[int, Field(ge=1, le=5)]
    window_min: Annotated[float, Field(ge=15, le=1440)]


class SecurityFile(Section):
    """A file of the rules of a security policy; no file may be laxer than AC-7, AC-11 and IA-5 ask for."""

    source: Words
    password_characters_min: Annotated[int, Field(ge=8, le=64)]
    password_days_max: Annotated[int | None, Field(ge=30, le=365)] = None
    log_retention_days: Annotated[int, Field(ge=365, le=36_500)]
    notice: Annotated[str, Field(min_length=100, max_length=2000)]
    sessions: SessionTable
    lockout: LockoutTable


def load_profile(policy: PolicySettings, folder: Path = FOLDER) -> Profile:
    """Load the rules of the state that the settings name, with the case formats of the settings where there are any.

    Raises:
        SettingsError: the file breaks a rule.
    """
    file = _load(folder / f"{policy.profile}.toml", StateFile)
    try:
        return Profile(
            name=policy.profile,
            source=file.source,
            is_verified=file.verified,
            purposes={code.value: PurposeRule(it.words, it.offence, it.case) for code, it in file.purposes.items()},
            barred={code.value: f"{it.words} ({_law_of(it)})" for code, it in file.barred.items()},
            offences=dict(file.offences),
            case_formats=CaseFormats.parse(policy.case_formats or file.case_formats),
            barred_terms=BarredTerms.parse({term: code for code, it in file.barred.items() for term in it.terms}),
            releases=file.releases.rules(),
            log_retention_days=file.log_retention_days,
            audit_days=file.audits.interval_days,
            audit_source=file.audits.source,
        )
    except ValueError as error:
        raise SettingsError([f"profile {policy.profile}: {error}"]) from None


def load_security_profile(policy: PolicySettings, folder: Path = FOLDER) -> SecurityProfile:
    """Load the rules of the security policy that the settings name.

    Raises:
        SettingsError: the file breaks a rule.
    """
    file = _load(folder / f"{policy.security_profile}.toml", SecurityFile)
    sessions, lockout = file.sessions, file.lockout
    return SecurityProfile(
        name=policy.security_profile,
        source=file.source,
        sessions=SessionLimits(
            timedelta(minutes=sessions.idle_min), timedelta(hours=sessions.factors_h), sessions.people_max
        ),
        lockout=LockoutLimits(lockout.failures_max, timedelta(minutes=lockout.window_min)),
        password_characters_min=file.password_characters_min,
        password_days_max=file.password_days_max,
        log_retention_days=file.log_retention_days,
        notice=file.notice.strip(),
    )


def _law_of(table: BarredTable) -> str:
    return table.law if table.law_verified else f"{table.law}: not verified"


def _load(path: Path, kind: type[FileT]) -> FileT:
    try:
        return kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
        raise SettingsError([f"profile {path.stem}: {fault}" for fault in faults]) from None
    except (OSError, ValueError) as error:
        raise SettingsError([f"profile {path.stem}: cannot be read: {error}"]) from None
