"""Decides whether a person may do something, and says why not: one function, asked before anything is shown.

Nothing of a plate is shown to anybody who has not signed in, is not trained (policy 462.4(d)), has no authorisation for
the source (462.4(e)), or does not say what for (462.4(a), 462.6(b), Civil Code 1798.90.52(b)). Every answer, allowed or
not, goes on record.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alpr_edge.domain.people.person import Person, SourcePermission
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.profile import Need, Profile, PurposeRule
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.permissions.table import BREAK_GLASS_ACTIONS, allows
from alpr_edge.domain.sessions.break_glass import BreakGlass
from alpr_edge.domain.sessions.session import SessionState

NOTE_CHARACTERS_MAX = 500


class DecisionReason(StrEnum):
    """Why something is allowed or refused; the words of a fault of account, training or session are among them."""

    ALLOWED = "allowed"
    SESSION_GLANCE = "session_glance"
    SESSION_EXPIRED = "session_expired"
    SESSION_ENDED = "session_ended"
    ROSTER_EXPIRED = "roster_expired"
    """The roster's validity has ended: break-glass is left."""
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_LEFT = "account_left"
    ACCOUNT_EXPIRED = "account_expired"
    ACCOUNT_IDLE = "account_idle"
    CJIS_TRAINING = "cjis_training"
    ALPR_TRAINING = "alpr_training"
    PURPOSE_MISSING = "purpose_missing"
    PURPOSE_UNKNOWN = "purpose_unknown"
    """Not one of the profile's purposes."""
    PURPOSE_BARRED = "purpose_barred"
    OFFENCE_MISSING = "offence_missing"
    OFFENCE_UNKNOWN = "offence_unknown"
    CASE_MISSING = "case_missing"
    CASE_FORMAT = "case_format"
    NOTE_TOO_LONG = "note_too_long"
    REAL_DATA = "real_data"
    """The purpose is training, and the data is not made up."""
    NOT_GRANTED = "not_granted"
    """No role of the person may do this for that purpose."""
    SOURCE = "source"
    """No permission for the source of the data: a hit shows its level and the source's name alone."""
    COVERT = "covert"
    """No covert clearance."""
    NOT_FOUND = "not_found"
    """There is no such thing, or none that the person may know of: both are refused alike."""
    TOO_MUCH = "too_much"
    """The person looked at as much as one person may within that time."""


_SESSION_REASONS = {
    SessionState.GLANCE: DecisionReason.SESSION_GLANCE,
    SessionState.EXPIRED: DecisionReason.SESSION_EXPIRED,
    SessionState.ENDED: DecisionReason.SESSION_ENDED,
}


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """The answer to a request."""

    reason: DecisionReason
    flags: tuple[PurposeCode, ...] = ()
    """Barred purposes that the note of the purpose hints at, for the reviewer; set whether it was allowed or not."""

    @property
    def is_allowed(self) -> bool:
        """Whether it may be done."""
        return self.reason is DecisionReason.ALLOWED


_ALLOWED = AccessDecision(DecisionReason.ALLOWED)


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """What somebody asks for."""

    action: Action
    purpose: Purpose | None
    """None: they have not said yet; then it is for any purpose that the profile offers."""
    source: SourcePermission | None = None
    """Whose data it is; None: no data of a source."""
    is_covert: bool = False
    """Whether a covert entry is among it."""
    is_made_up: bool = False
    """Whether all of it was made up for training."""


@dataclass(frozen=True, slots=True)
class AccessTime:
    """When something is asked for, as the rules need it."""

    rule_date: datetime
    """The date that rules are decided by (:func:`~alpr_edge.domain.people.roster.rule_date`)."""
    roster_until: datetime
    """The end of the validity of the roster in force."""
    last_sign_in: datetime | None = None
    """The person's last sign-in here, in trusted time."""


def decide(
    person: Person, session: SessionState, request: AccessRequest, at: AccessTime, profile: Profile
) -> AccessDecision:
    """Decide whether a person may do something; whatever no rule allows is refused.

    Account and training come before the purpose: whose training has ended learns that and nothing else.
    """
    flags = profile.barred_terms.flags_in(_note_of(request)[:NOTE_CHARACTERS_MAX])
    reason = (
        _SESSION_REASONS.get(session)
        or person_reason(person, at)
        or purpose_reason(request, profile)
        or _permission_reason(person, request, profile)
    )
    return _ALLOWED if reason is None and not flags else AccessDecision(reason or DecisionReason.ALLOWED, flags)


