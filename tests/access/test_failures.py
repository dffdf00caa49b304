"""Five failures within 15 minutes lock an account, and who may release it."""

import pytest

from alpr_edge.access.account_locks import UnlockedAccount, lock_of, unlock_account, unlock_by_code
from alpr_edge.access.attempts import SignInOutcome
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.sessions.lockout import UnlockWay, release_code
from tests.access.accounts import OFFICER, PASSWORD, RELEASE_SECRET, Car
from tests.domain.people.builders import person

ADMINISTRATOR = person("p-0", roles=frozenset({Role.ALPR_ADMINISTRATOR}))


def test_the_fifth_failure_locks_until_somebody_releases(car: Car) -> None:
    results = [car.sign_in(password="wrong") for _ in range(5)]
    assert [result.is_newly_locked for result in results] == [False] * 4 + [True]
    assert car.sign_in().outcome is SignInOutcome.LOCKED
    car.seconds += 13 * 86_400
    assert car.sign_in().outcome is SignInOutcome.LOCKED
    assert car.account().failures == ()


def test_wrong_codes_lock_as_wrong_passwords_do(car: Car) -> None:
    assert [car.sign_in(code="000000").is_newly_locked for _ in range(5)][-1]


def test_a_boot_in_between_does_not_help(car: Car) -> None:
    for _ in range(4):
        car.sign_in(password="wrong")
    car.boot = "boot-2"
    assert car.sign_in(password="wrong").is_newly_locked


def test_failures_are_forgotten_after_a_quarter_of_an_hour_and_by_a_sign_in(car: Car) -> None:
    for _ in range(4):
        car.sign_in(password="wrong")
    car.seconds += 15 * 60
    assert not car.sign_in(password="wrong").is_newly_locked
    assert len(car.account().failures) == 1
    car.sign_in()
    assert car.account().failures == ()


def test_a_name_that_nobody_has_locks_nobody_and_leaves_one_row(car: Car) -> None:
    assert not any(car.sign_in(name).is_newly_locked for name in ["nobody"] * 6 + ["somebody"] * 6)
    assert car.account().failures == ()
    assert car.sign_in().outcome is SignInOutcome.SIGNED_IN


def test_an_administrator_releases_and_so_does_a_designated_supervisor(car: Car) -> None:
    car.lock()
    assert unlock_account(car.store, ADMINISTRATOR, OFFICER.badge) == UnlockedAccount("p-1", UnlockWay.ADMINISTRATOR)
    assert car.sign_in().outcome is SignInOutcome.SIGNED_IN
    car.lock()
    supervisor = person("p-9", roles=frozenset({Role.SUPERVISOR}), may_unlock=True)
    assert unlock_account(car.store, supervisor, " p-1@MODESTO.example ") == UnlockedAccount(
        "p-1", UnlockWay.SUPERVISOR
    )
    assert car.sign_in().outcome is SignInOutcome.SIGNED_IN


@pytest.mark.parametrize("releaser", [person("p-2"), person("p-9", roles=frozenset({Role.SUPERVISOR})), OFFICER])
def test_nobody_else_releases(car: Car, releaser: object) -> None:
    car.lock()
    with pytest.raises(AccessError, match=r"^no such account is locked, or you may not unlock it$"):
        unlock_account(car.store, releaser, OFFICER.badge)  # type: ignore[arg-type]
    assert car.account().lock is not None


@pytest.mark.parametrize("name", ["nobody", OFFICER.badge])
def test_what_is_not_locked_is_not_released(car: Car, name: str) -> None:
    with pytest.raises(AccessError):
        unlock_account(car.store, ADMINISTRATOR, name)
    assert not unlock_by_code(car.store, name, "AAAAAAAAAA")
    assert lock_of(car.store, name) is None


def test_the_code_that_the_department_reads_out_releases_once(car: Car) -> None:
    car.lock()
    lock = lock_of(car.store, OFFICER.badge)
    assert lock is not None
    code = release_code(RELEASE_SECRET, lock)
    assert not unlock_by_code(car.store, OFFICER.badge, "AAAAAAAAAA")
    assert car.sign_in().outcome is SignInOutcome.LOCKED
    assert unlock_by_code(car.store, OFFICER.badge, code.lower()) == UnlockedAccount("p-1", UnlockWay.CODE)
    assert car.sign_in().outcome is SignInOutcome.SIGNED_IN
    car.lock()
    assert not unlock_by_code(car.store, OFFICER.badge, code)


def test_an_unlock_at_the_department_comes_with_the_roster_once(car: Car) -> None:
    car.lock()
    car.install()
    assert car.sign_in().outcome is SignInOutcome.LOCKED
    car.install(person("p-1", unlocks=1))
    assert car.sign_in().outcome is SignInOutcome.SIGNED_IN
    car.lock()
    car.install(person("p-1", unlocks=1))
    assert car.sign_in().outcome is SignInOutcome.LOCKED


def test_who_was_locked_stays_so_when_they_leave_the_roster_and_come_back(car: Car) -> None:
    car.lock()
    car.install(person("p-2"))
    assert car.sign_in().outcome is SignInOutcome.UNKNOWN
    car.install()
    assert car.sign_in(password=PASSWORD).outcome is SignInOutcome.LOCKED
