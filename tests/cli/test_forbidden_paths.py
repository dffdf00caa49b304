"""A path that may not be looked at, or that no file can have, ends a command as one line, not as a traceback."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.settings import load
from alpr_edge.store.unit_store import open_store
from tests.cli.unit.fit_unit import write_fit_unit
from tests.units import write_bare_unit

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


def as_bound_by_modes(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that may not enter every folder, as root may."""
    command = [sys.executable, "-m", "alpr_edge", *words]
    if os.geteuid() == 0:
        command = ["setpriv", f"--bounding-set={ROOTS_WAY}", f"--inh-caps={ROOTS_WAY}", *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_no_file_can_have_is_one_line(command: str, tmp_path: Path) -> None:
    path = str(tmp_path / TOO_LONG)
    done = CliRunner().invoke(app, COMMANDS[command](path, str(write_fit_unit(tmp_path))))
    assert (done.stdout, done.stderr.count("\n")) == ("", 1), done.output
    assert done.stderr.startswith("alpr-edge: ")
    assert path in done.stderr
    assert "File name too long" in done.stderr
    assert done.exit_code == 1


def test_a_home_that_cannot_hold_the_completion_is_one_line() -> None:
    """The shell that is asked for is the one that runs the command."""
    words = ["bash", "-c", '"$@"; exit $?', "bash", sys.executable, "-m", "alpr_edge", "--install-completion"]
    variables = os.environ | {"HOME": os.devnull}
    done = subprocess.run(words, capture_output=True, text=True, env=variables, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert done.stderr.startswith(f"alpr-edge: {os.devnull}: File exists; the completion is not installed there; ")


def test_a_photo_that_may_not_be_looked_at_costs_itself_alone(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["read", str(tmp_path / TOO_LONG), str(tmp_path / "none.jpg")])
    assert (done.exit_code, done.stderr.count("\n")) == (1, 2), done.output
    assert "no such file" in done.stderr


def test_a_folder_that_may_not_be_entered_is_one_line(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    done = as_bound_by_modes(COMMANDS["drive"](str(closed / "drive"), ""))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"alpr-edge: {closed / 'drive'}: Permission denied\n"


def test_a_folder_of_somebody_else_is_told_with_who_may(
    tmp_path: Path, require_system_module: Callable[[str], str]
) -> None:
    require_system_module("import os; assert os.geteuid() == 0, 'only root gives folders away'")
    settings = write_bare_unit(tmp_path)
    with open_store(load(settings), migrate=True):
        pass
    keys = tmp_path / "keys"
    os.chown(keys, 65534, 65534)
    done = as_bound_by_modes(["outbox", "status", "--settings", str(settings)])
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"alpr-edge: {keys / 'outbox.key'}: Permission denied; "
        f"only the owner of {keys} or root may run this; run it as that user\n"
    )


def test_what_may_not_be_read_costs_itself_alone(tmp_path: Path) -> None:
    closed, locked, good = tmp_path / "closed", tmp_path / "locked.jpg", tmp_path / "good.png"
    closed.mkdir(mode=0o000)
    cv2.imwrite(str(good), np.zeros((72, 128, 3), np.uint8))
    locked.write_bytes(b"")
    locked.chmod(0o000)
    done = as_bound_by_modes(["read", str(good), str(locked), str(closed), str(closed / "x.jpg")])
    assert (done.returncode, done.stdout) == (1, f"{good}: no plate found\n"), done.stderr
    assert sorted(done.stderr.splitlines()) == sorted(
        f"alpr-edge: {path}: cannot be read: Permission denied" for path in (locked, closed, closed / "x.jpg")
    )
