"""Who may do what: every reason to refuse, the order in which they are told, and that nothing else is allowed."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.domain.people.person import AccountStatus, Person, Role, SourcePermission, Training
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.decision import (
    NOTE_CHARACTERS_MAX,
    AccessDecision,
    AccessRequest,
    AccessTime,
    DecisionReason,
    decide,
    decide_break_glass,
)
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode
from alpr_edge.domain.permissions.table import BREAK_GLASS_ACTIONS, TABLE
from alpr_edge.domain.sessions.break_glass import BreakGlass
from alpr_edge.domain.sessions.session import SessionState
from tests.domain.people.builders import DAY, NOW, at, person
from tests.domain.permissions.rules import CALIFORNIA

STOLEN = Purpose("stolen_vehicle")
INVESTIGATION = Purpose("criminal_investigation", "robbery", "26-123456")
TIME = AccessTime(NOW, NOW + DAY)
CLEARED = person(has_covert_clearance=True, roles=frozenset({Role.SUPERVISOR}), sources=frozenset(SourcePermission))
END = st.just(NOW + DAY) | st.sampled_from([None, NOW - DAY])
NEARLY_ALLOWED = st.builds(
    person,
    roles=st.frozensets(st.sampled_from(Role), min_size=1),
    has_covert_clearance=st.booleans(),
    training=st.builds(Training, END, END),
)
"""People who lack at most a role, a clearance or a training: about one request in five is allowed."""
GLASS = BreakGlass("Ana Ruiz", "Modesto PD", "stolen_vehicle", "the roster has ended", "root", at())


def decide_on(
    some: Person | None = None,
    purpose: Purpose = STOLEN,
    action: Action = Action.SEE_HITS,
    session: SessionState = SessionState.OPEN,
    time: AccessTime = TIME,
    **changes: Any,  # noqa: ANN401 - any field of a request
) -> DecisionReason:
    request = AccessRequest(action, purpose, **changes)
    return decide(some or person(), session, request, time, CALIFORNIA).reason


def test_an_officer_with_all_in_order_sees_hits() -> None:
    assert decide_on() is DecisionReason.ALLOWED
    assert decide_on(purpose=INVESTIGATION, action=Action.SEARCH) is DecisionReason.ALLOWED
    decision = decide(person(), SessionState.OPEN, AccessRequest(Action.SEE_HITS, STOLEN), TIME, CALIFORNIA)
    assert decision == AccessDecision(DecisionReason.ALLOWED)
    assert decision.is_allowed


@pytest.mark.parametrize(
    ("session", "reason"),
    [
        (SessionState.GLANCE, DecisionReason.SESSION_GLANCE),
        (SessionState.EXPIRED, DecisionReason.SESSION_EXPIRED),
        (SessionState.ENDED, DecisionReason.SESSION_ENDED),
    ],
)
def test_a_session_that_is_not_open_allows_nothing(session: SessionState, reason: DecisionReason) -> None:
    assert decide_on(session=session) is reason
    assert decide_on(person(status=AccountStatus.LEFT), session=session) is reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": AccountStatus.SUSPENDED}, DecisionReason.ACCOUNT_SUSPENDED),
        ({"status": AccountStatus.LEFT}, DecisionReason.ACCOUNT_LEFT),
        ({"valid_until": NOW}, DecisionReason.ACCOUNT_EXPIRED),
        ({"active_at": NOW - timedelta(days=90)}, DecisionReason.ACCOUNT_IDLE),
        ({"training": Training(None, NOW + DAY)}, DecisionReason.CJIS_TRAINING),
        ({"training": Training(NOW + DAY, NOW)}, DecisionReason.ALPR_TRAINING),
    ],
)
def test_account_and_training_come_before_the_purpose(changes: dict[str, Any], reason: DecisionReason) -> None:
    assert decide_on(person(**changes)) is reason
    assert decide_on(person(**changes), Purpose("")) is reason
    assert decide_on(person(**changes, roles=frozenset(Role)), action=Action.MANAGE_PEOPLE) is reason


def test_a_sign_in_here_keeps_an_account_from_being_idle() -> None:
    idle = person(active_at=NOW - timedelta(days=90))
    assert decide_on(idle, time=replace(TIME, last_sign_in=NOW - DAY)) is DecisionReason.ALLOWED


def test_a_roster_past_its_validity_leaves_nothing_but_break_glass() -> None:
    assert decide_on(time=AccessTime(NOW, NOW)) is DecisionReason.ROSTER_EXPIRED
    assert decide_on(person(training=Training()), time=AccessTime(NOW, NOW)) is DecisionReason.ROSTER_EXPIRED
    assert decide_on(time=AccessTime(NOW, NOW + timedelta(seconds=1))) is DecisionReason.ALLOWED
    assert decide_break_glass(GLASS, AccessRequest(Action.SEE_HITS, STOLEN), CALIFORNIA).is_allowed


@pytest.mark.parametrize(
    ("purpose", "reason"),
    [
        (Purpose(""), DecisionReason.PURPOSE_MISSING),
        (Purpose("curiosity"), DecisionReason.PURPOSE_UNKNOWN),
        (Purpose("immigration_enforcement"), DecisionReason.PURPOSE_BARRED),
        (Purpose("protected_health_care", "robbery", "26-123456"), DecisionReason.PURPOSE_BARRED),
        (Purpose("protest"), DecisionReason.PURPOSE_BARRED),
        (replace(INVESTIGATION, offence=None), DecisionReason.OFFENCE_MISSING),
        (replace(INVESTIGATION, offence="looking odd"), DecisionReason.OFFENCE_UNKNOWN),
        (replace(INVESTIGATION, offence=""), DecisionReason.OFFENCE_UNKNOWN),
        (replace(STOLEN, offence="looking odd"), DecisionReason.OFFENCE_UNKNOWN),
        (replace(INVESTIGATION, case=None), DecisionReason.CASE_MISSING),
        (replace(INVESTIGATION, case=""), DecisionReason.CASE_FORMAT),
        (replace(INVESTIGATION, case="investigation"), DecisionReason.CASE_FORMAT),
        (replace(STOLEN, case="26-12345"), DecisionReason.CASE_FORMAT),
        (replace(STOLEN, case="ab12-3456"), DecisionReason.ALLOWED),
        (replace(STOLEN, note="x" * NOTE_CHARACTERS_MAX), DecisionReason.ALLOWED),
        (replace(STOLEN, note="x" * (NOTE_CHARACTERS_MAX + 1)), DecisionReason.NOTE_TOO_LONG),
        (Purpose("audit"), DecisionReason.NOT_GRANTED),
        (Purpose("training"), DecisionReason.REAL_DATA),
    ],
)
def test_a_purpose_has_to_be_one_of_the_profile_with_what_it_asks_for(purpose: Purpose, reason: DecisionReason) -> None:
    assert decide_on(purpose=purpose) is reason


def test_training_goes_with_made_up_data_alone() -> None:
    assert decide_on(purpose=Purpose("training"), is_made_up=True) is DecisionReason.ALLOWED
    assert decide_on(purpose=STOLEN, is_made_up=True) is DecisionReason.ALLOWED


@pytest.mark.parametrize("source", SourcePermission)
def test_each_source_needs_its_permission(source: SourcePermission) -> None:
    assert decide_on(person(sources=frozenset({source})), source=source) is DecisionReason.ALLOWED
    others = frozenset(SourcePermission) - {source}
    assert decide_on(person(sources=others), source=source) is DecisionReason.SOURCE


def test_covert_entries_need_the_clearance_as_well() -> None:
    assert decide_on(CLEARED, action=Action.SEE_COVERT) is DecisionReason.ALLOWED
    assert decide_on(CLEARED, is_covert=True) is DecisionReason.ALLOWED
    without = replace(CLEARED, has_covert_clearance=False)
    assert decide_on(without, action=Action.SEE_COVERT) is DecisionReason.COVERT
    assert decide_on(without, is_covert=True) is DecisionReason.COVERT
    assert decide_on(without) is DecisionReason.ALLOWED
    assert decide_on(person(has_covert_clearance=True), action=Action.SEE_COVERT) is DecisionReason.NOT_GRANTED


def test_of_several_reasons_the_first_is_told() -> None:
    assert decide_on(action=Action.EXPORT, source=SourcePermission.STATE, is_covert=True) is DecisionReason.NOT_GRANTED
    assert decide_on(source=SourcePermission.STATE, is_covert=True) is DecisionReason.SOURCE


def test_every_combination_of_role_action_and_purpose_is_decided_by_the_table() -> None:
    for role, action, code in product(Role, Action, PurposeCode):
        some = person(roles=frozenset({role}), has_covert_clearance=True)
        purpose = Purpose(code, "robbery", "26-123456")
        is_allowed = decide_on(some, purpose, action, is_made_up=True) is DecisionReason.ALLOWED
        assert is_allowed is ((role, action, code) in TABLE), (role, action, code)


@settings(max_examples=400)
@given(
    NEARLY_ALLOWED,
    st.just(SessionState.OPEN) | st.sampled_from(SessionState),
    st.sampled_from(sorted(TABLE))
    | st.tuples(st.sampled_from(Role), st.sampled_from(Action), st.sampled_from(PurposeCode)),
    st.booleans(),
)
def test_whatever_is_allowed_has_an_open_session_current_training_and_a_row(
    some: Person, session: SessionState, row: tuple[Role, Action, PurposeCode], is_covert: bool
) -> None:
    _, action, code = row
    request = AccessRequest(action, Purpose(code, "robbery", "26-123456"), None, is_covert)
    if decide(some, session, request, TIME, CALIFORNIA).is_allowed:
        assert session is SessionState.OPEN
        for until in (some.training.cjis_until, some.training.alpr_until):
            assert until is not None
            assert until > NOW
        assert any((role, action, code) in TABLE for role in some.roles)
        assert some.has_covert_clearance or not is_covert


@pytest.mark.parametrize(
    ("note", "codes"),
    [
        ("", ()),
        ("stolen Camry, see report", ()),
        ("helping ICE with a detainer", (PurposeCode.IMMIGRATION_ENFORCEMENT,)),
        ("possible DEPORTATION\norder", (PurposeCode.IMMIGRATION_ENFORCEMENT,)),
        ("illegal   aliens", (PurposeCode.IMMIGRATION_ENFORCEMENT,)),
        ("office notice, police dice", ()),
        ("had an abortion; then a protest", (PurposeCode.PROTECTED_HEALTH_CARE, PurposeCode.PROTEST)),
        ("protests, protesters, ice", (PurposeCode.PROTEST, PurposeCode.IMMIGRATION_ENFORCEMENT)),
        ("Straße Protest", (PurposeCode.PROTEST,)),
    ],
)
def test_words_that_hint_at_a_barred_purpose_are_flagged_and_refuse_nothing(
    note: str, codes: tuple[PurposeCode, ...]
) -> None:
    request = AccessRequest(Action.SEE_HITS, replace(STOLEN, note=note))
    assert decide(person(), SessionState.OPEN, request, TIME, CALIFORNIA) == AccessDecision(
        DecisionReason.ALLOWED, codes
    )
    refused = decide(person(), SessionState.ENDED, request, TIME, CALIFORNIA)
    assert refused == AccessDecision(DecisionReason.SESSION_ENDED, codes)


@pytest.mark.parametrize("action", Action)
def test_break_glass_opens_a_few_actions(action: Action) -> None:
    reason = decide_break_glass(GLASS, AccessRequest(action, STOLEN), CALIFORNIA).reason
    expected = DecisionReason.ALLOWED if action in BREAK_GLASS_ACTIONS else DecisionReason.NOT_GRANTED
    assert reason is expected


def test_break_glass_needs_a_purpose_and_shows_nothing_covert() -> None:
    barred = AccessRequest(Action.SEE_HITS, Purpose("protest"))
    assert decide_break_glass(GLASS, barred, CALIFORNIA).reason is DecisionReason.PURPOSE_BARRED
    purge = AccessRequest(Action.PURGE, Purpose(""))
    assert decide_break_glass(GLASS, purge, CALIFORNIA).reason is DecisionReason.PURPOSE_MISSING
    covert = AccessRequest(Action.SEE_HITS, STOLEN, is_covert=True)
    assert decide_break_glass(GLASS, covert, CALIFORNIA).reason is DecisionReason.COVERT
    covert_purge = AccessRequest(Action.PURGE, STOLEN, is_covert=True)
    assert decide_break_glass(GLASS, covert_purge, CALIFORNIA).reason is DecisionReason.NOT_GRANTED


def test_the_reason_of_break_glass_is_searched_for_barred_terms_too() -> None:
    hinting = replace(GLASS, reason="a hold for immigration")
    request = AccessRequest(Action.SEE_HITS, replace(STOLEN, note="rally"))
    decision = decide_break_glass(hinting, request, CALIFORNIA)
    assert decision.flags == (PurposeCode.IMMIGRATION_ENFORCEMENT, PurposeCode.PROTEST)
