"""Both factors are asked for again in an open session: what is accepted, and that failures count and lock."""

from dataclasses import replace
from typing import Any

import pytest

from alpr_edge.access.attempts import FactorsAttempt, PasskeyAttempt, SignInOutcome, SignInResult
from alpr_edge.access.passkey_sign_in import confirm_with_passkey
from alpr_edge.access.relying_party import new_challenge
from alpr_edge.access.sessions import SessionPlace, lock_session
from alpr_edge.access.sign_in import confirm
from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.sessions.session import token_digest
from tests.access.accounts import PASSWORD, Car
from tests.access.authenticator import Authenticator
from tests.access.test_passkeys import DOMAIN, SITE, install_with, register
from tests.domain.people.builders import at
from tests.domain.permissions.rules import CJIS


def ask(car: Car, token: str, password: str = PASSWORD, code: str | None = None, **place: Any) -> SignInResult:  # noqa: ANN401 - any field
    """Ask for both 30 s after the last time, so that each code is a new one."""
    car.seconds += 30
    attempt = FactorsAttempt(password, car.code() if code is None else code)
    return confirm(car.store, car.passwords, CJIS, token, attempt, car.place(**place))


def test_both_factors_confirm_and_leave_the_session_as_it_is(car: Car) -> None:
    signed_in = car.sign_in()
    before = car.hasher.computed
    result = ask(car, signed_in.token)
    assert (result.outcome, result.person_id, result.session) == (SignInOutcome.CONFIRMED, "p-1", signed_in.session)
    assert car.hasher.computed == before + 1
    used = car.code()
    car.seconds -= 30
    assert ask(car, signed_in.token, code=used).outcome is SignInOutcome.CODE_USED


@pytest.mark.parametrize(
    ("password", "code", "outcome"),
    [
        ("wrong", None, SignInOutcome.WRONG_PASSWORD),
        ("", "", SignInOutcome.WRONG_PASSWORD),
        (PASSWORD, "", SignInOutcome.WRONG_CODE),
        (PASSWORD, "1" * 5000, SignInOutcome.WRONG_CODE),
    ],
)
def test_what_is_wrong_counts_as_a_failure(car: Car, password: str, code: str | None, outcome: SignInOutcome) -> None:
    token = car.sign_in().token
    result = ask(car, token, password, code)
    assert (result.outcome, result.session, len(car.account().failures)) == (outcome, None, 1)
    assert ask(car, token).outcome is SignInOutcome.CONFIRMED
    assert car.account().failures == ()


def test_five_failures_lock_the_account_and_then_nothing_confirms(car: Car) -> None:
    token = car.sign_in().token
    results = [ask(car, token, "wrong") for _ in range(5)]
    assert [each.is_newly_locked for each in results] == [False] * 4 + [True]
    assert ask(car, token).outcome is SignInOutcome.LOCKED


def test_nothing_confirms_without_an_open_session_of_the_same_place(car: Car) -> None:
    token = car.sign_in().token
    for place in ({"login": "thief"}, {"address": "10.0.0.9"}):
        assert ask(car, token, **place).outcome is SignInOutcome.NO_SESSION
    assert ask(car, "none").outcome is SignInOutcome.NO_SESSION
    assert ask(car, token, now=at(60, source=UtcSource.UNKNOWN)).outcome is SignInOutcome.CLOCK_UNKNOWN
    lock_session(car.store, SessionPlace(token, "officer", "local", car.now))
    assert ask(car, token).outcome is SignInOutcome.NO_SESSION
    assert car.account().failures == ()


def test_a_passkey_of_the_same_person_confirms_and_no_other_does(car: Car) -> None:
    keys = [Authenticator(DOMAIN, SITE.origins[0]) for _ in range(2)]
    install_with(car, register(keys[0]))
    token = car.sign_in().token
    outcomes = []
    for key in keys:
        challenge = new_challenge()
        attempt = PasskeyAttempt(key.sign_in(challenge), challenge)
        outcomes.append(confirm_with_passkey(car.store, SITE, CJIS, token, attempt, car.place()).outcome)
    assert outcomes == [SignInOutcome.CONFIRMED, SignInOutcome.UNKNOWN]
    elsewhere = replace(car.place(), login="thief")
    assert confirm_with_passkey(car.store, SITE, CJIS, token, attempt, elsewhere).outcome is SignInOutcome.NO_SESSION
    with car.store.reading() as rows:
        assert rows.session(token_digest(token)) is not None
        assert rows.sign_count(keys[0].credential_id) == 1
