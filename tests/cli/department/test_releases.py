"""The commands for requests of other agencies: the whole way, by role, and with bad input."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from tests.cli.access.test_walk import ROWS
from tests.cli.department.test_inquiries import ROLES, newest, run, sign_in_as
from tests.department.inquiries.inquirers import Inquirers

PLATES = "8abc123, 9XYZ987\n"
PERIOD = ("--from", "2026-05-04T00:00Z", "--to", "2026-05-08T00:00Z")
ASKED = ("--agency", "County Sheriff", "--requester", "Sgt. Doe", "--for", "stolen_vehicle", "--words", "a stolen car")
KIND, SEAT = ("--kind", "law_enforcement"), ("--seat", "in_state")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Inquirers:
    return Inquirers.make(tmp_path_factory.mktemp("releases") / "department", now=datetime.now(UTC))


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"%PDF-1.7 the request")
    return path


def enter(people: Inquirers, letter: Path, *more: str) -> str:
    sign_in_as(people, "records")
    words = ("enter", *ASKED, *KIND, *SEAT, *PERIOD, "--letter", str(letter), *more, "--json")
    done = run(people, "release", *words, given=PLATES)
    assert done.exit_code == 0, done.output
    return str(json.loads(done.stdout)["request_id"])


def package(people: Inquirers, request: str, folder: Path, *more: str) -> tuple[Path, str]:
    """Make the package of a request; its file and what opens it."""
    sign_in_as(people, "records")
    done = run(people, "release", "package", request, "--out", str(folder), *more, "--json")
    assert done.exit_code == 0, done.output
    fields = json.loads(done.stdout)
    return Path(fields["path"]), fields["passphrase"]


def test_a_request_is_entered_approved_and_handed_over(people: Inquirers, letter: Path, tmp_path: Path) -> None:
    request = enter(people, letter)
    early = run(people, "release", "approve", request)
    assert early.exit_code == 3, "records may not"
    sign_in_as(people, "commander")
    approved = run(people, "release", "approve", request, "--note", "in order")
    assert (approved.exit_code, approved.stdout) == (0, f"{request}: approved: in order\n")
    sign_in_as(people, "records")
    made, _ = package(people, request, tmp_path / "out")
    letter_in_place = run(people, "release", "hand-over", request, "--package", str(letter), "--note", "by courier")
    assert (letter_in_place.exit_code, "not the package that was made last" in letter_in_place.stderr) == (1, True)
    done = run(people, "release", "hand-over", request, "--package", str(made), "--note", "by courier")
    assert (done.exit_code, done.stdout) == (0, f"{request}: handed over: by courier\n")
    shown = run(people, "release", "show", request, "--letter", str(tmp_path / "copy.pdf"))
    assert (tmp_path / "copy.pdf").read_bytes() == letter.read_bytes()
    assert "the letter was not scanned for viruses: department.toml names no scan_command" in shown.stderr
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    for text in (
        "County Sheriff (law enforcement, in state), Sgt. Doe",
        "8ABC123, 9XYZ987",
        "approved by Commander",
        digest,
    ):
        assert text in shown.stdout
    listed = run(people, "release", "list")
    assert ("County Sheriff" in listed.stdout, "8ABC123" in listed.stdout) == (True, False)
    assert "; due: confirmation by 20" in " ".join(listed.stdout.split())
    for verb, word in (("confirm", "confirmed"), ("report", "reported")):
        done = run(people, "release", verb, request, "--note", "letter of Monday")
        assert (done.exit_code, done.stdout) == (0, f"{request}: {word}: letter of Monday\n")


def test_the_package_is_made_shown_and_verified(people: Inquirers, letter: Path, tmp_path: Path) -> None:
    request = enter(people, letter, "--pictures", "plates")
    sign_in_as(people, "commander")
    part = ("--some-plates", "--to", "2026-05-06T00:00Z", "--pictures", "none", "--json")
    approved = json.loads(run(people, "release", "approve", request, *part, given="8ABC123\n").stdout)
    assert approved["steps"][-1]["approved_end"] == "2026-05-06T00:00:00.000Z"
    sign_in_as(people, "records")
    done = run(people, "release", "package", request, "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    path = tmp_path / "out" / f"{request}-1.zip"
    assert f"release hand-over {request} --package {path} --note HOW\n" in done.stdout
    assert f"{path}: 0 reads, 0 pictures, read back, in the register" in done.stdout
    (tmp_path / "phrase").write_text(done.stdout.partition("passphrase, shown only once: ")[2].split()[0])
    words = ["evidence", "verify", str(path), "--passphrase-file", str(tmp_path / "phrase"), "--json"]
    verdict = json.loads(CliRunner().invoke(app, words).stdout)
    assert verdict["fault_count"] == 0
    assert any(f"answers the request {request} of County Sheriff" in each["words"] for each in verdict["statements"])
    again = run(people, "release", "package", request, "--out", str(tmp_path / "more"))
    assert (again.exit_code, "say with --again why it takes another one" in again.stderr) == (1, True)
    package(people, request, tmp_path / "more", "--again", "the stick was lost")
    refused = run(people, "release", "package", request, "--out", str(tmp_path / "out"), "--again", "once more")
    assert (refused.exit_code, "is not empty; give a new folder" in refused.stderr) == (1, True)
    assert not any("8ABC123" in each.output for each in (done, again, refused))


def test_the_register_of_a_year_names_every_request_and_no_plate(people: Inquirers, letter: Path) -> None:
    request = enter(people, letter, "--their-case", "=2+3")
    year = str(datetime.now(UTC).astimezone().year)
    in_json = run(people, "release", "register", "--year", year, "--json")
    lines = {line["request"]: line for line in map(json.loads, in_json.stdout.splitlines())}
    assert (lines[request]["agency"], lines[request]["state"], lines[request]["plates"]) == (
        "County Sheriff",
        "waiting",
        2,
    )
    in_csv = run(people, "release", "register", "--month", f"{datetime.now(UTC).astimezone():%Y-%m}", "--csv")
    rows = {row["request"]: row for row in csv.DictReader(io.StringIO(in_csv.stdout))}
    assert set(rows) == set(lines)
    assert rows[request]["their_case"] == "'=2+3", "no formula for a spreadsheet"
    told = run(people, "release", "register", "--year", year)
    assert f"requests: {len(lines)}" in told.stdout
    assert not any("8ABC123" in each.output for each in (in_json, in_csv, told))
    assert newest(people)[-1].shown == len(lines)
    assert run(people, "release", "register", "--year", "1999").stdout == "requests: 0\n"
    for words in (
        (),
        ("--year", year, "--month", "2026-05"),
        ("--month", "2026-13"),
        ("--month", "May"),
        ("--year", "-4"),
    ):
        wrong = run(people, "release", "register", *words)
        assert (wrong.exit_code, len(wrong.stderr.splitlines())) == (1, 1), words


def test_a_federal_request_is_barred_with_its_law(people: Inquirers, letter: Path) -> None:
    sign_in_as(people, "records")
    words = ("release", "enter", *ASKED, *KIND, "--seat", "federal", *PERIOD, "--letter", str(letter))
    done = run(people, *words, given=PLATES)
    assert (done.exit_code, "barred: shared with public agencies of California alone" in done.stdout) == (0, True)


@pytest.mark.parametrize(("left", "missing"), [(SEAT, "--kind"), (KIND, "--seat")])
def test_who_asks_is_never_assumed(people: Inquirers, letter: Path, left: tuple[str, ...], missing: str) -> None:
    """What may be released follows from it (policy 462.7, Civil Code 1798.90.55)."""
    sign_in_as(people, "records")
    done = run(people, "release", "enter", *ASKED, *left, *PERIOD, "--letter", str(letter), given=PLATES)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"Missing option '{missing}'" in done.stderr


@pytest.mark.parametrize("role", ROLES)
def test_each_command_is_for_the_roles_of_the_reviewed_file(
    people: Inquirers, letter: Path, tmp_path: Path, role: str
) -> None:
    waiting, refused, withdrawn, approved = (enter(people, letter) for _ in range(4))
    sign_in_as(people, "commander")
    run(people, "release", "approve", approved)
    sign_in_as(people, role)
    enters = role in {"records", "supervisor", "commander"}
    purpose = ("--purpose", "release" if enters else "audit")
    made = tmp_path / "out" / f"{approved}-1.zip" if enters else letter
    for words in (
        ("enter", *ASKED, *KIND, *SEAT, *PERIOD, "--letter", str(letter)),
        ("list", *purpose),
        ("show", waiting, *purpose),
        ("approve", waiting),
        ("refuse", refused, "--note", "no ground"),
        ("withdraw", withdrawn, "--note", "by telephone"),
        ("register", "--year", "2026", *purpose),
        ("package", approved, "--out", str(tmp_path / "out")),
        ("hand-over", approved, "--package", str(made), "--note", "by courier"),
        ("confirm", approved, "--note", "by letter"),
        ("report", approved, "--note", "by letter"),
    ):
        row = ROWS[f"department release {words[0]}"]
        done = run(people, "release", *words, given=PLATES)
        may = role.replace("-", "_") in row.roles
        assert done.exit_code == (0 if may else 3), (words, done.output)
        record = newest(people)[-1]
        assert (record.action, record.outcome.value) == (row.operation, "allowed" if may else "refused")
        assert may or "8ABC123" not in done.output


@pytest.mark.parametrize(
    ("words", "given", "told"),
    [
        ((*ASKED, *PERIOD, "8ABC123"), PLATES, "no plate on the command line"),
        ((*ASKED, *PERIOD), ",\n", "names the plates that it is about"),
        ((*ASKED, "--from", "yesterday", "--to", "2026-05-05"), PLATES, "such as 2026-05-04T18:00"),
        ((*ASKED, "--from", "2026-05-05", "--to", "2026-05-04"), PLATES, "the first before the last"),
        ((*ASKED[:-1], " ", *PERIOD), PLATES, "lacks its purpose in words (policy 462.7(a))"),
        ((*ASKED[:5], "immigration_enforcement", *ASKED[6:], *PERIOD), PLATES, "barred: "),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(
    people: Inquirers, letter: Path, words: tuple[str, ...], given: str, told: str
) -> None:
    sign_in_as(people, "records")
    done = run(people, "release", "enter", *words, *KIND, *SEAT, "--letter", str(letter), given=given)
    assert (done.exit_code in {1, 2}, done.stdout) == (True, "")
    (line,) = done.stderr.splitlines()
    assert told in line
    assert "8ABC123" not in line


def test_a_letter_that_is_not_there_and_a_request_that_is_none(people: Inquirers, tmp_path: Path) -> None:
    sign_in_as(people, "commander")
    words = ("enter", *ASKED, *KIND, *SEAT, *PERIOD, "--letter", str(tmp_path / "none.pdf"))
    missing = run(people, "release", *words, given=PLATES)
    assert (missing.exit_code, "cannot be read" in missing.stderr) == (1, True)
    none = run(people, "release", "approve", "release-0")
    assert (none.exit_code, none.stderr) == (
        1, "alpr-edge: release-0: no such request; see: alpr-edge department release list\n",
    )  # fmt: skip
