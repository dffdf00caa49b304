"""The key that signs the department's rosters: made once, kept with the department's id, never replaced."""

from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import initialise
from alpr_edge.department.pki.roster_key import FILE_NAME, load_roster_signer
from alpr_edge.department.pki.server_certificate import renew_server_certificate
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.people.roster import Member, Roster, RosterHeader
from alpr_edge.domain.people.signed_roster import RosterKey, open_roster
from tests.domain.people.builders import NOW, person


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return initialise(tmp_path / "department", ["department.example", "10.0.0.7"]).directory


def test_it_is_made_once_and_stays_when_names_change(directory: Path) -> None:
    first = load_roster_signer(directory)
    assert first.department_id == "department.example"
    renew_server_certificate(initialise(directory, ["other.example"]), ("more.example",))
    again = load_roster_signer(directory)
    assert (str(again.public_key), again.department_id) == (str(first.public_key), "department.example")
    assert (directory / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_what_it_signs_opens_with_the_line_that_units_pin(directory: Path) -> None:
    signer = load_roster_signer(directory)
    roster = Roster(RosterHeader(signer.department_id, 1, NOW, NOW), (Member(person()),))
    assert open_roster(signer.sign(roster), RosterKey.parse(str(signer.public_key))) == roster


@pytest.mark.parametrize("damage", ["", "PRIVATE+KEY+a+00000000+AAAA", "\u00e9", "{line}x", "x{line}"])
def test_a_damaged_key_is_refused_and_stays(directory: Path, damage: str) -> None:
    load_roster_signer(directory)
    path = directory / FILE_NAME
    content = damage.format(line=path.read_text().strip()).encode()
    path.write_bytes(content)
    with pytest.raises(DepartmentError, match="restore it from the backup"):
        load_roster_signer(directory)
    assert path.read_bytes() == content


def test_a_name_that_was_changed_in_the_file_is_refused(directory: Path) -> None:
    load_roster_signer(directory)
    path = directory / FILE_NAME
    path.write_text(path.read_text().replace("department.example", "another.example"))
    with pytest.raises(DepartmentError, match="restore it"):
        load_roster_signer(directory)


def test_a_key_that_others_may_read_is_refused(directory: Path) -> None:
    load_roster_signer(directory)
    (directory / FILE_NAME).chmod(0o644)
    with pytest.raises(DepartmentError, match="chmod 600"):
        load_roster_signer(directory)


def test_there_is_none_where_there_is_no_department(tmp_path: Path) -> None:
    with pytest.raises(DepartmentError, match="department init"):
        load_roster_signer(tmp_path)
