"""Signing in with password and code: what gets in, what does not, and that no wrong is told from another."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from alpr_edge.access.attempts import PasswordAttempt, SignInOutcome
from alpr_edge.access.sign_in import sign_in
from alpr_edge.access.store import AccessStore
from alpr_edge.department.people.accounts import DepartmentAccounts
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.people.person import AccountStatus, Person
from alpr_edge.domain.sessions.session import Factor, SessionEnd, SessionState, token_digest
from alpr_edge.store.access.accounts import AccountStore
from tests.access.accounts import OFFICER, PASSWORD, Car
from tests.domain.people.builders import NOW, at, person
from tests.domain.permissions.rules import CJIS

NO_ANSWER = "not accepted: name, password, code or passkey is wrong, or the account is locked"


def test_password_and_code_begin_a_session(car: Car) -> None:
    result = car.sign_in()
    assert result.outcome is SignInOutcome.SIGNED_IN
    assert result.session is not None
    with car.store.reading() as rows:
        assert rows.session(token_digest(result.token)) == result.session
    session = result.session
    assert (session.person_id, session.factor, session.login) == ("p-1", Factor.PASSWORD_AND_CODE, "officer")
    assert session.notice_sha256 == token_digest(CJIS.notice)
    assert session.state_at(car.now, CJIS.sessions) is SessionState.OPEN
    assert result.token not in repr(result)
    assert car.account().last_sign_in == car.now.utc


def test_the_address_is_a_name_too_whatever_its_case(car: Car) -> None:
    assert car.sign_in(" P-1@MODESTO.example").outcome is SignInOutcome.SIGNED_IN


@pytest.mark.parametrize(
    ("name", "password", "code", "outcome"),
    [
        ("nobody", PASSWORD, None, SignInOutcome.UNKNOWN),
        ("", "", "", SignInOutcome.UNKNOWN),
        (OFFICER.badge, "wrong", None, SignInOutcome.WRONG_PASSWORD),
        (OFFICER.badge, "", None, SignInOutcome.WRONG_PASSWORD),
        (OFFICER.badge, PASSWORD * 1000, None, SignInOutcome.WRONG_PASSWORD),
        (OFFICER.badge, PASSWORD, "", SignInOutcome.WRONG_CODE),
        (OFFICER.badge, PASSWORD, "abcdef", SignInOutcome.WRONG_CODE),
        (OFFICER.badge, PASSWORD, "1" * 5000, SignInOutcome.WRONG_CODE),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same_and_argon2_computes_once(
    car: Car, name: str, password: str, code: str | None, outcome: SignInOutcome
) -> None:
    before = car.hasher.computed
    result = car.sign_in(name, password, code)
    assert (result.outcome, result.answer, result.session, result.token) == (outcome, NO_ANSWER, None, "")
    assert car.hasher.computed == before + 1


def test_a_right_sign_in_and_a_locked_account_compute_once_as_well(car: Car) -> None:
    before = car.hasher.computed
    car.sign_in()
    assert car.hasher.computed == before + 1
    car.lock()
    before = car.hasher.computed
    result = car.sign_in()
    assert (result.outcome, result.answer) == (SignInOutcome.LOCKED, NO_ANSWER)
    assert car.hasher.computed == before + 1


def test_an_account_without_credentials_answers_as_a_wrong_password_does(car: Car) -> None:
    car.install(OFFICER, person("p-5"))
    before = car.hasher.computed
    result = car.sign_in("Bp-5", "")
    assert (result.outcome, result.answer) == (SignInOutcome.WRONG_PASSWORD, NO_ANSWER)
    assert car.hasher.computed == before + 1


def test_a_code_is_good_once_and_so_is_every_earlier_one(car: Car) -> None:
    code, next_code = car.code(seconds=30), car.code(seconds=60)
    assert car.sign_in(code=next_code).outcome is SignInOutcome.SIGNED_IN
    car.seconds -= 30
    assert car.sign_in(code=next_code).outcome is SignInOutcome.CODE_USED
    car.seconds -= 30
    assert car.sign_in(code=code).outcome is SignInOutcome.CODE_USED


@pytest.mark.parametrize(("seconds", "accepted"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_the_clock_of_the_phone_may_be_half_a_minute_off(car: Car, seconds: float, accepted: bool) -> None:
    result = car.sign_in(code=car.code(seconds=30 + seconds))
    assert (result.outcome is SignInOutcome.SIGNED_IN) is accepted


def test_a_replaced_password_does_not_get_in_with_the_old_one(car: Car) -> None:
    car.hashes["p-1"] = car.passwords.hash("another long password")
    car.install()
    assert car.sign_in().outcome is SignInOutcome.WRONG_PASSWORD
    assert car.sign_in(password="another long password").outcome is SignInOutcome.SIGNED_IN


def test_credentials_that_change_during_the_verification_get_nobody_in(car: Car) -> None:
    class SlowPasswords:
        """A verification so slow that a roster comes meanwhile."""

        def verify(self, password_hash: str, password: str) -> bool:
            car.hashes["p-1"] = car.passwords.hash("another long password")
            car.install()
            return car.passwords.verify(password_hash, password)

    attempt = PasswordAttempt(OFFICER.badge, PASSWORD, car.code())
    result = sign_in(car.store, SlowPasswords(), CJIS, attempt, car.place())
    assert result.outcome is SignInOutcome.WRONG_PASSWORD


def test_the_notice_comes_first(car: Car) -> None:
    for notice in ("", "another notice"):
        result = car.sign_in(place=car.place(notice))
        assert (result.outcome, result.answer) == (SignInOutcome.NOTICE, "read and acknowledge the notice first")


def test_without_a_roster_nobody_signs_in(store: AccessStore) -> None:
    assert Car(store).sign_in().outcome is SignInOutcome.NO_ROSTER


def test_a_roster_past_its_validity_lets_nobody_in(car: Car) -> None:
    car.seconds = 15 * 86_400
    assert car.sign_in().outcome is SignInOutcome.ROSTER_EXPIRED


def test_without_a_clock_no_code_can_be_checked(car: Car) -> None:
    nowhere = car.place(now=at(60, source=UtcSource.UNKNOWN))
    assert car.sign_in(place=nowhere).outcome is SignInOutcome.CLOCK_UNKNOWN


def test_an_untrusted_clock_checks_codes_but_dates_no_sign_in(car: Car) -> None:
    result = car.sign_in(place=car.place(now=at(30, source=UtcSource.RTC)))
    assert result.outcome is SignInOutcome.SIGNED_IN
    assert car.account().last_sign_in is None


@pytest.mark.parametrize(
    ("some", "outcome"),
    [
        (person("p-1", status=AccountStatus.SUSPENDED), SignInOutcome.ACCOUNT_SUSPENDED),
        (person("p-1", status=AccountStatus.LEFT), SignInOutcome.ACCOUNT_LEFT),
        (person("p-1", valid_until=NOW), SignInOutcome.ACCOUNT_EXPIRED),
        (person("p-1", active_at=NOW - timedelta(days=91)), SignInOutcome.ACCOUNT_IDLE),
    ],
)
def test_who_proved_who_they_are_is_told_what_their_account_lacks(
    car: Car, some: Person, outcome: SignInOutcome
) -> None:
    car.install(some)
    result = car.sign_in()
    assert (result.outcome, result.session) == (outcome, None)
    assert "ask the ALPR administrator" in result.answer
    assert car.sign_in(password="wrong").answer == NO_ANSWER


@pytest.mark.parametrize(("days", "outcome"), [(364, SignInOutcome.SIGNED_IN), (365, SignInOutcome.PASSWORD_OLD)])
def test_a_password_over_a_year_old_is_changed_first_where_the_profile_asks(
    car: Car, days: int, outcome: SignInOutcome
) -> None:
    car.password_set = NOW - timedelta(days=days)
    car.install()
    result = car.sign_in()
    assert result.outcome is outcome
    if outcome is SignInOutcome.PASSWORD_OLD:
        assert result.answer == "this password is too old; use a passkey, or ask the ALPR administrator to invite you"
        assert car.sign_in(password="wrong").answer == NO_ANSWER


def test_a_new_sign_in_ends_the_persons_other_session(car: Car) -> None:
    first, second = car.sign_in(), car.sign_in()
    assert first.token != second.token
    with car.store.reading() as rows:
        ended = rows.session(token_digest(first.token))
        assert ended is not None
        assert ended.end is SessionEnd.REPLACED
        assert rows.live_sessions() == [second.session]


def test_a_sign_in_at_the_page_leaves_the_session_of_the_command_line_and_a_suspension_ends_both(car: Car) -> None:
    command_line, page = car.sign_in(), car.sign_in(place=car.place(login="console"))
    with car.store.reading() as rows:
        assert {each.token_sha256 for each in rows.live_sessions()} == {
            token_digest(command_line.token),
            token_digest(page.token),
        }
    car.install(replace(OFFICER, status=AccountStatus.SUSPENDED))
    with car.store.reading() as rows:
        assert rows.live_sessions() == []


def test_a_sign_in_at_a_new_place_is_told_once_for_each_person_and_place(car: Car) -> None:
    told = [car.sign_in().is_new_place, car.sign_in().is_new_place, car.sign_in("Bp-2").is_new_place]
    assert told == [True, False, True]
    assert car.sign_in(place=car.place(login="records")).is_new_place


def test_driver_and_partner_are_signed_in_side_by_side(car: Car) -> None:
    results = [car.sign_in("Bp-1"), car.sign_in("Bp-2")]
    with car.store.reading() as rows:
        assert rows.live_sessions() == [result.session for result in results]


def test_a_full_car_takes_nobody_else_but_who_is_in_it_already(car: Car) -> None:
    session = car.sign_in("Bp-2").session
    assert session is not None
    with car.store.writing() as rows:
        for number in range(CJIS.sessions.people_max - 1):
            rows.save_session(replace(session, token_sha256=f"{number}", person_id=f"other-{number}"))
    full = car.sign_in("Bp-1")
    assert (full.outcome, full.answer) == (
        SignInOutcome.CAR_FULL,
        "too many people are signed in here; one of them has to sign out",
    )
    assert car.sign_in("Bp-2").outcome is SignInOutcome.SIGNED_IN
    car.seconds += 1801
    with car.store.writing() as rows:
        rows.save_session(replace(session, token_sha256="1", person_id="other-1", used=at(car.seconds - 60)))
    assert car.sign_in("Bp-1").outcome is SignInOutcome.SIGNED_IN, "in the place of who was idle longest"
    with car.store.reading() as rows:
        others = {each.person_id for each in rows.live_sessions()} - {"p-1"}
    assert len(others) == CJIS.sessions.people_max - 1
    assert "other-1" in others
    car.seconds += 13 * 3600
    assert car.sign_in("Bp-1").outcome is SignInOutcome.SIGNED_IN


def test_attempts_at_once_can_try_no_more_than_one_after_the_other(car: Car) -> None:
    attempt = PasswordAttempt(OFFICER.badge, "wrong", "000000")
    with ThreadPoolExecutor(4) as pool:
        futures = [
            pool.submit(sign_in, car.store, car.passwords, CJIS, attempt, car.place(now=at(number)))
            for number in range(12)
        ]
        outcomes = [future.result(timeout=60).outcome for future in futures]
    assert outcomes.count(SignInOutcome.WRONG_PASSWORD) == 5
    assert outcomes.count(SignInOutcome.LOCKED) == 7


def test_one_code_at_once_in_two_places_gets_one_of_them_in(car: Car) -> None:
    attempt = PasswordAttempt(OFFICER.badge, PASSWORD, car.code())
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(sign_in, car.store, car.passwords, CJIS, attempt, car.place()) for _ in range(4)]
        outcomes = [future.result(timeout=60).outcome for future in futures]
    assert sorted(outcomes) == [SignInOutcome.CODE_USED] * 3 + [SignInOutcome.SIGNED_IN]


def test_what_cannot_be_written_lets_nobody_in(car: Car, store: AccountStore | DepartmentAccounts) -> None:
    if isinstance(store, DepartmentAccounts):
        table, writing = "people_sessions", store.database.writing()
    else:
        table, writing = "sessions", store.database.write()
    with writing as connection:
        connection.exec_driver_sql(f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'x'); END")
    with pytest.raises(StoreError):
        car.sign_in()
    with store.reading() as rows:
        assert rows.live_sessions() == []
        account = rows.account_of("p-1")
        assert account is not None
        assert account.used_step == -1


def test_no_secret_is_in_what_is_printed(car: Car) -> None:
    attempt = PasswordAttempt(OFFICER.badge, PASSWORD, "123456")
    text = repr(attempt) + repr(car.account()) + repr(car.sign_in())
    assert not any(secret in text for secret in (PASSWORD, "123456", "argon2id", car.code()))
