"""The commands for requests of other agencies: the whole way, by role, and with bad input."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.access.test_walk import ROWS
from tests.cli.department.test_inquiries import ROLES, newest, run, sign_in_as
from tests.department.inquiries.desk import Inquirers

PLATES = "8abc123, 9XYZ987\n"
PERIOD = ("--from", "2026-05-04T00:00Z", "--to", "2026-05-08T00:00Z")
ASKED = ("--agency", "County Sheriff", "--requester", "Sgt. Doe", "--for", "stolen_vehicle", "--words", "a stolen car")


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
    done = run(people, "release", "enter", *ASKED, *PERIOD, "--letter", str(letter), *more, "--json", given=PLATES)
    assert done.exit_code == 0, done.output
    return str(json.loads(done.stdout)["request_id"])


def test_a_request_is_entered_approved_and_handed_over(people: Inquirers, letter: Path, tmp_path: Path) -> None:
    request = enter(people, letter)
    early = run(people, "release", "approve", request)
    assert early.exit_code == 3, "records may not"
    sign_in_as(people, "commander")
    approved = run(people, "release", "approve", request, "--note", "in order")
    assert (approved.exit_code, approved.stdout) == (0, f"{request}: approved: in order\n")
    sign_in_as(people, "records")
    package = tmp_path / "package.zip"
    package.write_bytes(b"what was approved")
    done = run(people, "release", "hand-over", request, "--package", str(package), "--note", "by courier")
    assert (done.exit_code, done.stdout) == (0, f"{request}: handed over: by courier\n")
    shown = run(people, "release", "show", request, "--letter", str(tmp_path / "copy.pdf"))
    assert (tmp_path / "copy.pdf").read_bytes() == letter.read_bytes()
    digest = hashlib.sha256(b"what was approved").hexdigest()
    for text in (
        "County Sheriff (law enforcement, in state), Sgt. Doe",
        "8ABC123, 9XYZ987",
        "approved by Commander",
        digest,
    ):
        assert text in shown.stdout
    listed = run(people, "release", "list")
    assert ("County Sheriff" in listed.stdout, "8ABC123" in listed.stdout) == (True, False)


def test_a_federal_request_is_barred_with_its_law(people: Inquirers, letter: Path) -> None:
    sign_in_as(people, "records")
    words = ("release", "enter", *ASKED, *PERIOD, "--letter", str(letter), "--seat", "federal")
    done = run(people, *words, given=PLATES)
    assert (done.exit_code, "barred: shared with public agencies of California alone" in done.stdout) == (0, True)


@pytest.mark.parametrize("role", ROLES)
def test_each_command_is_for_the_roles_of_the_reviewed_file(people: Inquirers, letter: Path, role: str) -> None:
    waiting, refused, withdrawn, approved = (enter(people, letter) for _ in range(4))
    sign_in_as(people, "commander")
    run(people, "release", "approve", approved)
    sign_in_as(people, role)
    purpose = ("--purpose", "release" if role in {"records", "supervisor", "commander"} else "audit")
    for words in (
        ("enter", *ASKED, *PERIOD, "--letter", str(letter)),
        ("list", *purpose),
        ("show", waiting, *purpose),
        ("approve", waiting),
        ("refuse", refused, "--note", "no ground"),
        ("withdraw", withdrawn, "--note", "by telephone"),
        ("hand-over", approved, "--package", str(letter), "--note", "by courier"),
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
    done = run(people, "release", "enter", *words, "--letter", str(letter), given=given)
    assert (done.exit_code in {1, 2}, done.stdout) == (True, "")
    (line,) = done.stderr.splitlines()
    assert told in line
    assert "8ABC123" not in line


def test_a_letter_that_is_not_there_and_a_request_that_is_none(people: Inquirers, tmp_path: Path) -> None:
    sign_in_as(people, "commander")
    missing = run(people, "release", "enter", *ASKED, *PERIOD, "--letter", str(tmp_path / "none.pdf"), given=PLATES)
    assert (missing.exit_code, "cannot be read" in missing.stderr) == (1, True)
    none = run(people, "release", "approve", "release-0")
    assert (none.exit_code, none.stderr) == (
        1, "alpr-edge: release-0: no such request; see: alpr-edge department release list\n",
    )  # fmt: skip
