"""The step from one release of a department to the next: taken back in order, and finished after a power cut."""

from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.deploy.department import __main__ as program
from scripts.deploy.department.folder import DepartmentSettingsStep
from scripts.deploy.department.release import UNFINISHED, DepartmentReleaseStep, ReleaseChange
from scripts.deploy.department.services import SERVER
from scripts.deploy.department.standstill import Standstill
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.release import MADE
from scripts.deploy.provision.steps import State, Step, provision

SYSTEMCTL = """#!/bin/sh
printf '%s with %s\\n' "$*" "$(basename "$(readlink "$BASE/current")")" >>"$BASE/calls"
case $1 in
is-active) [ -e "$BASE/works-$3" ] || { [ "$3" = alpr-edge-department.service ] && [ ! -e "$BASE/stopped" ]; } ;;
is-enabled) [ "$3" = alpr-edge-department.service ] ;;
stop) touch "$BASE/stopped"; [ ! -e "$BASE/job-begins" ] || touch "$BASE/works-alpr-edge-department-backup.service" ;;
start) [ ! -e "$BASE/never-starts" ] && rm "$BASE/stopped" ;;
daemon-reload) [ ! -e "$BASE/fails" ] || { rm "$BASE/fails"; exit 1; } ;;
esac
"""
"""Shows what it is asked for, and which release the link names then; its first reload fails where that is wanted."""


class Server:
    """A department's computer with the release 1.0 in use, which is to have 2.0."""

    def __init__(self, folder: Path) -> None:
        self.base, self.source = folder / "base", folder / "source"
        for version in ("1.0", "2.0"):
            made = self.base / "releases" / version / MADE
            made.parent.mkdir(parents=True)
            made.touch()
        (self.base / "current").symlink_to("releases/1.0")
        self.source.mkdir()
        self.systemctl = folder / "systemctl"
        self.systemctl.write_text(SYSTEMCTL.replace("$BASE", str(self.base)), encoding="ascii")
        self.systemctl.chmod(0o755)
        self.standstill = Standstill(self.systemctl)
        self.offer("2.0")

    def step(self, *later: Step, change: ReleaseChange = ReleaseChange.NEWER) -> DepartmentReleaseStep:
        return DepartmentReleaseStep(
            self.source, None, change=change, standstill=self.standstill, later=later, base=self.base
        )

    def offer(self, version: str) -> None:
        """Have the folder that setting up runs from be another release's."""
        (self.source / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n', encoding="utf-8")

    def refusing_step(self) -> DepartmentSettingsStep:
        """The step of settings that were named and are not those that are there."""
        file, present = self.base / "agency.toml", self.base / "department.toml"
        file.write_text("[alarms]\nremind_hours = 13\n", encoding="utf-8")
        present.write_text("[alarms]\nremind_hours = 12\n", encoding="utf-8")
        return DepartmentSettingsStep(file, "", "", present)

    def cut_power(self) -> None:
        """Leave what is on the disk when the power goes between the switch and the tables."""
        (self.base / "current").unlink()
        (self.base / "current").symlink_to("releases/2.0")
        (self.base / UNFINISHED).touch()

    def take(self, *steps: Step) -> int:
        return program._take(steps, self.standstill, Namespace(dry_run=False, check=False, json=False))

    def calls(self) -> list[str]:
        calls = self.base / "calls"
        lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
        return [line.split()[0] + " " + line.split()[-1] for line in lines if not line.startswith("is-")]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_another_release_is_taken_up_while_the_services_stand_still(server: Server) -> None:
    with ExitStack() as undo:
        server.step().apply(undo)
        undo.pop_all()
    assert server.calls() == ["stop 1.0", "daemon-reload 2.0"]
    assert not (server.base / UNFINISHED).exists()
    assert server.step().pending() == []


def test_a_release_that_fails_is_taken_back_before_the_services_start_again(server: Server) -> None:
    (server.base / "fails").touch()
    with pytest.raises(ProvisioningError), ExitStack() as undo:
        server.step().apply(undo)
    assert server.calls() == ["stop 1.0", "daemon-reload 2.0", "daemon-reload 1.0", "start 1.0"]
    assert not (server.base / UNFINISHED).exists()


def test_a_job_that_began_before_its_timer_stopped_is_not_upgraded_under(server: Server) -> None:
    (server.base / "job-begins").touch()
    with (
        pytest.raises(ProvisioningError, match=r"department-backup\.service is at work; run this again"),
        ExitStack() as undo,
    ):
        server.step().apply(undo)
    assert server.calls() == ["stop 1.0", "daemon-reload 1.0", "start 1.0"]
    assert (server.base / "current").readlink().name == "1.0"
    assert not (server.base / UNFINISHED).exists()


def test_an_older_release_is_taken_where_that_was_asked_for_alone(server: Server) -> None:
    server.offer("0.9rc1")
    with pytest.raises(ProvisioningError, match=r"0\.9rc1 is older than 1\.0, which is in use; .*--allow-downgrade"):
        server.step().pending()
    assert server.step(change=ReleaseChange.ANY).pending()[1] == "stop the server of 1.0"
    server.offer("2.0")
    assert server.step().pending()[1] == "stop the server of 1.0"
    with pytest.raises(ProvisioningError, match="then --upgrade"):
        server.step(change=ReleaseChange.NONE).pending()


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ([], ReleaseChange.NONE),
        (["--upgrade"], ReleaseChange.NEWER),
        (["--upgrade", "--allow-downgrade"], ReleaseChange.ANY),
        (["--allow-downgrade"], ReleaseChange.NONE),
    ],
)
def test_the_command_line_says_which_other_release_is_taken_up(words: list[str], change: ReleaseChange) -> None:
    with ExitStack() as resources:
        assert program._request(program._parser().parse_args(words), resources).change is change


