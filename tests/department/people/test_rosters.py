"""Rosters are published under growing serials, signed, for each unit without those who may not use it, and renewed."""

from datetime import timedelta

import pytest

from alpr_edge.department.people.registry import People
from alpr_edge.department.people.settings import load_people_settings
from alpr_edge.department.pki.roster_key import FILE_NAME, load_roster_signer
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.roster import Roster
from alpr_edge.domain.people.signed_roster import open_roster
from tests.department.people.office import DOMAIN, OFFICER, Office


def newest_roster(office: Office, unit_id: str = "unit-1", people: People | None = None) -> Roster:
    file = (people or office.people).rosters.file_for(unit_id)
    assert file is not None
    return open_roster(file.content, load_roster_signer(office.directory).public_key)


def badges(office: Office, unit_id: str) -> list[str]:
    return sorted(member.person.badge for member in newest_roster(office, unit_id).members)


def test_before_the_first_there_is_none(office: Office) -> None:
    assert office.people.rosters.file_for("unit-1") is None
    assert office.people.rosters.serial() == 0
    assert office.people.rosters.state() is None
    assert office.people.rosters.renew(office.author) is None


def test_a_roster_holds_everybody_as_they_are(office: Office) -> None:
    person_id = office.add()
    header = office.people.rosters.publish(office.author)
    roster = newest_roster(office)
    assert (roster.header, header.serial, header.department_id) == (header, 1, DOMAIN)
    assert header.valid_until - header.issued == timedelta(days=30)
    (member,) = roster.members
    assert member.person == office.people.overviews()[0].entry.person
    assert member.person.person_id == person_id
    assert len(member.credentials.release_secret) == 32


def test_a_unit_gets_only_those_who_may_use_it(office: Office) -> None:
    office.add()
    office.add(badge="7", email="", units="unit-7 unit-8")
    office.add(badge="8", email="", units="unit-8")
    office.people.rosters.publish(office.author)
    assert badges(office, "unit-1") == ["1042"]
    assert badges(office, "unit-7") == ["1042", "7"]
    assert badges(office, "unit-8") == ["1042", "7", "8"]
    first, again = (office.people.rosters.file_for("unit-7") for _ in range(2))
    assert first is again
    office.people.change(office.author, "7", {"units": ""})
    assert badges(office, "unit-1") == ["1042"]
    office.people.rosters.publish(office.author)
    assert badges(office, "unit-1") == ["1042", "7"]


def test_another_process_sees_the_newest(office: Office) -> None:
    office.add()
    other = People(office.directory, office.database)
    office.people.rosters.publish(office.author)
    assert newest_roster(office, people=other).header.serial == 1
    office.people.rosters.publish(office.author)
    assert newest_roster(office, people=other).header.serial == 2


def test_what_changed_since_is_counted(office: Office) -> None:
    office.add()
    office.people.rosters.publish(office.author)
    state = office.people.rosters.state()
    assert state is not None
    assert (state.people, state.newer_changes) == (1, 0)
    office.people.change(office.author, "1042", {"title": "Detective"})
    state = office.people.rosters.state()
    assert state is not None
    assert state.newer_changes == 1


def test_it_is_renewed_after_half_of_its_validity_and_never_older_than_before(office: Office) -> None:
    office.add()
    first = office.people.rosters.publish(office.author)
    office.now += timedelta(days=14)
    assert office.people.rosters.renew(office.author) is None
    office.now += timedelta(days=2)
    second = office.people.rosters.renew(office.author)
    assert second is not None
    assert (second.serial, second.issued) == (2, office.now)
    office.now -= timedelta(days=100)
    third = office.people.rosters.publish(office.author)
    assert third.issued == second.issued > first.issued


def test_after_a_restored_backup_it_goes_on_behind_what_units_hold(office: Office) -> None:
    office.people.rosters.publish(office.author)
    assert office.people.rosters.publish(office.author, after=41).serial == 42
    assert office.people.rosters.publish(office.author, after=41).serial == 43


def test_what_cannot_be_signed_changes_nothing(office: Office) -> None:
    office.add()
    (office.directory / FILE_NAME).write_text("no key")
    with pytest.raises(DepartmentError, match="not a key that signs rosters"):
        office.people.suspend(office.author, OFFICER["badge"])
    assert office.people.overviews()[0].entry.person.status == "active"
    assert len(office.people.changes()) == 1


def test_the_settings_say_how_long_it_holds_and_which_domain(office: Office) -> None:
    settings = office.directory / "department.toml"
    assert load_people_settings(office.directory).domain == DOMAIN
    settings.write_text('[people]\nroster_days = 7\ndomain = "modesto.example"\nname = "Modesto PD"\n')
    assert load_people_settings(office.directory).site(8446).origins == ("https://modesto.example:8446",)
    header = office.people.rosters.publish(office.author)
    assert header.valid_until - header.issued == timedelta(days=7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[people]\nroster_days = 0", "people.roster_days: "),
        ("[people]\nroster_dayz = 9", "people.roster_dayz: "),
        ('[people]\ndomain = "Modesto.example/"', "people.domain: "),
        ('[people]\naddress = "http://x"', "people.address: "),
        ("[people", "department.toml: not valid TOML"),
    ],
)
def test_a_wrong_setting_is_one_line(office: Office, text: str, message: str) -> None:
    (office.directory / "department.toml").write_text(text)
    with pytest.raises(DepartmentError) as caught:
        office.people.rosters.publish(office.author)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
