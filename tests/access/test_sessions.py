"""What the holder of a session may do, and how sessions go dark, come back and end."""

from copy import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alpr_edge.access.attempts import SignInOutcome, SignInResult
from alpr_edge.access.sessions import (
    SessionPlace,
    Standing,
    find_standing,
    lock_session,
    sign_out,
)
from alpr_edge.domain.people.person import SourcePermission, Training
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.decision import AccessRequest, DecisionReason
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.sessions.session import SessionEnd, token_digest
from tests.access.accounts import PASSWORD, Car
from tests.domain.people.builders import NOW, person
from tests.domain.permissions.rules import CALIFORNIA, CJIS

REQUEST = AccessRequest(Action.SEE_HITS, Purpose("stolen_vehicle"), SourcePermission.DEPARTMENT)
MINUTE = 60.0


@pytest.fixture
def signed_in(car: Car) -> SignInResult:
    result = car.sign_in()
    assert result.outcome is SignInOutcome.SIGNED_IN
    return result


def place(car: Car, token: str) -> SessionPlace:
    return SessionPlace(token, "officer", "local", car.now)


def ask(car: Car, token: str) -> Standing:
    standing = find_standing(car.store, place(car, token), CJIS.sessions)
    assert standing is not None
    return standing


def reason(car: Car, token: str) -> DecisionReason:
    return ask(car, token).decide(REQUEST, CALIFORNIA).reason


def end_of(car: Car, token: str) -> SessionEnd | None:
    with car.store.reading() as rows:
        session = rows.session(token_digest(token))
    assert session is not None
    return session.end


def test_who_is_signed_in_may_do_what_the_rules_allow(car: Car, signed_in: SignInResult) -> None:
    standing = ask(car, signed_in.token)
    assert standing.decide(REQUEST, CALIFORNIA).reason is DecisionReason.ALLOWED
    assert standing.person == car.account().person
    assert standing.session == signed_in.session


def test_a_commit_from_elsewhere_counts_at_the_next_request(car: Car, signed_in: SignInResult) -> None:
    other = copy(car.store)
    assert reason(car, signed_in.token) is DecisionReason.ALLOWED
    assert sign_out(other, place(car, signed_in.token))
    assert reason(car, signed_in.token) is not DecisionReason.ALLOWED


@pytest.mark.parametrize(
    "changes", [{"token": "other"}, {"token": ""}, {"login": "root"}, {"address": "192.0.2.1"}], ids=str
)
def test_a_token_is_worth_nothing_elsewhere(car: Car, signed_in: SignInResult, changes: dict[str, Any]) -> None:
    elsewhere = replace(place(car, signed_in.token), **changes)
    assert find_standing(car.store, elsewhere, CJIS.sessions) is None
    assert not lock_session(car.store, elsewhere)
    assert not sign_out(car.store, elsewhere)
    assert reason(car, signed_in.token) is DecisionReason.ALLOWED


def test_use_keeps_a_session_open_and_is_written_now_and_then(car: Car, signed_in: SignInResult) -> None:
    for _ in range(3):
        car.seconds += 29 * MINUTE
        assert reason(car, signed_in.token) is DecisionReason.ALLOWED
    used = ask(car, signed_in.token).session
    car.seconds += 29
    assert ask(car, signed_in.token).session == used
    car.seconds += 1
    session = ask(car, signed_in.token).session
    assert session.used == car.now


def test_idle_a_session_shows_no_plate_until_the_password_comes(car: Car, signed_in: SignInResult) -> None:
    car.seconds += 30 * MINUTE
    assert reason(car, signed_in.token) is DecisionReason.SESSION_GLANCE
    assert car.reopen(signed_in.token, "wrong").outcome is SignInOutcome.WRONG_PASSWORD
    assert reason(car, signed_in.token) is DecisionReason.SESSION_GLANCE
    result = car.reopen(signed_in.token)
    assert (result.outcome, result.answer) == (SignInOutcome.REOPENED, "signed in again")
    assert reason(car, signed_in.token) is DecisionReason.ALLOWED


def test_a_page_that_refreshes_itself_keeps_no_session_open(car: Car, signed_in: SignInResult) -> None:
    for _ in range(29):
        car.seconds += MINUTE
        by_itself = replace(place(car, signed_in.token), is_use=False)
        standing = find_standing(car.store, by_itself, CJIS.sessions)
        assert standing is not None
        assert standing.decide(REQUEST, CALIFORNIA).is_allowed
    car.seconds += MINUTE
    assert reason(car, signed_in.token) is DecisionReason.SESSION_GLANCE


def test_a_key_press_hides_plates_at_once(car: Car, signed_in: SignInResult) -> None:
    assert lock_session(car.store, place(car, signed_in.token))
    assert reason(car, signed_in.token) is DecisionReason.SESSION_GLANCE
    assert car.reopen(signed_in.token).outcome is SignInOutcome.REOPENED
    assert reason(car, signed_in.token) is DecisionReason.ALLOWED


def test_wrong_passwords_at_a_glance_lock_the_account(car: Car, signed_in: SignInResult) -> None:
    lock_session(car.store, place(car, signed_in.token))
    assert [car.reopen(signed_in.token, "wrong").is_newly_locked for _ in range(5)] == [False] * 4 + [True]
    result = car.reopen(signed_in.token)
    assert result.outcome is SignInOutcome.LOCKED
    assert reason(car, signed_in.token) is DecisionReason.SESSION_GLANCE


def test_argon2_computes_once_also_where_there_is_nothing_to_reopen(car: Car, signed_in: SignInResult) -> None:
    for token, changes in ((signed_in.token, {}), ("other", {}), (signed_in.token, {"login": "root"})):
        before = car.hasher.computed
        assert car.reopen(token, **changes).outcome is SignInOutcome.NO_SESSION
        assert car.hasher.computed == before + 1
    assert car.account().failures == ()


def test_after_twelve_hours_or_another_boot_the_password_alone_opens_nothing(car: Car, signed_in: SignInResult) -> None:
    car.boot = "boot-2"
    assert reason(car, signed_in.token) is DecisionReason.SESSION_EXPIRED
    assert car.reopen(signed_in.token).outcome is SignInOutcome.NO_SESSION
    car.boot = "boot-1"
    car.seconds += 12 * 3600
    assert reason(car, signed_in.token) is DecisionReason.SESSION_EXPIRED
    assert car.reopen(signed_in.token).outcome is SignInOutcome.NO_SESSION
    assert car.sign_in(password=PASSWORD).outcome is SignInOutcome.SIGNED_IN


def test_signing_out_ends_a_session_once(car: Car, signed_in: SignInResult) -> None:
    assert sign_out(car.store, place(car, signed_in.token))
    assert not sign_out(car.store, place(car, signed_in.token))
    assert not lock_session(car.store, place(car, signed_in.token))
    assert reason(car, signed_in.token) is DecisionReason.SESSION_ENDED
    assert end_of(car, signed_in.token) is SessionEnd.SIGN_OUT


def test_a_roster_past_its_validity_and_training_that_ended_show_at_the_next_look(
    car: Car, signed_in: SignInResult
) -> None:
    car.install(person("p-1", training=Training(NOW, NOW)))
    assert reason(car, signed_in.token) is DecisionReason.CJIS_TRAINING
    car.install(valid_until=NOW + timedelta(minutes=5))
    assert reason(car, signed_in.token) is DecisionReason.ALLOWED
    car.seconds = 5 * MINUTE
    assert reason(car, signed_in.token) is DecisionReason.ROSTER_EXPIRED