def test_what_a_power_cut_left_half_done_is_finished(server: Server) -> None:
    server.cut_power()
    assert server.step().pending() == ["bring the database to its tables"]
    with ExitStack() as undo:
        server.step().apply(undo)
        undo.pop_all()
    assert server.calls() == ["stop 2.0", "daemon-reload 2.0"]
    assert server.step().pending() == []


def test_settings_that_are_refused_stop_nothing(server: Server) -> None:
    refusing = server.refusing_step()
    (outcome,) = provision([server.step(refusing), refusing], dry_run=False)
    assert (outcome.step, outcome.state, "change it there" in outcome.error) == ("release", State.FAILED, True)
    assert server.calls() == []
    assert (server.base / "current").readlink().name == "1.0"


def test_settings_that_are_refused_after_a_power_cut_stop_nothing(server: Server) -> None:
    server.cut_power()
    with pytest.raises(ProvisioningError, match="change it there"):
        server.step(server.refusing_step()).pending()


def test_services_run_again_when_a_later_step_fails(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert server.take(server.step(), server.refusing_step()) == 1
    assert server.calls() == ["stop 1.0", "daemon-reload 2.0", "start 2.0"]
    assert capsys.readouterr().err.endswith("setup-department: what was stopped for the upgrade runs again\n")


def test_services_that_do_not_start_again_are_named(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    (server.base / "never-starts").touch()
    assert server.take(server.step(), server.refusing_step()) == 1
    assert capsys.readouterr().err.endswith(
        f"does not start; mend what is named above, then: sudo systemctl start {SERVER}\n"
    )


def test_services_run_again_when_a_later_step_is_interrupted(server: Server) -> None:
    with pytest.raises(KeyboardInterrupt):
        server.take(server.step(), InterruptedStep())
    assert server.calls() == ["stop 1.0", "daemon-reload 2.0", "start 2.0"]


class InterruptedStep:
    """A step during which somebody presses Ctrl-C."""

    name = "interrupted"

    def pending(self) -> list[str]:
        raise KeyboardInterrupt

    def apply(self, undo: ExitStack) -> None:
        """Never reached."""


def test_services_of_an_upgrade_that_is_finished_run_again_when_a_later_step_fails(server: Server) -> None:
    server.cut_power()
    (server.base / "stopped").touch()
    assert server.take(server.step(), server.refusing_step()) == 1
    assert server.calls() == ["stop 2.0", "daemon-reload 2.0", "start 2.0"]


def test_services_stay_stopped_while_the_database_lacks_its_tables(server: Server) -> None:
    server.cut_power()
    (server.base / "fails").touch()
    assert server.take(server.step()) == 1
    assert server.calls() == ["stop 2.0", "daemon-reload 2.0"]


def test_a_setup_that_comes_to_its_end_starts_nothing_of_its_own(server: Server) -> None:
    assert server.take(server.step()) == 0
    assert server.calls() == ["stop 1.0", "daemon-reload 2.0"]
