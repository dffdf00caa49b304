"""The bash that makes the virtual environment, on a machine that has only what it may count on."""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = ("bash", "cat", "cut", "dirname", "flock", "sha256sum")


class Machine:
    """A checkout with only a few programs on its path."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.programs = folder / "bin"
        self.programs.mkdir()
        (self.checkout / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "_environment", self.checkout / "scripts")
        for name in ("requirements-dev.lock", "pyproject.toml"):
            (self.checkout / name).write_text(f"# {name}\n")
        for name in PROGRAMS:
            program = shutil.which(name)
            assert program is not None
            (self.programs / name).symlink_to(program)

    def give(self, program: Path, script: str) -> None:
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!{self.programs}/bash\n{script}\n")
        program.chmod(0o755)

    def note_place(self, checkout: Path | None = None) -> None:
        """Note where the environment was made, as venv does; None: in this checkout."""
        environment = (checkout or self.checkout) / ".venv"
        lines = f"home = /usr/bin\ncommand = /usr/bin/python3 -m venv --clear {environment}\n"
        (self.checkout / ".venv/pyvenv.cfg").write_text(lines)

    def source(self, python: str = "", then: str = "ready") -> subprocess.CompletedProcess[str]:
        return self.run("-c", f"source scripts/_environment; echo {then}", python=python)

    def run(self, *arguments: str, python: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.programs / "bash", *arguments],
            cwd=self.checkout,
            env={"PATH": str(self.programs), "ALPR_EDGE_PYTHON": python},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def stamp_of(checkout: Path) -> str:
    files = b"".join((checkout / name).read_bytes() for name in ("requirements-dev.lock", "pyproject.toml"))
    return hashlib.sha256(f"{checkout}\n".encode() + files).hexdigest()


def test_a_current_environment_is_taken_as_it_is(machine: Machine) -> None:
    machine.give(machine.checkout / ".venv/bin/alpr-edge", "")
    (machine.checkout / ".venv/stamp").write_text(stamp_of(machine.checkout) + "\n")
    # No Python and no pip is there to be called.
    run = machine.source()
    assert (run.returncode, run.stdout, run.stderr) == (0, "ready\n", "")


def test_no_python_is_one_clear_line(machine: Machine) -> None:
    run = machine.source()
    assert run.returncode == 1
    assert run.stdout == ""
    assert "Python 3.11 or newer is needed" in run.stderr
    assert "apt install python3" in run.stderr


def test_an_old_python_is_one_clear_line(machine: Machine) -> None:
    machine.give(machine.programs / "python3", '[[ $1 == --version ]] && echo "Python 3.9.2"; exit $(($# - 1))')
    run = machine.source()
    assert run.returncode == 1
    assert run.stderr == (
        "alpr-edge: Python 3.11 or newer is needed, and python3 here is Python 3.9.2: apt install python3\n"
    )


def test_a_python_without_venv_is_one_clear_line(machine: Machine) -> None:
    machine.give(machine.programs / "python3", "[[ $2 != *ensurepip* ]]")
    run = machine.source()
    assert run.returncode == 1
    assert run.stderr == "alpr-edge: python3 comes without its venv module: apt install python3-venv\n"


def test_a_failed_install_is_not_taken_for_done(machine: Machine) -> None:
    machine.give(machine.checkout / ".venv/bin/python", "[[ $1 == -c ]]")
    machine.note_place()
    (machine.checkout / ".venv/made").touch()
    run = machine.source()
    assert run.returncode == 1
    assert run.stderr.endswith("the first run needs the network\n")
    assert not (machine.checkout / ".venv/stamp").exists()


def test_an_environment_whose_making_was_cut_short_is_made_anew(machine: Machine) -> None:
    machine.give(machine.checkout / ".venv/bin/python", "[[ $1 == -c ]]")
    machine.give(machine.programs / "python3", 'echo "$*" >>calls; [[ $1 != -m ]]')
    assert machine.source().returncode == 1
    assert "-m venv --clear .venv" in (machine.checkout / "calls").read_text()
    assert not (machine.checkout / ".venv/made").exists()


def test_a_changed_lock_is_installed_once(machine: Machine) -> None:
    machine.give(machine.checkout / ".venv/bin/python", 'echo "$*" >>.venv/calls')
    machine.give(machine.checkout / ".venv/bin/alpr-edge", "")
    machine.note_place()
    (machine.checkout / ".venv/stamp").write_text("of another lock\n")
    assert machine.source().returncode == 0
    calls = (machine.checkout / ".venv/calls").read_text()
    assert "--no-deps --require-hashes --requirement requirements-dev.lock" in calls
    assert "--no-deps --no-build-isolation --editable ." in calls
    assert (machine.checkout / ".venv/stamp").read_text().strip() == stamp_of(machine.checkout)
    assert machine.source().stderr == ""
    assert (machine.checkout / ".venv/calls").read_text() == calls


def test_an_environment_that_was_made_in_another_place_is_made_anew(machine: Machine, tmp_path: Path) -> None:
    """Its other programs, such as pytest, would start the Python of the place that it was moved from."""
    machine.give(machine.checkout / ".venv/bin/python", 'echo "$*" >>.venv/calls')
    machine.give(machine.checkout / ".venv/bin/alpr-edge", "")
    machine.note_place(tmp_path / "elsewhere")
    (machine.checkout / ".venv/stamp").write_text("of the place before\n")
    machine.give(machine.programs / "python3", 'echo "$*" >>calls')
    assert machine.source().returncode == 0
    assert "-m venv --clear .venv" in (machine.checkout / "calls").read_text()
    assert (machine.checkout / ".venv/stamp").read_text().strip() == stamp_of(machine.checkout)


def test_an_environment_that_python_made_in_this_place_is_kept(machine: Machine) -> None:
    make = [sys.executable, "-m", "venv", "--clear", "--without-pip", ".venv"]
    subprocess.run(make, cwd=machine.checkout, check=True, timeout=300)
    (machine.checkout / ".venv/made").touch()
    # No other Python is there that could make one; this one lacks pip alone.
    assert "No module named pip" in machine.source().stderr


@pytest.mark.review(20)
def test_two_environments_stand_side_by_side(machine: Machine) -> None:
    for folder in (".venv", ".venv-3.12"):
        machine.give(machine.checkout / folder / "bin/alpr-edge", "")
        (machine.checkout / folder / "stamp").write_text(stamp_of(machine.checkout) + "\n")
    machine.give(machine.programs / "elsewhere", "[[ $2 != *print* ]] || echo 3.12")
    assert machine.source(then="$environment").stdout == ".venv\n"
    run = machine.source("elsewhere", then="$environment")
    assert (run.returncode, run.stdout, run.stderr) == (0, ".venv-3.12\n", "")


@pytest.mark.review(20)
def test_a_named_python_that_is_too_old_is_one_clear_line(machine: Machine) -> None:
    machine.give(machine.programs / "python3", "")
    machine.give(machine.programs / "elsewhere", "exit 1")
    run = machine.source("elsewhere")
    assert run.returncode == 1
    assert run.stderr == "alpr-edge: ALPR_EDGE_PYTHON=elsewhere: no Python 3.11 or newer; name one, or leave it out\n"


@pytest.mark.review(20)
@pytest.mark.parametrize(("releases", "other"), [("3.13 3.13 3.12", "python3.12"), ("3.13 3.13", "")])
def test_another_python_is_one_of_another_release(machine: Machine, releases: str, other: str) -> None:
    for name, release in zip(("python3", "python3.13", "python3.12"), releases.split(), strict=False):
        machine.give(machine.programs / name, f"echo {release.replace('.', ' ')}")
    run = machine.run(str(ROOT / "scripts" / "other-python"))
    assert (run.returncode, run.stdout.strip()) == (0 if other else 1, other)


@pytest.mark.review(20)
def test_every_change_is_tested_on_debian_s_own_python_first() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    steps = ("\nstep scripts/check\n", "\nstep tests\n", "export ALPR_EDGE_PYTHON=$other\n    step tests ")
    checks, first, other = (text.index(step) for step in steps)
    assert text.index("export CI=true ALPR_EDGE_PYTHON=/usr/bin/python3\n") < checks < first < other


def test_tests_that_fail_in_ci_fail_it_unless_they_pass_alone() -> None:
    function = re.search(r"(?ms)^tests\(\) \{\n.*?^\}\n", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert function is not None
    for codes, expected in (("0", 0), ("1 0", 0), ("1 1", 1), ("1 5", 1), ("2", 2), ("3", 3)):
        stub = f"codes=({codes}); count=0\n" + 'run_stub() { code=${codes[count]}; ((++count)); return "$code"; }\n'
        program = stub + function[0].replace("scripts/test", "run_stub") + "tests"
        assert subprocess.run(["bash", "-uo", "pipefail", "-c", program], check=False).returncode == expected, codes
