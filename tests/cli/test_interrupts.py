"""Ctrl-C ends any command with 130 and without a traceback, at whatever moment it comes."""

import subprocess
import sys
from pathlib import Path

import pytest

from alpr_edge.settings import load
from alpr_edge.store.unit_store import open_store
from tests.app.rig import write_frames, write_settings

WAIT_S = 60
STOPS = """
import os, signal, sys, threading
from importlib.abc import MetaPathFinder

class Interrupt(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
        return None

sys.meta_path.insert(0, Interrupt())
sys.argv = ["alpr-edge", *{arguments!r}]
from alpr_edge.__main__ import main
main()
print("went on")
"""
"""A program that gets SIGINT at the import of a module."""
MOMENTS = [
    ("typer", ["--version"]),
    ("alpr_edge.cli", ["--help"]),
    ("alpr_edge.cli.error_handling", ["reads"]),
    ("structlog", ["outbox", "status"]),
    ("alpr_edge.cli.outbox", ["outbox", "status"]),
    ("pydantic_core", ["outbox", "status"]),
    ("alpr_edge.settings", ["outbox", "status"]),
    ("sqlalchemy", ["outbox", "status"]),
    ("sqlcipher3", ["outbox", "status"]),
    ("cv2", ["read", "nowhere.jpg"]),
]

WORKS = """
import os, signal, sys

def interrupt(frame, event, argument):
    if event == "call" and frame.f_code.co_name == {function!r}:
        sys.setprofile(None)
        os.kill(os.getpid(), signal.SIGINT)

sys.setprofile(interrupt)
sys.argv = ["alpr-edge", *{arguments!r}]
from alpr_edge.__main__ import main
main()
print("went on")
"""
"""A program that gets SIGINT at the call of a function."""
AT_WORK = [
    ("open_access", ["reads"]),
    ("open_store", ["outbox", "status"]),
    ("key_faults", ["settings", "check"]),
    ("create_keys", ["keys", "create"]),
    ("disk_usage", ["unit", "disk"]),
    ("typed_plate", ["hotlist", "match"]),
]


def run(code: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, timeout=WAIT_S, check=False
    )


@pytest.mark.parametrize(("module", "arguments"), MOMENTS, ids=str)
def test_an_interrupt_while_modules_are_imported(module: str, arguments: list[str], tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [0]))
    words = [*arguments, "--settings", str(settings)] if arguments[0] in {"outbox", "reads"} else arguments
    done = run(STOPS.format(module=module, arguments=words), tmp_path)
    assert (done.returncode, done.stderr, "went on" in done.stdout) == (130, "", False)


@pytest.mark.parametrize(("function", "arguments"), AT_WORK, ids=str)
def test_an_interrupt_at_work(function: str, arguments: list[str], tmp_path: Path) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [0]))
    with open_store(load(settings), migrate=True):
        pass
    words = [*arguments, str(settings)] if arguments[0] == "settings" else [*arguments, "--settings", str(settings)]
    done = run(WORKS.format(function=function, arguments=words), tmp_path)
    assert (done.returncode, done.stderr, "went on" in done.stdout) == (130, "", False)


def test_who_ignores_the_signal_is_not_interrupted(tmp_path: Path) -> None:
    """As behind nohup, or in the background of a shell."""
    code = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    done = run(code + STOPS.format(module="typer", arguments=["--version"]), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("alpr-edge ")
