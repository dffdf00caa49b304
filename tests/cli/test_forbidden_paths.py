"""A path that may not be looked at, or that no file can have, ends a command as one line, not as a traceback."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from tests.cli.unit.fit_unit import write_fit_unit

ROOTS_WAY = "-dac_override,-dac_read_search"
"""Without these even root is held by the modes of files."""
TOO_LONG = "x" * 300
COMMANDS: dict[str, Callable[[str, str], list[str]]] = {
    "support-bundle": lambda path, unit: ["unit", "support-bundle", "--to", path, "--settings", unit],
    "snapshot": lambda path, unit: ["unit", "check", "--snapshot", f"{path}.png", "--settings", unit],
    "read": lambda path, _: ["read", path],
    "drive": lambda path, _: ["drive", "--source", "simulated", "--out", path],
    "drive of": lambda path, unit: ["drive", "--source", path, "--out", f"{unit}.drive"],
    "department status": lambda path, _: ["department", "status", "--directory", path],
    "department restore": lambda path, _: ["department", "restore", path, "new", "--keys", path],
    "evidence verify": lambda path, _: ["evidence", "verify", path],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_no_file_can_have_is_one_line(command: str, tmp_path: Path) -> None:
    path = str(tmp_path / TOO_LONG)
    done = CliRunner().invoke(app, COMMANDS[command](path, str(write_fit_unit(tmp_path))))
    assert (done.stdout, done.stderr.count("\n")) == ("", 1), done.output
    assert done.stderr.startswith("alpr-edge: ")
    assert path in done.stderr
    assert "File name too long" in done.stderr
    assert done.exit_code == 1


def test_a_photo_that_may_not_be_looked_at_costs_itself_alone(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["read", str(tmp_path / TOO_LONG), str(tmp_path / "none.jpg")])
    assert (done.exit_code, done.stderr.count("\n")) == (1, 2), done.output
    assert "no such file" in done.stderr


def test_a_folder_that_may_not_be_entered_is_one_line(tmp_path: Path) -> None:
    """Asked by a process that may not enter every folder, as root may."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    command = [sys.executable, "-m", "alpr_edge", *COMMANDS["drive"](str(closed / "drive"), "")]
    if os.geteuid() == 0:
        command = ["setpriv", f"--bounding-set={ROOTS_WAY}", f"--inh-caps={ROOTS_WAY}", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"alpr-edge: {closed / 'drive'}: Permission denied\n"
