"""Output that cannot go where it was sent ends in one line, or in silence where nobody is left to tell."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "alpr_edge"]
COMMAND = [*PROGRAM, "models", "verify", "--json"]
NOBODY_READS = 141


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(COMMAND, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == "alpr-edge: the output could not be written: no space left; give it another place\n"


@pytest.mark.parametrize(
    "command", [COMMAND, [*PROGRAM, "--help"], [*PROGRAM, "unit", "aim"]], ids=lambda each: each[3]
)
def test_a_reader_that_went_away_is_silence(command: list[str]) -> None:
    done = run_unread(command, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (NOBODY_READS, "")


def test_a_reader_of_errors_that_went_away_leaves_the_exit_code() -> None:
    assert run_unread([*PROGRAM, "reads", "--settings", "/nonexistent.toml"], stderr=subprocess.STDOUT).returncode == 2


def run_unread(command: list[str], stderr: int) -> subprocess.CompletedProcess[str]:
    """Run a command whose output goes into a pipe that nobody reads."""
    outlet, inlet = os.pipe()
    os.close(outlet)
    with os.fdopen(inlet, "wb") as pipe:
        return subprocess.run(command, stdout=pipe, stderr=stderr, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("variables", "is_coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["colours", "not wanted", "not known"],
)
def test_a_terminal_gets_colours_where_it_knows_them_and_they_are_wanted(
    variables: dict[str, str], is_coloured: bool
) -> None:
    own, terminal = pty.openpty()
    known = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with subprocess.Popen([*PROGRAM, "unit", "aim"], stdout=terminal, env=known | variables) as process:
        os.close(terminal)
        shown = b""
        while chunk := _read(own):
            shown += chunk
    os.close(own)
    assert (process.returncode, b"px on a plate" in shown) == (0, True)
    assert (b"\x1b" in shown) == is_coloured


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other end is closed
        return b""
