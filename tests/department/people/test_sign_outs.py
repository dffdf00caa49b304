"""Somebody is signed out: here at once, in the cars by the roster; on record, and by those who manage people alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.access.sessions import SessionPlace, find_session
from alpr_edge.department.inquiries.office import InquiryOffice, open_office
from alpr_edge.department.people.changes import Author, ChangeAction, read_changes
from alpr_edge.department.people.registry import People
from alpr_edge.department.people.rosters import Rosters
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.domain.errors import AccessError, DepartmentError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.people.signed_roster import open_roster
from alpr_edge.domain.sessions.session import SessionEnd
from tests.department.engines import EngineUnderTest
from tests.department.inquiries.inquirers import (
    ADDRESS,
    LOGIN,
    PASSWORDS,
    Inquirers,
    StillClock,
    authoriser_of,
    begin_session,
    records_of,
)
from tests.department.people.office import START


@pytest.fixture
def inquirers(tmp_path: Path, engine: EngineUnderTest) -> Inquirers:
    return Inquirers.make(tmp_path / "department", engine)


@pytest.fixture
def desks(inquirers: Inquirers) -> Iterator[InquiryOffice]:
    clock = StillClock(Instant("boot", 10**12, START, UtcSource.NTP))
    with open_office(inquirers.directory, clock, PASSWORDS) as office:
        yield office


def in_roster(inquirers: Inquirers, office: InquiryOffice, role: str) -> Person:
    """Somebody as the newest roster has them."""
    file = Rosters(inquirers.directory, office.accounts.database).file_for("car-1")
    assert file is not None
    roster = open_roster(file.content, load_roster_signer(inquirers.directory).public_key)
    return next(each.person for each in roster.members if each.person.person_id == inquirers.ids[role])


def end_of(office: InquiryOffice, token: str) -> SessionEnd | None:
    session = find_session(office.accounts, SessionPlace(token, LOGIN, ADDRESS, office.clock.now()))
    assert session is not None
    return session.end


def test_sessions_end_here_and_the_roster_says_so_to_the_cars(inquirers: Inquirers, desks: InquiryOffice) -> None:
    mine, other = (begin_session(desks, inquirers.ids[role]) for role in ("officer", "commander"))
    administrator, first = authoriser_of(desks, inquirers.ids["alpr-administrator"]), desks.log.size()
    done = desks.sign_outs.sign_out(administrator, "officer@modesto.example", "a lost phone")
    assert (done.person_id, done.sessions, done.header.serial) == (inquirers.ids["officer"], 1, 2)
    assert (end_of(desks, mine), end_of(desks, other)) == (SessionEnd.ADMINISTRATOR, None)
    assert [in_roster(inquirers, desks, role).sign_outs for role in ("officer", "commander")] == [1, 0]
    record, *changes = records_of(desks, first)
    assert (record.action, record.objects, record.note) == ("sign_out_person", (done.person_id,), "a lost phone")
    assert [(each.action, each.person_id, each.note) for each in changes] == [
        ("change_people", record.person_id, "done: sign_out; a lost phone"),
        ("change_people", record.person_id, "done: publish; a lost phone"),
    ]
    with desks.accounts.database.reading() as connection:
        *_, change, _ = read_changes(connection)
    assert (change.action, change.author) == (ChangeAction.SIGN_OUT, f"person:{record.person_id}")
    assert desks.sign_outs.sign_out(administrator, "officer@modesto.example", "").sessions == 0
    assert in_roster(inquirers, desks, "officer").sign_outs == 2


def test_an_open_invitation_ends_with_the_sessions(inquirers: Inquirers, desks: InquiryOffice) -> None:
    people = People(inquirers.directory, desks.accounts.database)
    token = people.invite(Author("login:chief", START), inquirers.ids["officer"]).token
    cookie = people.invitations.begin(token, START)
    administrator = authoriser_of(desks, inquirers.ids["alpr-administrator"])
    desks.sign_outs.sign_out(administrator, "officer@modesto.example", "a stolen letter")
    with pytest.raises(AccessError, match="no invitation is open"):
        people.invitations.find(cookie, START)
    with desks.accounts.database.reading() as connection:
        *_, change, _ = read_changes(connection)
    assert change.new == {"sign_outs": 1, "invitation": "withdrawn"}


def test_the_owner_of_the_folder_may_without_a_session_and_nobody_else(
    inquirers: Inquirers, desks: InquiryOffice
) -> None:
    token, first = begin_session(desks, inquirers.ids["officer"]), desks.log.size()
    owner = desks.authoriser(Caller("chief", is_owner=True))
    refused = (replace(owner, caller=Caller("thief")), authoriser_of(desks, inquirers.ids["supervisor"]))
    for each in refused:
        with pytest.raises(AccessError):
            desks.sign_outs.sign_out(each, inquirers.ids["officer"], "")
        assert end_of(desks, token) is None
    assert desks.sign_outs.sign_out(owner, inquirers.ids["officer"], "left it open").sessions == 1
    assert [(each.person_id, each.action, each.outcome.value) for each in records_of(desks, first)] == [
        ("login:thief", "sign_out_person", "refused"),
        (inquirers.ids["supervisor"], "sign_out_person", "refused"),
        ("login:chief", "sign_out_person", "allowed"),
        ("login:chief", "change_people", "allowed"),
        ("login:chief", "change_people", "allowed"),
    ]


def test_without_the_key_of_rosters_nothing_changes(inquirers: Inquirers, desks: InquiryOffice) -> None:
    token = begin_session(desks, inquirers.ids["officer"])
    (inquirers.directory / "roster.key").write_text("none", encoding="utf-8")
    with pytest.raises(DepartmentError):
        desks.sign_outs.sign_out(desks.authoriser(Caller("chief", is_owner=True)), inquirers.ids["officer"], "")
    assert end_of(desks, token) is None
    assert records_of(desks)[-1].note.startswith("not done: DepartmentError")
