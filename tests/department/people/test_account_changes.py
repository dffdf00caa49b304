"""Every way out of "active" is the same suspension, and the cars learn at once of whoever lost a right."""

from collections.abc import Callable

import pytest
from scim2_models import ResourceType

from alpr_edge.department.people.changes import Author, ChangeAction
from alpr_edge.department.people.identity_links import IdentityLinks
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.department.provisioning.scim_models import Provisioned
from alpr_edge.department.provisioning.scim_users import ProvisionedPeople, ScimUsers
from alpr_edge.domain.errors import AccessError, DepartmentError
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.people.person import AccountStatus, Person
from alpr_edge.domain.people.signed_roster import open_roster
from alpr_edge.domain.sessions.session import AccessSession, Factor, SessionEnd
from tests.department.people.office import OFFICER, START, Office

USER_TYPE = ResourceType.from_resource(Provisioned)
TOKEN = "a" * 64
WaysOut = Callable[[Office, str], object]
WAYS_OUT: dict[str, WaysOut] = {
    "suspend": lambda office, who: office.people.suspend(office.author, who),
    "suspend --left": lambda office, who: office.people.suspend(office.author, who, AccountStatus.LEFT),
    "change": lambda office, who: office.people.change(office.author, who, {"status": "suspended"}),
    "change to left": lambda office, who: office.people.change(office.author, who, {"status": "left"}),
    "an end that is over": lambda office, who: office.people.change(office.author, who, {"valid_until": "2026-11-01"}),
    "import": lambda office, who: office.people.import_csv(
        office.author, f"person_id,status\n{who},suspended\n", is_dry_run=False
    ),
    "import of a leaver": lambda office, who: office.people.import_csv(
        office.author, f"person_id,status\n{who},left\n", is_dry_run=False
    ),
}
LESS = {
    "a role": {"roles": ""},
    "a source": {"sources": "department"},
    "the clearance": {"covert": "no"},
    "unlocking": {"may_unlock": "no"},
    "the oath": {"sworn": "no"},
    "a unit": {"units": "unit-1"},
    "time": {"valid_until": "2026-12-31"},
    "a training": {"alpr_training_until": "2026-12-31"},
}


class Provisioner:
    """The identity system, which sends one person as it has them."""

    def __init__(self, office: Office) -> None:
        self.users = ScimUsers(ProvisionedPeople(office.database, office.people, OFFICER["organisation"]))
        made = self.users.create(USER_TYPE, self._user(is_active=True))
        self.person_id = made.id or ""

    def send(self, *, is_active: bool) -> None:
        user = self._user(is_active=is_active)
        user.id = self.person_id
        self.users.update(USER_TYPE, user)

    def _user(self, *, is_active: bool) -> Provisioned:
        return Provisioned(user_name="eve@modesto.example", display_name="Eve", active=is_active)


def person_of(office: Office, person_id: str) -> Person:
    return {it.entry.person.person_id: it.entry.person for it in office.people.overviews()}[person_id]


def status_of(office: Office, person_id: str) -> AccountStatus:
    return person_of(office, person_id).status


def sign_in(office: Office, person_id: str) -> None:
    now = Instant("boot", 10**12, START, UtcSource.NTP)
    with office.accounts.writing() as rows:
        rows.save_session(AccessSession(TOKEN, person_id, Factor.PASSWORD_AND_CODE, "desk", "192.0.2.7", "", now, now))


def in_car(office: Office, unit_id: str = "unit-2") -> dict[str, Person]:
    """The people of the roster that a unit gets now, by id."""
    file = office.people.rosters.file_for(unit_id)
    assert file is not None
    roster = open_roster(file.content, load_roster_signer(office.directory).public_key)
    return {each.person.person_id: each.person for each in roster.members}


@pytest.mark.review2(9)
@pytest.mark.parametrize("way", WAYS_OUT)
def test_every_way_out_ends_sessions_and_invitations_and_is_in_a_new_roster(office: Office, way: str) -> None:
    person_id = office.add()
    other_id = office.add(badge="7", email="")
    serial = office.people.rosters.publish(office.author).serial
    invitation = office.people.invite(office.author, person_id)
    sign_in(office, person_id)
    WAYS_OUT[way](office, person_id)
    with office.accounts.reading() as rows:
        session = rows.session(TOKEN)
        assert session is not None
        assert (session.end, rows.live_sessions()) == (SessionEnd.ADMINISTRATOR, [])
    with pytest.raises(AccessError):
        office.people.invitations.begin(invitation.token, office.now)
    assert office.people.rosters.serial() == serial + 1
    known = in_car(office)
    assert known[other_id].status is AccountStatus.ACTIVE
    assert person_id not in known or known[person_id].fault_at(office.now) is not None
    assert [each.action for each in office.people.changes()][-2:] == [ChangeAction.SUSPEND, ChangeAction.PUBLISH]


