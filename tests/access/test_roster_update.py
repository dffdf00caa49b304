"""A roster replaces the one in force as a whole or not at all, and signs out whom it no longer has."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alpr_edge.access.attempts import SignInOutcome
from alpr_edge.access.roster_update import install_roster
from alpr_edge.domain.errors import RosterError
from alpr_edge.domain.people.credentials import Credentials, Passkey
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.domain.people.roster import Member, RosterFault
from alpr_edge.domain.people.signed_roster import sign_roster
from alpr_edge.domain.sessions.session import SessionEnd, token_digest
from tests.access.accounts import ROSTER_KEY, Car
from tests.domain.people.builders import NOW, OTHER_KEY, SIGNING_KEY, person, roster


def install_fault(car: Car, content: bytes) -> str:
    with pytest.raises(RosterError) as excinfo:
        install_roster(car.store, content, ROSTER_KEY, car.now)
    return excinfo.value.fault


def test_a_newer_roster_replaces_people_names_and_credentials(car: Car) -> None:
    passkeys = (Passkey(b"b-key", b"1", 1), Passkey(b"a-key", b"2", 2))
    new = Member(person("p-7", badge="777"), Credentials("hash", "secret", "release", passkeys))
    content = sign_roster(roster(new, serial=9), SIGNING_KEY)
    assert install_roster(car.store, content, ROSTER_KEY, car.now).serial == 9
    with car.store.reading() as rows:
        held = rows.roster()
        assert held is not None
        assert held.serial == 9
        assert rows.account("bp-1") is None
        assert rows.account_of("p-1") is None
        account = rows.account("777")
        assert account is not None
        assert (account.person, account.credentials) == (new.person, new.credentials)
        assert rows.account_of_passkey(b"a-key") == account
        assert rows.account_of_passkey(b"c-key") is None


def test_what_is_refused_changes_nothing(car: Car) -> None:
    refused = {
        RosterFault.NOT_NEWER: sign_roster(roster(serial=car.serial), SIGNING_KEY),
        RosterFault.UNSIGNED: sign_roster(roster(serial=99), OTHER_KEY),
        RosterFault.EXPIRED: sign_roster(roster(serial=99, valid_until=NOW), SIGNING_KEY),
        RosterFault.TAMPERED: sign_roster(roster(serial=99), SIGNING_KEY).replace(b":99,", b":98,"),
        RosterFault.UNREADABLE: b"{}",
        RosterFault.OTHER_DEPARTMENT: sign_roster(roster(serial=99, department_id="turlock-pd"), SIGNING_KEY),
    }
    assert {fault: install_fault(car, content) for fault, content in refused.items()} == {
        each: each for each in refused
    }
    with car.store.reading() as rows:
        held = rows.roster()
    assert held is not None
    assert held.serial == car.serial
    assert car.sign_in().outcome is SignInOutcome.SIGNED_IN


@pytest.mark.parametrize("status", [AccountStatus.SUSPENDED, AccountStatus.LEFT, None])
def test_who_is_suspended_or_missing_is_signed_out(car: Car, status: AccountStatus | None) -> None:
    officer, partner = car.sign_in("Bp-1"), car.sign_in("Bp-2")
    car.install(*([] if status is None else [person("p-1", status=status)]), person("p-2"))
    with car.store.reading() as rows:
        ended, live = rows.session(token_digest(officer.token)), rows.session(token_digest(partner.token))
    assert ended is not None
    assert ended.end is SessionEnd.ROSTER
    assert live == partner.session


def test_new_credentials_end_what_was_begun_with_the_old_ones(car: Car) -> None:
    officer, partner = car.sign_in("Bp-1"), car.sign_in("Bp-2")
    car.hashes["p-1"] = car.passwords.hash("another good password")
    car.install()
    with car.store.reading() as rows:
        ended, live = rows.session(token_digest(officer.token)), rows.session(token_digest(partner.token))
    assert ended is not None
    assert ended.end is SessionEnd.ROSTER
    assert live == partner.session


def test_who_was_signed_out_by_the_department_is_signed_out_once(car: Car) -> None:
    officer, partner = car.sign_in("Bp-1"), car.sign_in("Bp-2")
    car.install(person("p-1", sign_outs=1), person("p-2"))
    with car.store.reading() as rows:
        ended, live = rows.session(token_digest(officer.token)), rows.session(token_digest(partner.token))
    assert ended is not None
    assert (ended.end, live) == (SessionEnd.ROSTER, partner.session)
    again = car.sign_in("Bp-1")
    car.install(person("p-1", sign_outs=1), person("p-2"))
    with car.store.reading() as rows:
        assert rows.session(token_digest(again.token)) == again.session


def test_a_sign_out_after_a_restored_backup_counts_too(car: Car) -> None:
    car.install(person("p-1", sign_outs=2), person("p-2"))
    for sign_outs in (1, 2):
        officer = car.sign_in("Bp-1")
        car.install(person("p-1", sign_outs=sign_outs), person("p-2"))
        with car.store.reading() as rows:
            ended = rows.session(token_digest(officer.token))
        assert ended is not None
        assert ended.end is SessionEnd.ROSTER


@pytest.mark.parametrize(
    ("change", "replaces"),
    [
        ({}, False),
        ({"password_hash": "other"}, True),
        ({"totp_secret": "other"}, True),
        ({"release_secret": "other"}, False),
        ({"passkeys": (Passkey(b"a", b"1", 7), Passkey(b"b", b"2"))}, False),
        ({"passkeys": (Passkey(b"a", b"2"),)}, True),
        ({"passkeys": ()}, True),
    ],
)
def test_what_takes_the_place_of_a_factor(change: dict[str, Any], replaces: bool) -> None:
    before = Credentials("hash", "secret", "release", (Passkey(b"a", b"1"),))
    assert replace(before, **change).replaces(before) is replaces


def test_used_codes_and_sign_ins_outlive_a_roster(car: Car) -> None:
    code = car.code(seconds=30)
    car.sign_in(code=code)
    before = car.account()
    car.install()
    assert car.account() == before
    car.seconds -= 30
    assert car.sign_in(code=code).outcome is SignInOutcome.CODE_USED


def test_the_date_of_a_sign_in_here_keeps_an_account_from_being_idle(car: Car) -> None:
    idle = person("p-1", active_at=NOW - timedelta(days=89, hours=23))
    car.install(idle, valid_until=NOW + timedelta(days=60))
    car.sign_in()
    car.seconds += 20 * 86_400
    assert car.sign_in().outcome is SignInOutcome.SIGNED_IN
