"""A disk that takes nothing more during an update leaves no release undecided without saying so."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from scripts.deploy.update.__main__ import CODES
from scripts.deploy.update.trial import Trial
from scripts.deploy.update.updater import Result, Update
from tests.scripts.deploy.update.unit_rig import FolderDaemons


@dataclass
class FullDisk(FolderDaemons):
    """Daemons that need room which the disk has under the release before alone."""

    full_at: str = "restart"

    def restart(self) -> None:
        self._require_room("restart")
        super().restart()

    def wait_ready(self, within_s: float) -> str:
        self._require_room("wait_ready")
        return super().wait_ready(within_s)

    def _require_room(self, place: str) -> None:
        if place == self.full_at and self.releases.in_use == "1.2.0":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/run/x")


def block_notes(unit: Update) -> None:
    """A folder lies where a trial's draft is written."""
    (unit.releases.base / "trial.new").mkdir()


@pytest.mark.parametrize("place", ["restart", "wait_ready"])
def test_a_full_disk_takes_the_release_back(unit: Update, on_trial: Callable[..., None], place: str) -> None:
    on_trial(is_switched=True, is_adapted=False)
    outcome = replace(unit, daemons=FullDisk(unit.releases, full_at=place)).settle()
    assert (outcome.result, outcome.why) == (Result.ROLLED_BACK, "/run/x: No space left on device")
    assert unit.releases.in_use == "1.1.0"


def test_a_trial_is_decided_where_its_attempts_cannot_be_counted(unit: Update, on_trial: Callable[..., None]) -> None:
    on_trial(is_switched=True)
    block_notes(unit)
    assert unit.settle().result is Result.UPDATED
    assert unit.releases.in_use == "1.2.0"


def test_an_adaptation_that_cannot_be_noted_takes_the_release_back(unit: Update, on_trial: Callable[..., None]) -> None:
    on_trial(is_switched=True, is_adapted=False)
    block_notes(unit)
    outcome = unit.settle()
    assert (outcome.result, outcome.version) == (Result.ROLLED_BACK, "1.1.0")
    assert outcome.why.endswith("trial.new: Is a directory")


def test_a_release_that_can_neither_stay_nor_go_is_told_apart(unit: Update, on_trial: Callable[..., None]) -> None:
    (unit.releases.folder("1.2.0") / "fault").write_text("fault")
    on_trial(is_switched=True)
    in_the_way = unit.releases.base / ".current.new"
    in_the_way.mkdir()
    outcome = unit.settle()
    assert (outcome.result, outcome.version, CODES[outcome.result]) == (Result.UNDECIDED, "1.2.0", 6)
    assert outcome.why.startswith("not ready within 1 s: fault; ")
    assert ".current.new" in outcome.why
    assert outcome.why.endswith("then: scripts/update --resume")
    assert Trial.under_way(unit.releases.base / "trial.json") is not None
    in_the_way.rmdir()
    assert unit.settle().result is Result.ROLLED_BACK


def test_a_release_that_cannot_be_linked_is_not_in_use(unit: Update) -> None:
    (unit.releases.base / ".current.new").mkdir()
    outcome = unit._try_out(Trial("1.1.0", "1.2.0", was_fit=True, ready_s=1.0))
    assert (outcome.result, outcome.version) == (Result.UNDECIDED, "1.1.0")
    assert ".current.new" in outcome.why
