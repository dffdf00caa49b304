"""A unit that is lost or stolen had a roster: whose sign-in secrets were in it, until when, and what is to be done."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.department.held_versions import HeldVersions
from alpr_edge.department.people.roster_holders import exposed_people
from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.department.pki.evidence_certificates import vouch_for_signer
from alpr_edge.domain.people.person import AccountStatus
from alpr_edge.evidence.checks.unit_end_check import parse_unit_end
from alpr_edge.evidence.vouchers import open_voucher
from tests.department.enrolment import enrol_unit
from tests.department.people.office import PASSWORD, Office

PEOPLE = ({"name": "Ana Ruiz", "badge": "1042"}, {"name": "Bo Lee", "badge": "7"}, {"name": "Cy Fox", "badge": "8"})


def set_secrets(office: Office, badge: str) -> None:
    """Let somebody finish an invitation, which publishes a roster."""
    invitations = office.people.invitations
    cookie = invitations.begin(office.people.invite(office.author, badge).token, office.now)
    invitations.set_password(cookie, PASSWORD, office.now)
    code = pyotp.TOTP(invitations.shared_secret(cookie, office.now)).at(office.now)
    assert invitations.confirm_code(cookie, code, office.now)
    invitations.finish(cookie, office.now)


def add_people(office: Office) -> None:
    """Three people with secrets of whom one may use car-8 alone, and one without secrets."""
    for texts in PEOPLE:
        office.add(**texts, email="", units="car-8" if texts["badge"] == "8" else "")
        set_secrets(office, texts["badge"])
    office.add(badge="9", email="", name="Di Orr")


def revoke(office: Office, *words: str) -> Result:
    arguments = ["department", "unit", "revoke", "car-7", *words, "--directory", str(office.directory)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done


def badges(office: Office, unit_id: str = "car-7", ended_at: datetime | None = None) -> list[str]:
    return sorted(each.badge for each in exposed_people(office.database, unit_id, ended_at or office.now))


def test_a_stolen_units_people_are_named_until_each_has_new_secrets(office: Office, tmp_path: Path) -> None:
    add_people(office)
    enrol_unit(office.directory, "car-7", tmp_path / "car-7")
    assert "sign-in secrets" not in revoke(office, "--as", "retired").stderr
    told = revoke(office, "--as", "stolen", "--reason", "taken at night").stderr
    assert "car-7: its roster held the sign-in secrets of 2 people" in told
    invites = [line.split() for line in told.splitlines() if "people invite" in line]
    assert [(words[4], " ".join(words[5:])) for words in invites] == [("1042", "Ana Ruiz"), ("7", "Bo Lee")]
    assert "incident enter --kind breach" in told
    office.now = datetime.now(UTC)
    set_secrets(office, "1042")
    again = revoke(office, "--as", "key-lost", "--json")
    assert json.loads(again.stdout)["end"] == "key-lost"
    assert ("of 1 person" in again.stderr, "Ana Ruiz" in again.stderr) == (True, False), again.stderr
    office.people.suspend(office.author, "7")
    assert "Bo Lee" in revoke(office, "--as", "stolen").stderr
    office.people.suspend(office.author, "7", status=AccountStatus.LEFT)
    assert "sign-in secrets" not in revoke(office, "--as", "stolen").stderr


def test_it_is_told_how_packages_of_its_key_are_told_from_its_own(office: Office, tmp_path: Path) -> None:
    enrol_unit(office.directory, "car-7", tmp_path / "car-7")
    now = datetime.now(UTC)
    told = revoke(office).stderr
    ended = re.search(r"evidence verify PACKAGE --authority SHA256 --ended (car-7=\S+Z),", told)
    assert ended is not None
    unit_id, moment = parse_unit_end(ended[1])
    assert (unit_id, abs(moment - now) < timedelta(minutes=2)) == ("car-7", True)
    authority = Authority.load(TlsFiles(office.directory))
    voucher = vouch_for_signer(authority, "car-7", Ed25519PrivateKey.generate().public_key())
    ends = open_voucher(voucher.certificate, voucher.authority).ends
    assert f"dated up to {ends:%Y-%m-%d} at the latest" in told
    assert "evidence verify" not in revoke(office, "--as", "retired").stderr


def test_a_unit_that_got_no_roster_held_nobodys_secrets(office: Office) -> None:
    office.add()
    assert badges(office) == []
    set_secrets(office, "1042")
    assert badges(office) == ["1042"]


def test_every_roster_counts_that_the_unit_may_have_had(office: Office) -> None:
    add_people(office)
    HeldVersions(office.database).note_roster("car-7", office.people.rosters.serial())
    office.people.change(office.author, "7", {"units": "car-8"})
    serial = office.people.rosters.publish(office.author).serial
    assert badges(office, ended_at=datetime.now(UTC)) == ["1042", "7"]
    assert badges(office, "car-8") == ["1042", "7", "8"]
    HeldVersions(office.database).note_roster("car-7", serial)
    assert badges(office, ended_at=datetime.now(UTC)) == ["1042"]


def test_a_serial_that_no_roster_has_hides_nobody(office: Office, tmp_path: Path) -> None:
    add_people(office)
    enrol_unit(office.directory, "car-7", tmp_path / "car-7")
    HeldVersions(office.database).note_roster("car-7", 10**9)
    assert "car-7: its roster held the sign-in secrets of 2 people" in revoke(office, "--as", "stolen").stderr


def test_a_unit_that_is_enrolled_again_is_told_of_in_the_list(office: Office, tmp_path: Path) -> None:
    """The listing changes nothing, so it can be asked of a unit that is in use."""
    add_people(office)
    enrol_unit(office.directory, "car-7", tmp_path / "car-7")
    revoke(office, "--as", "stolen")
    enrol_unit(office.directory, "car-7", tmp_path / "car-7-again")
    office.people.change(office.author, "7", {"units": "car-8"})
    HeldVersions(office.database).note_roster("car-7", office.people.rosters.publish(office.author).serial)
    listed = CliRunner().invoke(app, ["department", "unit", "list", "--directory", str(office.directory)])
    assert listed.stdout.startswith("car-7                valid"), listed.output
    assert "car-7: its roster held the sign-in secrets of 2 people" in listed.stderr
