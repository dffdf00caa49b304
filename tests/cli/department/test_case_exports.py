"""Cases booked out at the department by command: the whole way to the verifier, by role, and with bad input."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.pki.authority import Authority, TlsFiles
from tests.cli.access.test_walk import ROWS
from tests.cli.department.test_inquiries import ROLES, newest, run, sign_in_as
from tests.department.evidence.case_of_two import BEGIN, CASE, FOR_CASE, NOT_HELD, NOW, PLACED, ExportDesk, store_case
from tests.department.inquiries.inquirers import Inquirers

FOR = ("--purpose", FOR_CASE.code, "--offense", "robbery")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    folder = tmp_path_factory.mktemp("cases")
    some = Inquirers.make(folder / "department", now=NOW)
    store_case(some.directory, folder)
    with open_office(some.directory) as office:
        office.holds.place(ExportDesk(office, some)("records"), FOR_CASE, [PLACED], "subpoena 12", None)
    return some


def passphrase_of(people: Inquirers, package_id: str, file: Path) -> Path:
    """A file with the passphrase of a package, as two people open it."""
    sign_in_as(people, "records")
    asked = run(people, "evidence", "ask", package_id, "--reason", "for the court", "--json")
    request = json.loads(asked.stdout)["request_id"]
    sign_in_as(people, "commander")
    assert run(people, "evidence", "approve", request).exit_code == 0
    sign_in_as(people, "records")
    file.write_text(run(people, "evidence", "passphrase", request).stdout, encoding="ascii")
    return file


def test_a_case_is_booked_out_opened_by_two_and_verified(people: Inquirers, tmp_path: Path) -> None:
    sign_in_as(people, "records")
    out = tmp_path / "out"
    done = run(people, "evidence", "export", CASE, "--to", str(out), *FOR, "--medium", "M-9", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["case"], told["units"], told["reads"], told["is_vouched"]) == (CASE, ["unit-1", "unit-2"], 3, True)
    assert "passphrase" not in told
    progress = [json.loads(line) for line in done.stderr.splitlines()]
    assert progress[-1] == {"reads": 3, "of": 3}
    assert any("records" in line for line in progress)
    listed = run(people, "evidence", "list", "--case", CASE).stdout
    assert told["package_sha256"] in "".join(listed.split())
    secret = passphrase_of(people, told["package_id"], tmp_path / "secret")
    authority = Authority.load(TlsFiles(people.directory)).fingerprint
    words = ["evidence", "verify", told["path"], "--passphrase-file", str(secret), "--authority", authority]
    verified = CliRunner().invoke(app, words)
    assert (verified.exit_code, verified.stdout.endswith("the package is valid\n")) == (0, True), verified.output
    again = run(people, "evidence", "export", CASE, "--to", str(out), *FOR)
    assert (again.exit_code, "is not empty; give a new folder" in again.stderr) == (1, True)


def test_plates_of_a_file_are_on_record_and_on_no_command_line(people: Inquirers, tmp_path: Path) -> None:
    sign_in_as(people, "records")
    plates, until = tmp_path / "plates", (BEGIN + timedelta(days=1)).isoformat()
    plates.write_text(f"{NOT_HELD}\n", encoding="ascii")
    words = ("evidence", "export", CASE, "--to", str(tmp_path / "out"), *FOR, "--plate-file", str(plates))
    done = run(people, *words, "--from", BEGIN.isoformat(), "--until", until)
    assert done.exit_code == 0, done.output
    assert ": 4 reads of 2 units, 1 hit, 3 pictures, read back and recorded\n" in done.stdout
    assert "its passphrase takes two people: alpr-edge department evidence ask evidence-" in done.stdout
    assert NOT_HELD not in done.output
    assert [(each.action, each.query) for each in newest(people, 4)] == [
        ("export_case", ""),
        ("search_reads", NOT_HELD),
        ("export_case", ""),
        ("export_case", ""),
    ]


def test_who_looked_is_told_in_a_table_and_as_csv(people: Inquirers) -> None:
    sign_in_as(people, "supervisor")
    table = run(people, "evidence", "accesses", CASE, *FOR)
    assert (table.exit_code, "another case" in " ".join(table.stdout.split())) == (0, True), table.output
    assert "not in it" not in table.stderr, "of accesses that tell of covert hits nothing is told"
    in_csv = run(people, "evidence", "accesses", CASE, *FOR, "--csv")
    rows = list(csv.DictReader(io.StringIO(in_csv.stdout)))
    told = run(people, "evidence", "accesses", CASE, *FOR, "--json").stdout
    in_json = [json.loads(line) for line in told.splitlines()]
    of_car = [{name: str(value) for name, value in line.items()} for line in in_json if line["log"] == "unit-1"]
    assert [row for row in rows if row["log"] == "unit-1"] == of_car, "the department's log grows by each look"
    assert {row["log"] for row in rows} == {"department", "unit-1"}
    assert newest(people)[0].action == "list_accesses"


@pytest.mark.parametrize("role", ROLES)
def test_each_command_is_for_the_roles_of_the_reviewed_file(people: Inquirers, tmp_path: Path, role: str) -> None:
    sign_in_as(people, role)
    for words in (("export", CASE, "--to", str(tmp_path / "out")), ("accesses", CASE)):
        row = ROWS[f"department evidence {words[0]}"]
        done = run(people, "evidence", *words, *FOR)
        may = role.replace("-", "_") in row.roles
        assert done.exit_code == (0 if may else 3), (words, done.output)
        record = newest(people)[-1]
        assert (record.action, record.outcome.value) == (row.operation, "allowed" if may else "refused")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("export", "26-777777"), "no read is held for the case"),
        (("export", CASE, "--hold", "unit-1:none"), "no hold of this case in force"),
        (("export", CASE, "--from", "2026-05-04"), "give --plate-file as well"),
        (("export", CASE, "--plate-file", "nowhere"), "nowhere: cannot be read"),
        (("accesses", "26-777777"), "no read is held for the case"),
        (("accesses", CASE, "--csv", "--json"), "give --csv or --json, not both"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(
    people: Inquirers, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    sign_in_as(people, "records")
    more = ("--to", str(tmp_path / "out")) if words[0] == "export" else ()
    done = run(people, "evidence", *words, *more, *FOR)
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    (line,) = done.stderr.splitlines()
    assert told in line
    assert not (tmp_path / "out").exists(), "an empty folder looks like a package that was lost"
