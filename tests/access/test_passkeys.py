"""Passkeys: registered at the department, used in the car; and what does not get in."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from alpr_edge.access.attempts import PasskeyAttempt, SignInOutcome, SignInResult
from alpr_edge.access.passkey_sign_in import reopen_with_passkey, sign_in_with_passkey
from alpr_edge.access.passkeys import (
    authentication_options,
    credential_id_of,
    registration_options,
    verify_registration,
)
from alpr_edge.access.relying_party import RelyingParty, new_challenge
from alpr_edge.access.roster_update import install_roster
from alpr_edge.access.sessions import SessionPlace, lock_session
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.people.credentials import PASSKEYS_MAX, Credentials, Passkey
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.domain.people.roster import Member
from alpr_edge.domain.people.signed_roster import sign_roster
from alpr_edge.domain.sessions.session import Factor
from tests.access.accounts import OFFICER, ROSTER_KEY, Car
from tests.access.authenticator import Authenticator, base64url
from tests.domain.people.builders import SIGNING_KEY, at, person, roster
from tests.domain.permissions.rules import CJIS

DOMAIN = "alpr.modesto.example"
SITE = RelyingParty(DOMAIN, "Modesto PD", ("https://dept.alpr.modesto.example", "https://car-1.alpr.modesto.example"))
CAR_ORIGIN = SITE.origins[1]


@pytest.fixture
def key() -> Authenticator:
    return Authenticator(DOMAIN, SITE.origins[0])


def register(key: Authenticator) -> Passkey:
    challenge = new_challenge()
    return verify_registration(key.register(challenge), challenge, SITE, Credentials())


@pytest.fixture
def registered_key(car: Car, key: Authenticator) -> Authenticator:
    """The key, registered at the department and in the car's roster; it is used in the car from now on."""
    install_with(car, register(key))
    key.origin = CAR_ORIGIN
    return key


def install_with(car: Car, passkey: Passkey, status: AccountStatus = AccountStatus.ACTIVE) -> None:
    member = car.member(person("p-1", status=status))
    car.serial += 1
    changed = Member(member.person, replace(member.credentials, passkeys=(passkey,)))
    content = sign_roster(roster(changed, car.member(person("p-2")), serial=car.serial), SIGNING_KEY)
    install_roster(car.store, content, ROSTER_KEY, car.now)


def sign_in(car: Car, key: Authenticator, bend: Callable[[str], str] = str, challenge: bytes = b"") -> SignInResult:
    """Sign in; ``bend`` changes the answer on its way, ``challenge`` is another one than the page asked."""
    asked = new_challenge()
    attempt = PasskeyAttempt(bend(key.sign_in(challenge or asked)), asked)
    return sign_in_with_passkey(car.store, SITE, CJIS, attempt, car.place())


def test_a_passkey_registered_at_the_department_signs_in_in_the_car(car: Car, registered_key: Authenticator) -> None:
    result = sign_in(car, registered_key)
    assert result.outcome is SignInOutcome.SIGNED_IN
    assert result.session is not None
    assert (result.person_id, result.session.factor) == ("p-1", Factor.PASSKEY)
    assert sign_in(car, registered_key).outcome is SignInOutcome.SIGNED_IN


def test_a_passkey_needs_no_clock(car: Car, registered_key: Authenticator) -> None:
    challenge = new_challenge()
    attempt = PasskeyAttempt(registered_key.sign_in(challenge), challenge)
    nowhere = car.place(now=at(60, source=UtcSource.UNKNOWN))
    assert sign_in_with_passkey(car.store, SITE, CJIS, attempt, nowhere).outcome is SignInOutcome.SIGNED_IN


def other_signature(answer: str) -> str:
    value = json.loads(answer)
    value["response"]["signature"] = base64url(bytes(70))
    return json.dumps(value)


@pytest.mark.parametrize(
    ("change", "bend"),
    [
        ({"is_user_verified": False}, str),
        ({"origin": "https://alpr.modesto.example.evil.example"}, str),
        ({"domain": "evil.example"}, str),
        ({"key": Authenticator(DOMAIN, CAR_ORIGIN).key}, str),
        ({}, other_signature),
    ],
)
def test_what_does_not_hold_gets_nobody_in_and_counts_as_a_failure(
    car: Car, registered_key: Authenticator, change: dict[str, object], bend: Callable[[str], str]
) -> None:
    for name, value in change.items():
        setattr(registered_key, name, value)
    result = sign_in(car, registered_key, bend)
    assert (result.outcome, result.session) == (SignInOutcome.WRONG_PASSKEY, None)
    assert len(car.account().failures) == 1


def test_an_answer_to_another_challenge_is_a_replay(car: Car, registered_key: Authenticator) -> None:
    assert sign_in(car, registered_key, challenge=new_challenge()).outcome is SignInOutcome.WRONG_PASSKEY


def test_a_counter_that_goes_back_is_a_copys(car: Car, registered_key: Authenticator) -> None:
    copy = replace(registered_key)
    assert sign_in(car, registered_key).outcome is SignInOutcome.SIGNED_IN
    assert sign_in(car, copy).outcome is SignInOutcome.WRONG_PASSKEY
    assert sign_in(car, registered_key).outcome is SignInOutcome.SIGNED_IN


