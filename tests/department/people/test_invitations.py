"""Invitations by the clock, and what of them is kept."""

import json
from datetime import timedelta

import pyotp
import pytest
from webauthn.helpers import base64url_to_bytes

from alpr_edge.access.relying_party import RelyingParty
from alpr_edge.access.totp import STEP_S
from alpr_edge.department.people.account_rows import DepartmentAccountRows, PasskeyDates
from alpr_edge.domain.errors import AccessError, DepartmentError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.sessions.session import AccessSession, Factor
from tests.access.authenticator import Authenticator
from tests.department.people.office import DOMAIN, PASSWORD, START, Office

SITE = RelyingParty(DOMAIN, "Modesto PD", (f"https://{DOMAIN}:8446",))


def begin(office: Office) -> str:
    """The cookie of somebody new."""
    person_id = office.add()
    token = office.people.invite(office.author, person_id).token
    return office.people.invitations.begin(token, office.now)


def test_an_address_holds_for_a_day(office: Office) -> None:
    person_id = office.add()
    invitation = office.people.invite(office.author, person_id)
    assert invitation.expires_at - office.now == timedelta(hours=24)
    with pytest.raises(AccessError, match="has ended"):
        office.people.invitations.begin(invitation.token, invitation.expires_at)
    office.people.invitations.begin(invitation.token, invitation.expires_at - timedelta(seconds=1))


def test_whoever_began_has_an_hour(office: Office) -> None:
    cookie = begin(office)
    invitations = office.people.invitations
    office.now += timedelta(minutes=59)
    invitations.set_password(cookie, PASSWORD, office.now)
    office.now += timedelta(minutes=1)
    for act in (invitations.find, invitations.shared_secret, invitations.finish):
        with pytest.raises(AccessError, match="open for too long"):
            act(cookie, office.now)


def test_nothing_counts_before_the_end(office: Office) -> None:
    cookie = begin(office)
    invitations = office.people.invitations
    invitations.set_password(cookie, PASSWORD, office.now)
    with pytest.raises(AccessError, match="confirm a code first"):
        invitations.finish(cookie, office.now)
    assert not office.people.overviews()[0].has_password
    assert invitations.confirm_code(cookie, pyotp.TOTP(secret(office, cookie)).at(office.now), office.now)
    invitations.finish(cookie, office.now)
    assert office.people.overviews()[0].has_password
    with pytest.raises(AccessError, match="no invitation is open"):
        invitations.finish(cookie, office.now)


def test_new_credentials_end_what_was_begun_with_the_old_ones(office: Office) -> None:
    cookie, now = begin(office), Instant("boot", 10**12, START, UtcSource.NTP)
    invitations = office.people.invitations
    person_id = invitations.find(cookie, office.now).person.person_id
    session = AccessSession("a" * 64, person_id, Factor.PASSKEY, "page", "192.0.2.7", "", now, now)
    with office.accounts.writing() as rows:
        rows.save_session(session)
    invitations.set_password(cookie, PASSWORD, office.now)
    assert invitations.confirm_code(cookie, pyotp.TOTP(secret(office, cookie)).at(office.now), office.now)
    with office.accounts.reading() as rows:
        assert rows.live_sessions() == [session]
    invitations.finish(cookie, office.now)
    with office.accounts.reading() as rows:
        assert rows.live_sessions() == []


def secret(office: Office, cookie: str) -> str:
    return office.people.invitations.shared_secret(cookie, office.now)


def test_a_code_that_was_used_never_counts_again(office: Office) -> None:
    cookie = begin(office)
    invitations = office.people.invitations
    person_id = invitations.find(cookie, office.now).person.person_id
    step = int(office.now.timestamp()) // STEP_S + 1
    with office.accounts.writing() as rows:
        rows.use_step(person_id, step)
    assert invitations.confirm_code(cookie, pyotp.TOTP(secret(office, cookie)).at(office.now), office.now)
    with office.accounts.reading() as rows:
        account = rows.account_of(person_id)
    assert account is not None
    assert account.used_step == step


def test_each_challenge_is_good_for_one_answer(office: Office) -> None:
    cookie = begin(office)
    invitations = office.people.invitations
    with pytest.raises(AccessError, match="was not asked for"):
        invitations.add_passkey(cookie, SITE, "{}", office.now)
    invitations.passkey_options(cookie, SITE, office.now)
    answer = Authenticator(DOMAIN, SITE.origins[0]).register(b"another challenge")
    with pytest.raises(AccessError, match="does not hold"):
        invitations.add_passkey(cookie, SITE, answer, office.now)
    with pytest.raises(AccessError, match="was not asked for"):
        invitations.add_passkey(cookie, SITE, answer, office.now)


def test_a_passkey_has_the_date_of_its_invitation(office: Office) -> None:
    cookie, key = begin(office), Authenticator(DOMAIN, SITE.origins[0])
    invitations = office.people.invitations
    person_id = invitations.find(cookie, office.now).person.person_id
    invitations.set_password(cookie, PASSWORD, office.now)
    assert invitations.confirm_code(cookie, pyotp.TOTP(secret(office, cookie)).at(office.now), office.now)
    challenge = json.loads(invitations.passkey_options(cookie, SITE, office.now))["challenge"]
    invitations.add_passkey(cookie, SITE, key.register(base64url_to_bytes(challenge)), office.now)
    invitations.finish(cookie, office.now)
    with office.database.reading() as connection:
        dates = DepartmentAccountRows(connection).passkey_dates(person_id)
    assert dates == {key.credential_id: PasskeyDates(office.now, None)}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_neither_token_nor_cookie_nor_password_lies_in_the_database(office: Office) -> None:
    person_id = office.add()
    token = office.people.invite(office.author, person_id).token
    cookie = office.people.invitations.begin(token, office.now)
    office.people.invitations.set_password(cookie, PASSWORD, office.now)
    files = [path for path in office.directory.iterdir() if path.name.startswith("department.db")]
    content = b"".join(path.read_bytes() for path in files)
    assert b"people_invitations" in content
    assert not any(secret.encode() in content for secret in (token, cookie, PASSWORD))


def test_nobody_who_is_suspended_is_invited(office: Office) -> None:
    person_id = office.add()
    office.people.suspend(office.author, person_id)
    with pytest.raises(DepartmentError, match="this account is suspended; activate it first"):
        office.people.invite(office.author, person_id)
