"""That a program of developers which is told to end by SIGTERM leaves no folder, no process and no machine behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.department.waits import wait_until

ROOT = Path(__file__).parents[2]
HEAD = "from alpr_edge.cli.error_handling import run_command_line\n"
FOLDER = """
import sys, tempfile, time

def main():
    run_command_line(body)

def body():
    with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
        print(folder, flush=True)
        time.sleep(600)
"""
SLOW_END = """
import sys, time
from pathlib import Path

def main():
    run_command_line(body)

def body():
    try:
        print("begun", flush=True)
        time.sleep(600)
    finally:
        print("clearing up", flush=True)
        sys.stdin.readline()
        Path(sys.argv[1], "cleared up").touch()
"""
MACHINE = """
import sys
from pathlib import Path
from scripts.prove.car import Car

def main():
    run_command_line(body)

def body():
    with Car(Path(sys.argv[1], "car"), "no network"):
        pass
"""
NSPAWN = "#!/usr/bin/env bash\necho $$ >%s\nexec sleep 600\n"
"""A machine that never says that it has started."""
RECORD = '#!/usr/bin/env bash\nprintf "%s\\n" "$@"\n'
"""A Python that says what it was asked to run."""


@contextmanager
def running(source: str, folder: Path, path: str = "") -> Iterator[subprocess.Popen[str]]:
    """A program of developers with this source, which works in a folder of its own."""
    package = folder / "stub_program"
    package.mkdir()
    (package / "__main__.py").write_text(HEAD + source, encoding="utf-8")
    work = folder / "work"
    work.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "scripts.developer_program", "stub_program", str(work)]
    surroundings = {**os.environ, "PYTHONPATH": str(folder), "PATH": f"{path}:{os.environ['PATH']}"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=surroundings, text=True, stdin=pipe, stdout=pipe, stderr=pipe
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_sigterm_ends_it_with_the_code_of_an_interrupt_and_its_folder_goes(tmp_path: Path) -> None:
    with running(FOLDER, tmp_path) as process:
        folder = Path(line_of(process))
        assert folder.is_dir()
        process.terminate()
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (130, "", "")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_second_sigterm_does_not_break_into_the_clearing_up(tmp_path: Path) -> None:
    with running(SLOW_END, tmp_path) as process:
        assert line_of(process) == "begun"
        process.terminate()
        assert line_of(process) == "clearing up"
        process.terminate()
        process.communicate("\n", timeout=60)
    assert process.returncode == 130
    assert (tmp_path / "work" / "cleared up").is_file()


def test_a_machine_that_is_starting_is_ended(tmp_path: Path) -> None:
    programs, pid_file = tmp_path / "bin", tmp_path / "nspawn"
    programs.mkdir()
    (programs / "systemd-nspawn").write_text(NSPAWN % pid_file, encoding="utf-8")
    (programs / "systemd-nspawn").chmod(0o755)
    (tmp_path / "work" / "car" / "etc").mkdir(parents=True)
    with running(MACHINE, tmp_path, str(programs)) as process:
        wait_until(lambda: pid_file.is_file() and pid_file.read_text(encoding="ascii").endswith("\n"))
        machine = int(pid_file.read_text(encoding="ascii"))
        process.terminate()
        process.communicate(timeout=60)
        gone = False
        try:
            os.kill(machine, 0)
        except ProcessLookupError:
            gone = True
        else:
            os.kill(machine, signal.SIGKILL)
    assert (process.returncode, gone) == (130, True)


@pytest.mark.parametrize(
    ("script", "options", "package"),
    [
        ("bench", ["path"], "scripts.benchmarks"),
        ("prove-department", ["--quick"], "scripts.prove.department"),
        ("prove-provisioning", ["--quick"], "scripts.prove"),
        ("torture", ["--quick"], "scripts.faults"),
        ("torture", ["--soak", "--minutes", "4"], "scripts.soak"),
        ("torture", ["--department"], "scripts.soak.department"),
    ],
)
def test_the_scripts_start_their_programs_so(script: str, options: list[str], package: str, tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(RECORD, encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / "_environment").write_text(f"environment={tmp_path}\n", encoding="utf-8")
    (tmp_path / script).write_text((ROOT / "scripts" / script).read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(["bash", tmp_path / script, *options], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["-m", "scripts.developer_program", package, *options]