@pytest.mark.review2(9)
@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("was_out", [False, True], ids=["in service", "out by the identity system"])
def test_the_identity_system_brings_back_nobody_whom_the_department_suspended(
    office: Office, way: str, *, was_out: bool
) -> None:
    system = Provisioner(office)
    system.send(is_active=False)
    if not was_out:
        office.people.change(office.author, system.person_id, {"status": "active"})
    WAYS_OUT[way](office, system.person_id)
    system.send(is_active=True)
    assert person_of(office, system.person_id).fault_at(office.now) is not None


def test_the_identity_system_brings_back_whom_it_suspended_itself(office: Office) -> None:
    system = Provisioner(office)
    system.send(is_active=False)
    office.people.change(office.author, system.person_id, {"title": "Detective"})
    system.send(is_active=True)
    assert status_of(office, system.person_id) is AccountStatus.ACTIVE


@pytest.mark.review2(9)
@pytest.mark.parametrize("right", LESS)
def test_a_right_that_is_taken_away_is_in_a_new_roster_at_once(office: Office, right: str) -> None:
    person_id = office.add(covert="yes", may_unlock="yes")
    serial = office.people.rosters.publish(office.author).serial
    before = in_car(office)[person_id]
    office.people.change(office.author, person_id, LESS[right])
    assert office.people.rosters.serial() == serial + 1
    assert in_car(office).get(person_id) != before
    state = office.people.rosters.state()
    assert state is not None
    assert state.newer_changes == 0


def test_what_gives_a_right_waits_for_the_next_roster(office: Office) -> None:
    person_id = office.add(roles="", sources="", units="unit-1")
    serial = office.people.rosters.publish(office.author).serial
    office.people.change(office.author, person_id, {"roles": "officer", "sources": "state", "units": ""})
    office.people.change(office.author, person_id, {"title": "Detective"})
    assert office.people.rosters.serial() == serial


def test_nothing_is_published_for_fewer_rights_before_the_first_roster(office: Office) -> None:
    office.add()
    office.people.change(office.author, "1042", {"roles": ""})
    assert office.people.rosters.serial() == 0


LAST_WAYS: dict[str, WaysOut] = WAYS_OUT | {
    "another role": lambda office, who: office.people.change(office.author, who, {"roles": "officer"}),
}


def add_administrator(office: Office, badge: str, subject: str) -> str:
    person_id = office.add(badge=badge, email="", roles="alpr_administrator")
    IdentityLinks(office.database).link(office.author, person_id, "https://id.modesto.example", subject)
    return person_id


@pytest.mark.review2(16)
@pytest.mark.parametrize("way", LAST_WAYS)
def test_the_last_administrator_stays_in_charge(office: Office, way: str) -> None:
    last, other = add_administrator(office, "1", "s-1"), add_administrator(office, "2", "s-2")
    office.add(badge="3", email="", roles="alpr_administrator")  # never set anything to sign in with
    LAST_WAYS[way](office, other)
    before = office.people.changes()
    with pytest.raises(DepartmentError, match="leave nobody who can sign in and manage people"):
        LAST_WAYS[way](office, last)
    assert (status_of(office, last), office.people.changes()) == (AccountStatus.ACTIVE, before)


@pytest.mark.review2(16)
def test_the_owner_of_the_folder_and_the_identity_system_suspend_the_last_administrator(office: Office) -> None:
    last = add_administrator(office, "1", "s-1")
    office.people.suspend(Author("login:chief", office.now, "a threat", is_without_session=True), last)
    assert status_of(office, last) is AccountStatus.SUSPENDED
    system = Provisioner(office)
    office.people.change(
        office.author,
        system.person_id,
        {"roles": "alpr_administrator", "cjis_training_until": "2027-06-30", "alpr_training_until": "2027-06-30"},
    )
    IdentityLinks(office.database).link(office.author, system.person_id, "https://id.modesto.example", "s-9")
    system.send(is_active=False)
    assert status_of(office, system.person_id) is AccountStatus.SUSPENDED
