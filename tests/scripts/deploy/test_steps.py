"""Steps: what is done, what is left alone, and what is undone."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.deploy.provision.machine import ManagedFile, ProvisioningError, link, run
from scripts.deploy.provision.program import run_program
from scripts.deploy.provision.steps import State, provision

ROOT = Path(__file__).parents[3]
GROUP = Path(__file__).group()


class Letter:
    """A step that writes a file, and then may fail."""

    def __init__(self, file: Path, text: str, *, fails: bool = False) -> None:
        self.name = file.name
        self._file = ManagedFile(file, text.encode(), 0o640, GROUP)
        self._fails = fails

    def pending(self) -> list[str]:
        return [] if self._file.is_current else [f"write {self._file.target}"]

    def apply(self, undo: ExitStack) -> None:
        self._file.install(undo)
        if self._fails:
            raise ProvisioningError("no more ink")


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    steps = [Letter(tmp_path / "a", "one"), Letter(tmp_path / "b", "two")]
    assert [outcome.state for outcome in provision(steps, dry_run=False)] == [State.CHANGED, State.CHANGED]
    assert [outcome.state for outcome in provision(steps, dry_run=False)] == [State.SAME, State.SAME]
    assert (tmp_path / "a").read_text() == "one"
    assert (tmp_path / "a").stat().st_mode & 0o7777 == 0o640


def test_a_dry_run_names_the_changes_and_makes_none(tmp_path: Path) -> None:
    outcomes = list(provision([Letter(tmp_path / "a", "one"), Letter(tmp_path / "b", "two")], dry_run=True))
    assert [outcome.state for outcome in outcomes] == [State.WOULD_CHANGE, State.WOULD_CHANGE]
    assert outcomes[0].changes == [f"write {tmp_path / 'a'}"]
    assert list(tmp_path.iterdir()) == []


def test_a_failed_step_is_undone_and_the_last(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("before")
    (tmp_path / "b").chmod(0o600)
    steps = [Letter(tmp_path / "a", "one"), Letter(tmp_path / "b", "two", fails=True), Letter(tmp_path / "c", "three")]
    outcomes = list(provision(steps, dry_run=False))
    assert [outcome.state for outcome in outcomes] == [State.CHANGED, State.FAILED]
    assert outcomes[1].error == "no more ink"
    assert (tmp_path / "b").read_text() == "before"
    assert (tmp_path / "b").stat().st_mode & 0o7777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_new_file_of_a_failed_step_is_gone(tmp_path: Path) -> None:
    list(provision([Letter(tmp_path / "a", "one", fails=True)], dry_run=False))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    class Full(Letter):
        def apply(self, undo: ExitStack) -> None:
            with Path("/dev/full").open("wb", buffering=0) as file:
                file.write(b"x")

    (outcome,) = provision([Full(tmp_path / "a", "one")], dry_run=False)
    assert (outcome.state, outcome.error) == (State.FAILED, "a: No space left on device")


def test_a_link_is_switched_and_switched_back(tmp_path: Path) -> None:
    current = tmp_path / "current"
    current.symlink_to("releases/1")
    with ExitStack() as undo:
        link(current, Path("releases/2"), undo)
        assert current.readlink() == Path("releases/2")
    assert current.readlink() == Path("releases/1")


def test_a_folder_in_a_links_place_is_left_alone(tmp_path: Path) -> None:
    with ExitStack() as undo, pytest.raises(ProvisioningError, match="a link belongs there"):
        link(tmp_path, Path("releases/2"), undo)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("no-such-program",), "no-such-program: no such program here"),
        (("sh", "-c", "echo why >&2; exit 3", "secret"), "sh -c echo why >&2; exit 3: why"),
        (("false",), "false: exit code 1"),
    ],
)
def test_a_failed_program_is_one_line_without_what_may_be_secret(command: tuple[str, ...], message: str) -> None:
    with pytest.raises(ProvisioningError) as error:
        run(*command)
    assert str(error.value) == message


def test_a_program_that_hangs_is_ended() -> None:
    with pytest.raises(ProvisioningError, match=r"sleep 60: took longer than 0\.1 s"):
        run("sleep", "60", timeout_s=0.1)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ProvisioningError("no ink"), 1, "write: no ink, as before\n"),
        (FileNotFoundError(2, "No such file", "/a"), 1, "write: /a: No such file, try again\n"),
        (BlockingIOError(11, "Busy"), 1, "write: write: Busy, try again\n"),
        (KeyboardInterrupt(), 130, "write: interrupted, go on\n"),
    ],
)
def test_a_program_that_fails_says_why_in_one_line_and_how_things_stand(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> int:
        raise error

    assert (
        run_program("write", work, after_refusal=", as before", after_error=", try again", after_interrupt=", go on")
        == code
    )
    assert capsys.readouterr() == ("", line)
    assert run_program("write", lambda: 4, after_interrupt="") == 4


def test_it_runs_on_the_standard_library_alone() -> None:
    program = (
        "import scripts.deploy.provision.__main__, sys; print(sorted(set(sys.modules) & {'pydantic', 'alpr_edge'}))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_without_root_it_says_so_in_one_line() -> None:
    program = (
        "import os; from scripts.deploy.provision.__main__ import main; os.geteuid() or os.setuid(65534); exit(main())"
    )
    command = [sys.executable, "-c", program, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "provision: provisioning changes the whole system; run it with sudo\n"


def test_help_names_every_option() -> None:
    done = subprocess.run([ROOT / "scripts" / "provision", "--help"], capture_output=True, text=True, check=True)
    for option in ("--unit-id", "--department", "--code", "--ca-fingerprint", "--settings", "--offline", "--dry-run"):
        assert option in done.stdout


@pytest.mark.parametrize(
    "script",
    [
        ".ci/run",
        "scripts/bundle",
        "scripts/check",
        "scripts/decommission",
        "scripts/demo",
        "scripts/lock",
        "scripts/provision",
        "scripts/prove-department",
        "scripts/prove-provisioning",
        "scripts/setup-department",
        "scripts/test",
        "scripts/update",
        "config/department/usr/local/bin/alpr-edge-department",
        "config/system/usr/local/bin/alpr-edge",
        "config/system/usr/lib/systemd/system-shutdown/alpr-edge",
    ],
)
def test_shellcheck_has_nothing_to_say(script: str, require_tool: Callable[[str], str]) -> None:
    command = [require_tool("shellcheck"), "--external-sources", "--source-path=SCRIPTDIR", str(ROOT / script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_an_outcome_is_json() -> None:
    program = (
        "import json; from dataclasses import asdict; from scripts.deploy.provision.steps import StepOutcome, State; "
    )
    program += "print(json.dumps(asdict(StepOutcome('keys', State.SAME, 0.1))))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["state"] == "no change"


@pytest.mark.parametrize("name", ["provision", "update", "decommission", "setup-department"])
def test_no_module_of_the_current_folder_is_run(name: str, tmp_path: Path) -> None:
    """A stick has a folder of the same name."""
    package = {"setup-department": "department"}.get(name, name)
    for folder in (tmp_path / "scripts" / "deploy" / package, tmp_path):
        folder.mkdir(parents=True, exist_ok=True)
    for module in (tmp_path / "scripts" / "deploy" / package / "__main__.py", tmp_path / "argparse.py"):
        module.write_text("print('of the stick')\n", encoding="utf-8")
    run = subprocess.run([ROOT / "scripts" / name, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode, "usage:" in run.stdout, "of the stick" in run.stdout) == (0, True, False)
