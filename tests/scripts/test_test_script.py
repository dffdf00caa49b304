"""The script that runs the tests: which of them, and their folder, which is gone afterwards also when it was killed."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTEST = f"""#!{sys.executable}
import os, sys, time
folder = os.environ.get("TMPDIR", "/nowhere")
try:
    print(os.getpid(), folder, flush=True)
    while True:
        time.sleep(0.1)  # not signal.pause(), which misses a signal that comes right before it
except KeyboardInterrupt:
    print(os.path.isdir(folder) or folder == "/nowhere", flush=True)
    sys.exit(3)
"""
"""In place of Python with pytest: tells its number and its folder, and waits for Ctrl-C."""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script in a checkout of its own."""
    scripts, programs = tmp_path / "scripts", tmp_path / "environment" / "bin"
    scripts.mkdir()
    programs.mkdir(parents=True)
    for name in ("test", "_help"):
        shutil.copy(ROOT / "scripts" / name, scripts)
    stub = f'set -euo pipefail\ncd "{tmp_path}"\nenvironment={tmp_path}/environment\n_say() {{ :; }}\n'
    (scripts / "_environment").write_text(stub, encoding="utf-8")
    for path, text in ((scripts / "missing-packages", "#!/bin/sh\n"), (programs / "python", PYTEST)):
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    return scripts / "test"


def marks(script: Path, *arguments: str, **environment: str) -> list[str]:
    """The choice of marks that pytest gets."""
    program = script.parents[1] / "environment" / "bin" / "python"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    command = ["bash", str(script), *arguments]
    environment |= {"PATH": "/usr/bin:/bin"}
    told = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True)
    lines = told.stdout.splitlines()
    return [mark for option, mark in itertools.pairwise(lines[2:]) if option == "-m"]


def test_the_longest_run_in_ci_or_when_they_are_asked_for(script: Path) -> None:
    assert marks(script) == ["not slow and not lengthy"]
    assert marks(script, CI="true") == []
    assert marks(script, "tests/store") == []
    assert marks(script, "-m", "lengthy") == ["lengthy"]


def start(script: Path) -> tuple[subprocess.Popen[str], int, Path]:
    """The script as it runs, the number of the tests' process, and their folder."""
    run = subprocess.Popen(["bash", script], env={"PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    number, folder = run.stdout.readline().split()
    return run, int(number), Path(folder)


def test_the_folder_stays_until_the_tests_have_ended(script: Path) -> None:
    run, _, folder = start(script)
    run.send_signal(signal.SIGTERM)
    assert run.communicate(timeout=300)[0] == "True\n"
    assert (run.returncode, folder.exists()) == (3, False)


def test_a_folder_of_a_killed_script_is_removed_by_the_next_when_its_tests_have_ended(script: Path) -> None:
    killed, number, folder = start(script)
    killed.kill()
    killed.wait(300)
    run, _, _ = start(script)
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=300)
    assert folder.exists() or folder == Path("/nowhere")
    os.kill(number, signal.SIGINT)
    assert killed.communicate(timeout=300)[0] == "True\n"
    run, _, _ = start(script)
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=300)
    assert not folder.exists()
