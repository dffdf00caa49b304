"""Somebody changes their own password and ends sessions of their own: what it takes, what ends, what is on record."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from alpr_edge.access.attempts import PasswordAttempt, SignInOutcome, SignInPlace
from alpr_edge.access.authorisation.callers import SESSION_ID_CHARACTERS
from alpr_edge.access.sign_in import sign_in
from alpr_edge.department.people.changes import Author, ChangeAction, read_changes
from alpr_edge.department.people.people_rows import replace_credentials
from alpr_edge.department.people.registry import People
from alpr_edge.domain.errors import AccessError, PasswordError, SearchError
from alpr_edge.domain.sessions.session import SessionEnd, token_digest
from tests.department.inquiries.accounts.own_office import NEW, OwnOffice
from tests.department.inquiries.inquirers import ADDRESS, LOGIN, PASSWORDS, begin_session, records_of
from tests.department.people.office import PASSWORD, START

Sit = Callable[[str], OwnOffice]


def test_a_new_password_counts_at_once_and_ends_the_other_sessions(sit: Sit) -> None:
    mine = sit("officer")
    other, somebody = (begin_session(mine.office, mine.inquirers.ids[role]) for role in ("officer", "commander"))
    first = len(records_of(mine.office))
    serial = mine.change()
    assert [mine.end_of(each) for each in (mine.token, other, somebody)] == [None, SessionEnd.ROSTER, None]
    told = mine.in_roster()
    assert (PASSWORDS.verify(told.password_hash, NEW), told.password_set) == (True, mine.clock.now().utc)
    records = records_of(mine.office, first)
    assert [(each.action, each.outcome.value) for each in records] == [
        ("change_own_password", "allowed"), ("confirm_factors", "allowed"),
        ("change_people", "allowed"), ("change_people", "allowed"),
    ]  # fmt: skip
    assert [each.note.partition(";")[0] for each in records[2:]] == ["done: credentials", "done: publish"]
    assert not any(secret in repr(records) for secret in (NEW, PASSWORD))
    with mine.office.accounts.database.reading() as connection:
        *_, change, published = read_changes(connection)
    assert (change.action, change.author, change.new) == (
        ChangeAction.CREDENTIALS, f"person:{mine.person_id}", {"password": "set"},
    )  # fmt: skip
    assert published.new["serial"] == serial
    mine.clock.move(30)
    place = SignInPlace(mine.clock.now(), LOGIN, ADDRESS, mine.office.policy.security.notice)
    outcomes = []
    for password in (PASSWORD, NEW):
        attempt = PasswordAttempt("officer@modesto.example", password, mine.code())
        outcomes.append(sign_in(mine.office.accounts, PASSWORDS, mine.office.policy.security, attempt, place).outcome)
    assert outcomes == [SignInOutcome.WRONG_PASSWORD, SignInOutcome.SIGNED_IN]


def test_a_new_password_ends_an_open_invitation(sit: Sit) -> None:
    mine, start = sit("training-supervisor"), START.replace(hour=9)
    people = People(mine.inquirers.directory, mine.office.accounts.database)
    token = people.invite(Author("login:chief", start), mine.person_id).token
    mine.change()
    with pytest.raises(AccessError, match="has ended or was used before"):
        people.invitations.begin(token, start)
    with mine.office.accounts.database.reading() as connection:
        *_, change, _ = read_changes(connection)
    assert change.new == {"password": "set", "invitation": "withdrawn"}


@pytest.mark.parametrize(
    ("new", "again", "told"),
    [
        (NEW, f"{NEW}s", "the two new passwords differ"),
        ("short", None, "8 to 128 characters"),
        ("password1", None, "list of common ones"),
        ("supervisor of modesto", None, "made of your name"),
        (PASSWORD, None, "the new password is the present one"),
    ],
)
def test_a_new_password_that_will_not_do_uses_up_no_code(sit: Sit, new: str, again: str | None, told: str) -> None:
    mine = sit("supervisor")
    before = mine.account()
    with pytest.raises(PasswordError, match=told):
        mine.change(new, again)
    record = records_of(mine.office)[-1]
    assert (record.action, record.note) == ("change_own_password", "not done: PasswordError")
    assert mine.account() == before


def test_a_wrong_factor_changes_nothing_and_five_lock_the_account(sit: Sit) -> None:
    mine = sit("records")
    before = mine.in_roster()
    for wrong in ({"password": "wrong"}, {"code": "000000"}, {"password": ""}, {"code": ""}, {"password": "no"}):
        with pytest.raises(AccessError, match="not accepted"):
            mine.change(**wrong)
    assert "the account is locked" in records_of(mine.office)[-2].reason
    with pytest.raises(AccessError, match="not accepted"):
        mine.change()
    assert (mine.account().lock is not None, mine.in_roster()) == (True, before)


def test_nobody_changes_a_password_without_an_open_session(sit: Sit) -> None:
    mine = sit("technician")
    mine.sign_ins.lock()
    with pytest.raises(AccessError, match="locked or was idle"):
        mine.change()
    mine.sign_ins.sign_out()
    with pytest.raises(AccessError, match="sign in first"):
        mine.change()
    with pytest.raises(AccessError, match="sign in first"):
        mine.accounts.overview(mine.authoriser)


def test_whoever_has_no_password_here_is_told_where_to_change_it(sit: Sit) -> None:
    mine = sit("auditor")
    credentials = replace(mine.in_roster(), password_hash="")
    with mine.office.accounts.database.writing() as connection:
        replace_credentials(connection, mine.person_id, credentials)
    assert not mine.accounts.overview(mine.authoriser).has_password
    with pytest.raises(AccessError, match="change it at the single sign-on"):
        mine.change()


def test_sessions_are_told_by_date_and_place_and_one_s_own_can_be_ended(sit: Sit) -> None:
    mine = sit("commander")
    mine.clock.move(60)
    begin_session(mine.office, mine.person_id, "sign_ins", "local")
    theirs = begin_session(mine.office, mine.inquirers.ids["training-supervisor"])
    newest, this = mine.accounts.overview(mine.authoriser).sessions[:2]
    assert (newest.is_command_line, newest.is_this, newest.begun) == (True, False, mine.clock.now().utc)
    assert (this.is_command_line, this.is_this, this.can_be_ended) == (False, True, True)
    assert records_of(mine.office)[-1].action == "show_own_account"
    mine.accounts.end_session(mine.authoriser, newest.session_id)
    record = records_of(mine.office)[-1]
    assert (record.action, record.objects) == ("end_own_session", (newest.session_id,))
    ended = mine.accounts.overview(mine.authoriser).sessions[0]
    assert (ended.end, ended.can_be_ended) == (SessionEnd.SIGN_OUT, False)
    for session_id in (newest.session_id, "none", token_digest(theirs)[:SESSION_ID_CHARACTERS]):
        with pytest.raises(SearchError, match="no such session"):
            mine.accounts.end_session(mine.authoriser, session_id)
    assert mine.end_of(theirs) is None
