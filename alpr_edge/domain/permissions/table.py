"""The table of permissions: which role may do what for which purpose. What is not in it is refused.

Everything is written out by role; ``tests/domain/permissions/allowed.txt`` is the same table as people review it, and
both change together.
"""

from alpr_edge.domain.people.person import Role
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.purposes import PurposeCode

FIELD_PURPOSES = frozenset({
    PurposeCode.CRIMINAL_INVESTIGATION,
    PurposeCode.STOLEN_VEHICLE,
    PurposeCode.STOLEN_PROPERTY,
    PurposeCode.WANTED_OR_MISSING,
    PurposeCode.EMERGENCY_ALERT,
    PurposeCode.HOMELAND_SECURITY,
    PurposeCode.ELECTRONIC_SURVEILLANCE,
    PurposeCode.SUSPECT_INTERDICTION,
})  # fmt: skip
"""What a car and an investigation are for (policy 462.3)."""
_CANVASS = frozenset({PurposeCode.CRIME_SCENE_CANVASS})
_LEGAL = frozenset({PurposeCode.DEPARTMENT_ACTION, PurposeCode.DISCOVERY})
"""Policy 462.6(b), and 462.5 on evidence."""
_TRAINING = frozenset({PurposeCode.TRAINING})
_AUDIT = frozenset({PurposeCode.AUDIT})
_RELEASE = frozenset({PurposeCode.RELEASE})
_RELEASES = {Action.ENTER_RELEASE: _RELEASE, Action.SEE_RELEASES: _RELEASE | _AUDIT}
"""The register of requests, for those who enter them; another person decides (policy 462.7(b))."""
_UPKEEP = frozenset({PurposeCode.MAINTENANCE})
_PASSENGER = {Action.SAY_NOT_DRIVING: _UPKEEP}
"""Whoever works at the page in the car; a technician does so where the receiver is what does not work."""

_Grants = dict[Action, frozenset[PurposeCode]]

_SAVED_SEARCHES: _Grants = {Action.KEEP_SEARCHES: _UPKEEP}
"""For those who may search."""
_IN_THE_CAR: _Grants = {
    **_PASSENGER,
    **_SAVED_SEARCHES,
    Action.SEE_READS: FIELD_PURPOSES | _CANVASS | _TRAINING,
    Action.SEE_CAMERAS: FIELD_PURPOSES | _CANVASS | _TRAINING,
    Action.SEE_HITS: FIELD_PURPOSES | _CANVASS | _TRAINING,
    Action.DISPOSE: FIELD_PURPOSES | _CANVASS | _TRAINING,
    Action.VERIFY: FIELD_PURPOSES | _CANVASS | _TRAINING,
    Action.ADD_ENTRY: FIELD_PURPOSES | _CANVASS | _TRAINING,
    Action.SEARCH: FIELD_PURPOSES | _CANVASS | _TRAINING,
    Action.CANVASS: _CANVASS | _TRAINING,
    Action.HOLD: FIELD_PURPOSES | _CANVASS,
    Action.MUTE: _UPKEEP,
}
_OVERSIGHT: _Grants = {
    Action.SEE_LOG: _AUDIT,
    Action.REVIEW: _AUDIT,
    Action.SEE_RELEASES: _AUDIT,
    Action.RECORD_INCIDENT: _AUDIT,
}
_EVERYBODY: _Grants = {Action.DECLARE_HOUSEHOLD: _AUDIT, Action.KEEP_OWN_ACCOUNT: _UPKEEP}
"""What every member may do: for the audits, and with the own account."""

