"""A file of people is taken as a whole or not at all, and every faulty line is named."""

import pytest

from alpr_edge.department.people.csv_import import PeopleFileError, PeopleImport
from alpr_edge.domain.people.person import AccountStatus, Role
from tests.department.people.office import Office

HEAD = "badge,name,organisation,roles,cjis_training_until\n"
FILE = HEAD + "1,Ana Ruiz,MPD,officer,2027-06-30\n2,Bo Li,MPD,supervisor officer,\n"


def take(office: Office, text: str, *, is_dry_run: bool = False) -> PeopleImport:
    return office.people.import_csv(office.author, text, is_dry_run=is_dry_run)


def faults_of(office: Office, text: str) -> list[str]:
    with pytest.raises(PeopleFileError) as caught:
        take(office, text)
    return caught.value.faults


def test_it_adds_changes_and_leaves_alone(office: Office) -> None:
    assert take(office, FILE, is_dry_run=True) == PeopleImport(2, 0, 0, 0)
    assert office.people.overviews() == []
    assert take(office, FILE) == PeopleImport(2, 0, 0, 0)
    assert take(office, "\ufeff" + FILE.replace("\n", "\r\n")) == PeopleImport(0, 0, 2, 0)
    assert take(office, HEAD + "2,Bo Li,MPD,officer,2027-06-30\n\n") == PeopleImport(0, 1, 0, 1)
    bo = next(it.entry.person for it in office.people.overviews() if it.entry.person.badge == "2")
    assert (sorted(bo.roles), bo.training.cjis_until is not None) == (["officer"], True)
    assert [change.action for change in office.people.changes()] == ["add", "add", "change"]


def test_every_faulty_line_is_named_and_nobody_imported(office: Office) -> None:
    text = HEAD + "1,Ana,MPD,officer,2027-06-30\n2,,MPD,officer,\n3,Cy,MPD,oficer,\n1,Di,MPD,,\n5,Ed,MPD,,soon\n"
    assert faults_of(office, text) == [
        "line 3: name: is missing",
        f"line 4: roles: 'oficer' is none of {', '.join(Role)}",
        "line 5: badge, email: somebody else has '1'",
        "line 6: cjis_training_until: 'soon' is no date; write it as 2027-06-30",
    ]
    assert office.people.overviews() == []


@pytest.mark.review2(16)
def test_all_faults_of_a_file_are_named_at_once(office: Office) -> None:
    text = (
        "badge,name,organisation,roles,phone,status,valid_until,fax\n"
        "1,,MPD,oficer,555,retired,soon,\n"
        "2,Bo\n"
        f"3,{'x' * 300},,officer,,active,2027-06-30,\n"
        "1,Di,MPD,officer,,active,2027-06-30,\n"
    )
    assert [fault.split("; columns")[0].split(" is none of")[0] for fault in faults_of(office, text)] == [
        "line 1: 'phone', 'fax' is no column",
        "line 2: name: is missing",
        "line 2: roles: 'oficer'",
        "line 2: status: 'retired'",
        "line 2: valid_until: 'soon' is no date; write it as 2027-06-30",
        "line 3: 2 cells, the first line has 8",
        "line 4: organisation: is missing",
        "line 4: name: is too long",
        "line 5: badge, email: somebody else has '1'",
    ]
    assert office.people.overviews() == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: neither badge nor person_id is among the columns"),
        ("badge,phone\n", "line 1: 'phone' is no column; columns are person_id, name"),
        ("badge,badge\n", "line 1: a column is there twice"),
        (HEAD + "1,Ana\n", "line 2: 2 cells, the first line has 5"),
        (HEAD + '"1,Ana', "line 2: not CSV"),
        ("badge,name,organisation\n1,A,M\n1,B,M\n", "line 3: badge, email: somebody else has '1'"),
        ("person_id,badge,name,organisation\na,1,A,M\na,2,B,M\n", "line 3: person_id: the same person as in line 2"),
    ],
)
def test_what_is_no_such_file_is_refused(office: Office, text: str, fault: str) -> None:
    assert faults_of(office, text)[0].startswith(fault)


def test_whoever_left_stays_so_and_gives_badge_and_address_to_somebody_new(office: Office) -> None:
    take(office, "person_id,badge,name,organisation\na,1,Ana,MPD\nb,2,Bo,MPD\n")
    office.people.suspend(office.author, "a", AccountStatus.LEFT)
    assert faults_of(office, "badge,status\n1,active\n") == [
        "line 2: status: whoever left stays so; add them anew, which gives them another id"
    ]
    assert take(office, "person_id,badge,name,organisation\nc,1,Ana,MPD\n") == PeopleImport(1, 0, 0, 2)
    assert take(office, "badge,title\n1,Sergeant\n") == PeopleImport(0, 1, 0, 2)
    titles = {it.entry.person.person_id: it.entry.person.title for it in office.people.overviews()}
    assert titles == {"a": "", "b": "", "c": "Sergeant"}
    assert take(office, "person_id,title\na,retired\n") == PeopleImport(0, 1, 0, 2)
    assert faults_of(office, "person_id,badge\nb,1\n") == ["line 2: badge, email: somebody else has '1'"]


def test_two_people_may_swap_nothing_with_each_other_in_one_file(office: Office) -> None:
    take(office, "person_id,badge,name,organisation\na,1,A,M\nb,2,B,M\n")
    assert faults_of(office, "person_id,badge\na,2\n") == ["line 2: badge, email: somebody else has '2'"]
