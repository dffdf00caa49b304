"""Enrollment as two people do it: one at the department, one in the car."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import initialise


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "department"
    assert edge("department", "init", str(folder), "--name", "127.0.0.1").exit_code == 0
    return folder


@pytest.fixture
def server(directory: Path) -> Iterator[DepartmentServer]:
    with DepartmentServer(directory, enrol_port=0) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, server: DepartmentServer) -> Path:
    path = tmp_path / "alpr-edge.toml"
    path.write_text(
        f"""
[unit]
id = "car-7"
[uplink]
url = "https://127.0.0.1:{server.port}"
ca_file = "tls/department-ca.pem"
certificate_file = "tls/unit.pem"
key_file = "tls/unit.key"
media_key_file = "tls/department-media.pem"
""",
        encoding="utf-8",
    )
    return path


def edge(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def department(directory: Path, *arguments: str) -> str:
    done = edge("department", *arguments, "--directory", str(directory))
    assert done.exit_code == 0, done.stderr
    return done.stdout


def code_for(server: DepartmentServer, directory: Path, unit: str = "car-7") -> dict[str, str]:
    where = ("--address", f"https://127.0.0.1:{server.port}", "--enroll-port", str(server.enrol_port))
    invitation: dict[str, str] = json.loads(department(directory, "code", unit, *where, "--json"))
    return invitation


def test_the_line_that_is_printed_enrols_the_unit(
    server: DepartmentServer, directory: Path, settings: Path, tmp_path: Path
) -> None:
    line = code_for(server, directory)["command"]
    words = shlex.split(line)
    assert words[:3] == ["alpr-edge", "unit", "enroll"]
    done = edge(*words[1:], "--settings", str(settings))
    assert done.exit_code == 0, done.stderr
    assert re.fullmatch(r"car-7 is enrolled: certificate [0-9A-F]+, until \d{4}-\d\d-\d\d\n", done.stdout)
    assert (tmp_path / "tls" / "unit.key").stat().st_mode & 0o777 == 0o600
    again = edge("unit", "enroll", "--settings", str(settings), "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["new"] is False
    once_more = edge(*words[1:], "--settings", str(settings), "--again")
    assert once_more.exit_code == 1
    (error,) = [line for line in once_more.stderr.splitlines() if line.startswith("alpr-edge: ")]
    assert error.endswith("the code was used already; make a new one there: alpr-edge department code car-7")


def test_a_code_can_come_by_standard_input(server: DepartmentServer, directory: Path, settings: Path) -> None:
    invitation = code_for(server, directory)
    trust = ("--ca-fingerprint", invitation["ca_fingerprint"], "--enroll-port", str(server.enrol_port))
    done = edge("unit", "enroll", "--code", "-", *trust, "--settings", str(settings), stdin=invitation["code"] + "\n")
    assert done.exit_code == 0, done.stderr


def test_without_a_url_in_the_settings_the_one_given_is_to_be_set(
    server: DepartmentServer, directory: Path, settings: Path
) -> None:
    settings.write_text(re.sub(r"url = .*", "", settings.read_text(encoding="utf-8")), encoding="utf-8")
    done = edge(*shlex.split(code_for(server, directory)["command"])[1:], "--settings", str(settings))
    assert done.exit_code == 0, done.stderr
    assert f'set url = "https://127.0.0.1:{server.port}" below [uplink]' in done.stderr


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "give --code"),
        (["--code", "00000-00000-00000-00001"], "check character"),
        (["--code", "00000-00000-00000-00000"], "give --ca-fingerprint"),
        (["--code", "00000-00000-00000-00000", "--ca-fingerprint", "ab"], "64 hexadecimal digits"),
    ],
)
def test_mistakes_end_in_one_line(options: list[str], line: str, settings: Path) -> None:
    done = edge("unit", "enroll", *options, "--settings", str(settings))
    assert done.exit_code == 1
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_units_are_listed_and_revoked(server: DepartmentServer, directory: Path, settings: Path) -> None:
    assert "no units; make a code with" in department(directory, "unit", "list")
    invitation = code_for(server, directory)
    assert json.loads(department(directory, "unit", "list", "--json"))["state"] == "invited"
    assert "a code waits until" in department(directory, "unit", "list")
    edge(*shlex.split(invitation["command"])[1:], "--settings", str(settings))
    unit = json.loads(department(directory, "unit", "list", "--json"))
    assert (unit["state"], unit["code_until"]) == ("valid", None)
    assert re.search(
        r"^car-7 +valid +until \d{4}-\d\d-\d\d, 39[67] days; serial", department(directory, "unit", "list")
    )
    revocation = department(directory, "unit", "revoke", "car-7", "--reason", "sold")
    assert revocation == "car-7: revoked, certificates 1, codes 0\n"
    assert "nothing was left" in department(directory, "unit", "revoke", "car-7")
    unit = json.loads(department(directory, "unit", "list", "--json"))
    assert (unit["state"], unit["certificates"][0]["revoked_reason"]) == ("revoked", "sold")
    again = department(directory, "unit", "revoke", "car-7", "--reason", "lost")
    assert again == "car-7: was revoked before; the reason is added to the first\n"
    unit = json.loads(department(directory, "unit", "list", "--json"))
    assert re.fullmatch(r"sold; \d{4}-\d\d-\d\d: lost", unit["certificates"][0]["revoked_reason"])
    shown = department(directory, "unit", "revoke", "car-7", "--as", "key-lost")
    assert shown == "car-7: was revoked before; it is shown as key lost now\n"
    assert json.loads(department(directory, "unit", "list", "--json"))["end"] == "key-lost"
    assert re.search(r"^car-7 +revoked, key lost$", department(directory, "unit", "list"), re.MULTILINE)
    assert json.loads(department(directory, "unit", "revoke", "car-7", "--as", "retired", "--json"))["end"] == "retired"
    assert "nothing was left" in department(directory, "unit", "revoke", "car-7", "--reason", "lost")
    missing = edge("department", "unit", "revoke", "car-8", "--directory", str(directory))
    assert missing.exit_code == 1
    assert "no such unit here" in missing.stderr


def test_a_certificate_of_the_agency_s_own_authority_is_added(directory: Path, tmp_path: Path) -> None:
    assert edge("department", "unit", "add", str(tmp_path / "none"), "--directory", str(directory)).exit_code == 1
    foreign = initialise(tmp_path / "foreign", ["127.0.0.1"]).certificate
    refusal = edge("department", "unit", "add", str(foreign), "--directory", str(directory))
    assert "not issued by the authority" in refusal.stderr
    own = department(directory, "unit", "add", str(directory / "server.pem"))
    assert own == "127.0.0.1: may speak with this department\n"


def test_the_code_is_shown_with_what_the_other_end_needs(directory: Path) -> None:
    outcome = edge("department", "code", "car-7", "--directory", str(directory))
    output = outcome.stdout
    assert re.search(r"^until +[0-9-]{10} [0-9:]{8}Z", output, re.MULTILINE)
    assert re.search(r"^code of car-7 +([0-9A-Z]{5}-){3}[0-9A-Z]{5}$", output, re.MULTILINE)
    assert re.search(r"^authority SHA-256 [0-9a-f]{64}$", output, re.MULTILINE)
    assert "--department https://127.0.0.1:8443 --code" in output
    assert "not served at present; start it: alpr-edge department serve" in outcome.stderr


def test_the_code_names_the_ports_that_are_served(server: DepartmentServer, directory: Path) -> None:
    outcome = edge("department", "code", "car-7", "--directory", str(directory))
    assert f"--department https://127.0.0.1:{server.port} --code" in outcome.stdout
    assert f"--enroll-port {server.enrol_port}" in outcome.stdout
    assert outcome.stderr == ""
    other = edge("department", "code", "car-7", "--directory", str(directory), "--enroll-port", "1")
    assert f"this department enrolls at port {server.enrol_port}, not at 1" in other.stderr


def test_a_department_that_enrols_nobody_says_so_with_the_code(directory: Path) -> None:
    with DepartmentServer(directory):
        outcome = edge("department", "code", "car-7", "--directory", str(directory))
    assert "served without enrollment; start it with --enroll-port 8444" in outcome.stderr
