"""The step from one release of a department to the next: taken back in order, and finished after a power cut."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.deploy.department.release import UNFINISHED, DepartmentReleaseStep
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.release import MADE

SYSTEMCTL = """#!/bin/sh
printf '%s with %s\\n' "$*" "$(basename "$(readlink "$BASE/current")")" >>"$BASE/calls"
case $1 in
is-active) [ "$3" = alpr-edge-department.service ] ;;
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
        (self.source / "pyproject.toml").write_text('[project]\nversion = "2.0"\n', encoding="utf-8")

    def step(self) -> DepartmentReleaseStep:
        return DepartmentReleaseStep(self.source, None, upgrade=True, base=self.base, systemctl=self.systemctl)

    def calls(self) -> list[str]:
        lines = (self.base / "calls").read_text(encoding="utf-8").splitlines()
        return [line.split()[0] + " " + line.split()[-1] for line in lines if not line.startswith("is-active")]


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


def test_what_a_power_cut_left_half_done_is_finished(server: Server) -> None:
    (server.base / "current").unlink()
    (server.base / "current").symlink_to("releases/2.0")
    (server.base / UNFINISHED).touch()
    assert server.step().pending() == ["bring the database to its tables"]
    with ExitStack() as undo:
        server.step().apply(undo)
        undo.pop_all()
    assert server.calls() == ["stop 2.0", "daemon-reload 2.0"]
    assert server.step().pending() == []
