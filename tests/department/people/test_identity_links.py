"""A person is linked to a single sign-on once, by its issuer and subject; taking that away ends its sessions."""

from dataclasses import replace

import pytest

from alpr_edge.department.people.identity_links import IdentityLinks
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.domain.sessions.session import AccessSession, Factor, SessionEnd
from tests.department.people.office import OFFICER, START, Office

ISSUER = "https://id.modesto.example"
OTHER = {"badge": "2", "email": "bo@modesto.example"}


def test_a_link_is_of_one_person_and_on_record(office: Office) -> None:
    links, ana, bo = IdentityLinks(office.database), office.add(), office.add(**OTHER)
    links.link(office.author, OFFICER["badge"], ISSUER, "s-1")
    assert links.person_id(ISSUER, "s-1") == ana
    assert (links.person_id("https://other.example", "s-1"), links.person_id(ISSUER, "S-1")) == ("", "")
    links.link(office.author, ana, ISSUER, "s-1")  # again is nothing new
    for name, subject, message in (
        (bo, "s-1", f"linked to {ana} already; unlink them first"),
        (ana, "s-2", "linked to another subject of this issuer"),
        (bo, " s", "a subject is 1 to 255 printable"),
        ("nobody", "s-3", "nobody has this id"),
    ):
        with pytest.raises(DepartmentError, match=message):
            links.link(office.author, name, ISSUER, subject)
    assert [(each.person_id, each.subject, each.linked_by) for each in links.all()] == [(ana, "s-1", "login:chief")]
    assert [each.has_single_sign_on for each in office.people.overviews() if each.entry.person.person_id == ana] == [
        True
    ]
    assert links.unlink(office.author, ana) == 1
    assert (links.unlink(office.author, ana), links.all()) == (0, [])
    links.link(office.author, bo, ISSUER, "s-1")
    made = [(each.action, each.person_id, each.old, each.new) for each in office.people.changes(3)]
    about = {"issuer": ISSUER, "subject": "s-1"}
    assert made == [("link", ana, {}, about), ("unlink", ana, about, {}), ("link", bo, {}, about)]


def test_whoever_left_is_linked_no_more_and_whoever_is_suspended_may_be(office: Office) -> None:
    links, ana = IdentityLinks(office.database), office.add()
    office.people.suspend(office.author, ana)
    links.link(office.author, ana, ISSUER, "s-1")
    links.unlink(office.author, ana)
    office.people.suspend(office.author, ana, AccountStatus.LEFT)
    with pytest.raises(DepartmentError, match="this account has ended"):
        links.link(office.author, ana, ISSUER, "s-1")


def test_what_a_single_sign_on_began_ends_with_it_and_nothing_else(office: Office) -> None:
    links, ana = IdentityLinks(office.database), office.add()
    links.link(office.author, ana, ISSUER, "s-1")
    now = Instant("boot", 10**12, START, UtcSource.NTP)
    by_provider = AccessSession("a" * 64, ana, Factor.SINGLE_SIGN_ON_AND_CODE, "page", "192.0.2.7", "", now, now)
    by_passkey = replace(by_provider, token_sha256="b" * 64, factor=Factor.PASSKEY)
    with office.accounts.writing() as rows:
        rows.save_session(by_provider)
        rows.save_session(by_passkey)
    links.unlink(office.author, ana)
    with office.accounts.reading() as rows:
        assert [each.token_sha256 for each in rows.live_sessions()] == ["b" * 64]
        ended = rows.session("a" * 64)
        assert ended is not None
        assert ended.end is SessionEnd.ADMINISTRATOR
    office.people.suspend(office.author, ana)
    with office.accounts.reading() as rows:
        assert rows.live_sessions() == []