def decide_break_glass(record: BreakGlass, request: AccessRequest, profile: Profile) -> AccessDecision:
    """Decide what break-glass opens: a few actions, for a purpose that the profile has; never anything covert."""
    note = f"{record.reason} {_note_of(request)}"
    flags = profile.barred_terms.flags_in(note[: 2 * NOTE_CHARACTERS_MAX])
    reason = purpose_reason(request, profile)
    if reason is None and request.action not in BREAK_GLASS_ACTIONS:
        reason = DecisionReason.NOT_GRANTED
    if reason is None and request.is_covert:
        reason = DecisionReason.COVERT
    return AccessDecision(reason or DecisionReason.ALLOWED, flags)


def purpose_reason(request: AccessRequest, profile: Profile) -> DecisionReason | None:
    """Why the purpose of a request will not do; None: it will, or is not asked for yet."""
    purpose = request.purpose
    if purpose is None:
        return None
    rule = profile.purposes.get(purpose.code)
    if rule is None:
        return _unlisted_reason(purpose.code, profile)
    if len(purpose.note) > NOTE_CHARACTERS_MAX:
        return DecisionReason.NOTE_TOO_LONG
    if purpose.code == PurposeCode.TRAINING and not request.is_made_up:
        return DecisionReason.REAL_DATA
    return _offence_reason(purpose, rule, profile) or _case_reason(purpose, rule, profile)


def _unlisted_reason(code: str, profile: Profile) -> DecisionReason:
    if not code:
        return DecisionReason.PURPOSE_MISSING
    return DecisionReason.PURPOSE_BARRED if code in profile.barred else DecisionReason.PURPOSE_UNKNOWN


def _offence_reason(purpose: Purpose, rule: PurposeRule, profile: Profile) -> DecisionReason | None:
    if purpose.offence is None:
        return DecisionReason.OFFENCE_MISSING if rule.offence is Need.REQUIRED else None
    return None if purpose.offence in profile.offences else DecisionReason.OFFENCE_UNKNOWN


def _case_reason(purpose: Purpose, rule: PurposeRule, profile: Profile) -> DecisionReason | None:
    if purpose.case is None:
        return DecisionReason.CASE_MISSING if rule.case is Need.REQUIRED else None
    return None if profile.case_formats.fit(purpose.case) else DecisionReason.CASE_FORMAT


def person_reason(person: Person, at: AccessTime) -> DecisionReason | None:
    """Why a person may be shown nothing, whatever they ask for: roster, account or training; None: they may."""
    if at.rule_date >= at.roster_until:
        return DecisionReason.ROSTER_EXPIRED
    fault = person.fault_at(at.rule_date, at.last_sign_in) or person.training.fault_at(at.rule_date)
    return None if fault is None else DecisionReason(fault.value)


def offered_purposes(person: Person, action: Action, profile: Profile) -> dict[str, PurposeRule]:
    """The purposes of the profile for which a person's roles may do something.

    Training is never among them: what is stored is real.
    """
    offered = profile.purposes.items()
    return {code: rule for code, rule in offered if code != PurposeCode.TRAINING and allows(person.roles, action, code)}


def _note_of(request: AccessRequest) -> str:
    return "" if request.purpose is None else request.purpose.note


def _permission_reason(person: Person, request: AccessRequest, profile: Profile) -> DecisionReason | None:
    if request.purpose is None:
        is_granted = bool(offered_purposes(person, request.action, profile))
    else:
        is_granted = allows(person.roles, request.action, request.purpose.code)
    if not is_granted:
        return DecisionReason.NOT_GRANTED
    if request.source is not None and request.source not in person.sources:
        return DecisionReason.SOURCE
    needs_clearance = request.is_covert or request.action is Action.SEE_COVERT
    return DecisionReason.COVERT if needs_clearance and not person.has_covert_clearance else None
