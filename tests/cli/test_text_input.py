"""Text that is not UTF-8, of a command line or of standard input, is refused in a line, and names of files are not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from tests.staff import FOR_STOLEN, Staff
from tests.units import write_bare_unit

NO_TEXT = "x\udcffy"
"""As Python has a command line with a byte that is not UTF-8."""
ARGUMENTS = [
    (("holds", "place", NO_TEXT, "--reason", "evidence", "--case", "26-000001"), "'ID...'"),
    (("holds", "place", "read-1", "read-2", NO_TEXT, "--reason", "evidence", "--case", "26-000001"), "'ID...'"),
    (("holds", "release", NO_TEXT, "--reason", "case closed"), "'ID'"),
    (("reads", "picture", NO_TEXT, "out.jpg"), "'ID'"),
    (("audit", "deletions", "--id", NO_TEXT), "'--id'"),
    (("evidence", "list", "--of-case", NO_TEXT), "'--of-case'"),
    (("department", "people", "suspend", NO_TEXT, "--directory", "nowhere"), "'PERSON'"),
]
READ_FIRST = ("hotlist match", "hotlist add --reason other --case 1 --expires 1d", "sign-in --person 1001")
READ_SOMETIME = (
    "canvass start --partials --offense homicide --case 26-001234",
    "unit enroll --code - --department https://127.0.0.1:1 --ca-fingerprint aa",
)


@pytest.mark.parametrize(("words", "name"), ARGUMENTS, ids=lambda value: " ".join(value[:2]))
def test_an_argument_that_is_no_text_is_wrong_usage(words: tuple[str, ...], name: str) -> None:
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"Error: Invalid value for {name}: not UTF-8 text"


@pytest.mark.parametrize("command", [*READ_FIRST, *READ_SOMETIME])
def test_a_line_that_is_no_text_is_one_line(command: str, tmp_path: Path) -> None:
    settings = write_bare_unit(tmp_path)
    Staff(settings).sign_in_here()
    words = [*command.split(), "--settings", str(settings)]
    done = CliRunner().invoke(app, words, input=b"\xff\xfe\n")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1] == "alpr-edge: standard input: not UTF-8 text"


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_line_that_is_no_text_is_refused_in_every_locale(errors: str) -> None:
    done = run("hotlist", "match", *FOR_STOLEN, errors=errors, typed=b"\xff\xfe\n")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"alpr-edge: standard input: not UTF-8 text\n")


def test_an_answer_that_is_no_text_is_no_consent(tmp_path: Path) -> None:
    words = ["hotlist", "drop", "bolo", "--settings", str(write_bare_unit(tmp_path))]
    done = CliRunner().invoke(app, words, input=b"\xff\n")
    assert (done.exit_code, "nothing was changed" in done.stderr) == (1, True), done.output


def test_a_name_that_is_no_text_is_a_name_of_a_file_and_told_escaped(tmp_path: Path) -> None:
    file = os.fsencode(tmp_path) + b"/x\xffy.toml"
    done = run("settings", "init", file)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"/x\udcffy.toml" in done.stdout
    assert Path(os.fsdecode(file)).exists()


def run(*words: str | bytes, errors: str = "strict", typed: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a command where Python treats stray bytes of its streams in one of the ways that depend on the locale."""
    variables = os.environ | {"PYTHONIOENCODING": f"utf-8:{errors}"}
    command = [sys.executable, "-m", "alpr_edge", *words]
    return subprocess.run(command, input=typed, capture_output=True, env=variables, timeout=120, check=False)