_BY_ROLE: dict[Role, _Grants] = {
    Role.OFFICER: _IN_THE_CAR,
    Role.SUPERVISOR: {
        **_IN_THE_CAR,
        **_OVERSIGHT,
        Action.HOLD: FIELD_PURPOSES | _CANVASS | _LEGAL,
        Action.EXPORT: FIELD_PURPOSES | _CANVASS | _LEGAL,
        Action.SEE_COVERT: FIELD_PURPOSES,
        **_RELEASES,
        Action.UNLOCK: _UPKEEP,
    },
    Role.ALPR_ADMINISTRATOR: {
        **_OVERSIGHT,
        **_PASSENGER,
        Action.SIGN_OFF: _AUDIT,
        Action.MANAGE_PEOPLE: _UPKEEP,
        Action.UNLOCK: _UPKEEP,
        Action.MANAGE_LISTS: _UPKEEP,
        Action.MANAGE_SETTINGS: _UPKEEP,
        Action.SEE_CAMERAS: _UPKEEP,
        Action.SET_UNITS: _UPKEEP,
        Action.SEE_COVERT: _UPKEEP,
    },
    Role.RECORDS: {
        **_SAVED_SEARCHES,
        Action.SEE_READS: FIELD_PURPOSES | _LEGAL,
        Action.SEE_HITS: FIELD_PURPOSES | _LEGAL,
        Action.SEARCH: FIELD_PURPOSES | _LEGAL,
        Action.HOLD: FIELD_PURPOSES | _LEGAL,
        Action.EXPORT: FIELD_PURPOSES | _LEGAL,
        **_RELEASES,
        Action.PURGE: _UPKEEP,
    },
    Role.TECHNICIAN: {**_PASSENGER, Action.SEE_CAMERAS: _UPKEEP, Action.MANAGE_SETTINGS: _UPKEEP, Action.MUTE: _UPKEEP},
    Role.AUDITOR: _OVERSIGHT,
    Role.TRAINING_SUPERVISOR: {Action.RECORD_TRAINING: _UPKEEP},
    Role.COMMANDER: {
        **_OVERSIGHT,
        **_PASSENGER,
        **_SAVED_SEARCHES,
        Action.SEE_READS: FIELD_PURPOSES | _CANVASS | _LEGAL,
        Action.SEE_HITS: FIELD_PURPOSES | _CANVASS | _LEGAL,
        Action.SEARCH: FIELD_PURPOSES | _CANVASS | _LEGAL,
        Action.HOLD: FIELD_PURPOSES | _CANVASS | _LEGAL,
        Action.EXPORT: FIELD_PURPOSES | _CANVASS | _LEGAL,
        Action.SEE_COVERT: FIELD_PURPOSES,
        **_RELEASES,
        Action.RELEASE: _RELEASE,
        Action.SIGN_OFF: _AUDIT,
        Action.PURGE: _UPKEEP,
        Action.MUTE: _UPKEEP,
    },
}
GRANTS: dict[Role, _Grants] = {role: grants | _EVERYBODY for role, grants in _BY_ROLE.items()}
"""What each role may do, for what; a person may do what any of their roles may."""

TABLE: frozenset[tuple[Role, Action, str]] = frozenset(
    (role, action, code) for role, grants in GRANTS.items() for action, codes in grants.items() for code in codes
)
"""Every allowed combination of role, action and purpose."""

BREAK_GLASS_ACTIONS = frozenset({
    Action.SEE_READS,
    Action.SEE_HITS,
    Action.SEARCH,
    Action.HOLD,
    Action.EXPORT,
    Action.MANAGE_PEOPLE,
    Action.MANAGE_SETTINGS,
    Action.SEE_LOG,
})  # fmt: skip
"""What break-glass opens; never covert entries, releases or deletions."""


def allows(roles: frozenset[Role], action: Action, code: str) -> bool:
    """Whether any of the roles may do an action for a purpose, given by its code."""
    for role in roles:  # noqa: SIM110 - half the time of any()
        if (role, action, code) in TABLE:
            return True
    return False


def purposes_of(action: Action) -> frozenset[str]:
    """The purposes for which some role may do an action, by their codes."""
    return frozenset(code for _, granted, code in TABLE if granted is action)


def may_ever(roles: frozenset[Role], action: Action) -> bool:
    """Whether any of the roles may do an action for some purpose."""
    return any(action in GRANTS[role] for role in roles)