@pytest.mark.parametrize(
    "answer",
    ["", "{}", "null", '{"id":1}', "x" * 20_000, "[" * 16_000, '{"id":"","rawId":"","type":"","response":{}}'],
    ids=["empty", "object", "null", "number", "long", "nested", "blank"],
)
def test_what_is_no_answer_is_of_nobody(car: Car, registered_key: Authenticator, answer: str) -> None:
    result = sign_in(car, registered_key, lambda _: answer)
    assert (result.outcome, result.person_id) == (SignInOutcome.UNKNOWN, "")
    assert credential_id_of(answer) == b""


def test_a_key_that_nobody_registered_is_of_nobody(car: Car, registered_key: Authenticator) -> None:
    stranger = Authenticator(DOMAIN, CAR_ORIGIN)
    result = sign_in(car, stranger)
    assert result.outcome is SignInOutcome.UNKNOWN
    assert result.answer == sign_in(car, registered_key, other_signature).answer


def test_a_locked_or_suspended_account_keeps_its_passkeys_out(
    car: Car, registered_key: Authenticator, key: Authenticator
) -> None:
    car.lock()
    assert sign_in(car, registered_key).outcome is SignInOutcome.LOCKED
    with car.store.writing() as rows:
        rows.set_lock("p-1", None)
    key.origin = SITE.origins[0]
    install_with(car, register(key), AccountStatus.SUSPENDED)
    assert sign_in(car, key).outcome is SignInOutcome.ACCOUNT_SUSPENDED


def test_the_notice_comes_first(car: Car, registered_key: Authenticator) -> None:
    attempt = PasskeyAttempt(registered_key.sign_in(b"x"), b"x")
    assert sign_in_with_passkey(car.store, SITE, CJIS, attempt, car.place("")).outcome is SignInOutcome.NOTICE


def test_a_passkey_reopens_the_session_of_its_person_alone(car: Car, registered_key: Authenticator) -> None:
    officer, partner = sign_in(car, registered_key), car.sign_in("Bp-2")

    def reopen(token: str) -> SignInOutcome:
        challenge = new_challenge()
        attempt = PasskeyAttempt(registered_key.sign_in(challenge), challenge)
        return reopen_with_passkey(car.store, SITE, CJIS, token, attempt, car.place()).outcome

    assert reopen(officer.token) is SignInOutcome.NO_SESSION
    for token in (officer.token, partner.token):
        assert lock_session(car.store, SessionPlace(token, "officer", "local", car.now))
    assert reopen(partner.token) is SignInOutcome.UNKNOWN
    assert reopen(officer.token) is SignInOutcome.REOPENED
    assert reopen("other") is SignInOutcome.NO_SESSION


def test_a_registration_without_the_user_verified_or_from_elsewhere_is_refused(key: Authenticator) -> None:
    challenge = new_challenge()
    answers = [
        replace(key, is_user_verified=False).register(challenge),
        replace(key, origin="https://evil.example").register(challenge),
        replace(key, domain="evil.example").register(challenge),
        key.register(new_challenge()),
        key.register(challenge, "android-safetynet", {"ver": "1", "response": 7}),
        key.register(challenge, "android-safetynet", {"ver": "1", "response": b"e30"}),
        "[" * 16_000,
        "{}",
        "",
    ]
    for answer in answers:
        with pytest.raises(AccessError, match=r"^the passkey was not registered: its answer does not hold$"):
            verify_registration(answer, challenge, SITE, Credentials())
    with pytest.raises(AccessError, match="too long"):
        verify_registration("x" * 20_000, challenge, SITE, Credentials())


def test_an_id_is_as_long_as_the_standard_has_it_at_most(key: Authenticator) -> None:
    longest, longer = (replace(key, credential_id=bytes(count)) for count in (1023, 1024))
    assert register(longest).credential_id == bytes(1023)
    with pytest.raises(AccessError, match=r"^the passkey was not registered: its id is too long$"):
        register(longer)
    with pytest.raises(AccessError, match=r"^the passkey was not registered: its key is too long$"):
        register(replace(key, padding=bytes(1024)))


def test_nobody_has_more_passkeys_than_they_may(key: Authenticator) -> None:
    full = Credentials(passkeys=tuple(Passkey(bytes([number]), b"key") for number in range(PASSKEYS_MAX)))
    challenge = new_challenge()
    with pytest.raises(AccessError, match="at most 8 passkeys"):
        verify_registration(key.register(challenge), challenge, SITE, full)


def test_the_options_ask_for_a_verified_user_and_name_no_account_at_sign_in() -> None:
    held = Credentials(passkeys=(Passkey(b"held", b"key"),))
    creation = json.loads(registration_options(OFFICER, held, SITE, b"c" * 32))
    assert creation["rp"] == {"id": DOMAIN, "name": "Modesto PD"}
    assert creation["authenticatorSelection"]["userVerification"] == "required"
    assert [each["id"] for each in creation["excludeCredentials"]] == [base64url(b"held")]
    request = json.loads(authentication_options(SITE, b"c" * 32))
    assert (request["userVerification"], request["rpId"]) == ("required", DOMAIN)
    assert not request.get("allowCredentials")
    assert len(new_challenge()) == 32
