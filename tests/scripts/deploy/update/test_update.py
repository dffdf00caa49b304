"""An update: side by side, switched at once, decided by readiness, and whole whenever the power goes."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.release import MADE
from scripts.deploy.update import trial as trials
from scripts.deploy.update.__main__ import CODES
from scripts.deploy.update.releases import Releases, is_older
from scripts.deploy.update.trial import Trial
from scripts.deploy.update.updater import Result, Update
from tests.scripts.deploy.update.unit_rig import NEW_SETTINGS, OLD_SETTINGS, FolderDaemons, add

PROGRAM = Path(sys.prefix) / "bin" / "alpr-edge"


def links(unit: Update) -> tuple[str, str]:
    return unit.releases.in_use, unit.releases.before


def there(unit: Update) -> list[str]:
    return sorted(path.name for path in (unit.releases.base / "releases").iterdir())


def test_a_release_that_is_ready_is_kept_and_older_ones_go(unit: Update, on_trial: Callable[..., None]) -> None:
    on_trial(is_switched=True)
    outcome = unit.settle()
    assert (outcome.result, outcome.version, outcome.removed) == (Result.UPDATED, "1.2.0", ("1.0.0",))
    assert links(unit) == ("1.2.0", "1.1.0")
    assert there(unit) == ["1.1.0", "1.2.0"]
    assert unit.settle().result is Result.NOTHING


def test_a_release_that_is_not_ready_is_taken_back(unit: Update, on_trial: Callable[..., None]) -> None:
    add(unit.releases, "1.2.0", "fault")
    on_trial(is_switched=True)
    outcome = unit.settle()
    assert (outcome.result, outcome.version) == (Result.ROLLED_BACK, "1.1.0")
    assert outcome.why == "not ready within 1 s: fault"
    assert links(unit) == ("1.1.0", "1.0.0")
    assert there(unit) == ["1.0.0", "1.1.0"]
    assert isinstance(unit.daemons, FolderDaemons)
    assert unit.daemons.restarts == ["1.1.0"]
    assert not (unit.releases.base / "trial.json").exists()


def test_the_release_in_use_measures_its_models_before_its_daemons_start(
    unit: Update, on_trial: Callable[..., None]
) -> None:
    lines: list[str] = []
    add(unit.releases, "1.2.0", "fault")
    add(unit.releases, "1.1.0", "unmeasured")
    on_trial(is_switched=True)
    outcome = replace(unit, say=lines.append).settle()
    assert outcome.result is Result.ROLLED_BACK
    assert isinstance(unit.daemons, FolderDaemons)
    assert unit.daemons.choices == [("1.1.0", 0)]
    assert unit.daemons.restarts == ["1.1.0"]
    assert "was not measured: float32; see: sudo alpr-edge models choose" in lines[-1]


def test_a_release_gets_its_keys_and_command_before_its_daemons_start(
    unit: Update, on_trial: Callable[..., None]
) -> None:
    add(unit.releases, "1.2.0", "fault")
    on_trial(is_switched=True)
    assert unit.settle().result is Result.ROLLED_BACK
    assert isinstance(unit.daemons, FolderDaemons)
    assert (unit.daemons.adapted, unit.daemons.restarts) == (["1.1.0"], ["1.1.0"])


def test_power_gone_right_after_the_switch_leaves_nothing_out(unit: Update, on_trial: Callable[..., None]) -> None:
    on_trial(is_switched=True, is_adapted=False)
    assert unit.settle().result is Result.UPDATED
    assert isinstance(unit.daemons, FolderDaemons)
    assert (unit.daemons.adapted, unit.daemons.choices) == (["1.2.0"], [("1.2.0", 0)])
    assert unit.daemons.restarts == ["1.2.0"]


def test_keys_that_cannot_be_made_after_a_power_cut_take_the_release_back(
    unit: Update, on_trial: Callable[..., None]
) -> None:
    add(unit.releases, "1.2.0", "no-keys")
    on_trial(is_switched=True, is_adapted=False)
    outcome = unit.settle()
    assert (outcome.result, outcome.why) == (Result.ROLLED_BACK, "the keys cannot be sealed")
    assert isinstance(unit.daemons, FolderDaemons)
    assert (unit.daemons.adapted, unit.daemons.restarts) == (["1.1.0"], ["1.1.0"])


def test_a_machine_is_adapted_to_a_release_on_trial_once(unit: Update, on_trial: Callable[..., None]) -> None:
    on_trial(is_switched=True, is_adapted=False)
    path = unit.releases.base / "trial.json"
    daemons = PowerCut(unit.releases)
    with pytest.raises(KeyboardInterrupt):
        replace(unit, daemons=daemons).settle()
    assert daemons.restarts == ["1.2.0"]
    assert Trial.under_way(path) == Trial("1.1.0", "1.2.0", was_fit=True, ready_s=1.0, tries=1, is_adapted=True)
    assert unit.settle().result is Result.UPDATED
    assert isinstance(unit.daemons, FolderDaemons)
    assert (unit.daemons.adapted, unit.daemons.restarts) == ([], [])


class PowerCut(FolderDaemons):
    """Daemons whose computer goes down while they are waited for."""

    def wait_ready(self, within_s: float) -> str:
        raise KeyboardInterrupt


def test_keys_that_cannot_be_made_are_the_reason_that_is_told(unit: Update, on_trial: Callable[..., None]) -> None:
    add(unit.releases, "1.2.0", "fault")
    add(unit.releases, "1.1.0", "no-keys")
    on_trial(is_switched=True)
    outcome = unit.settle()
    assert (outcome.result, outcome.why.endswith("1.1.0: the keys cannot be sealed")) == (Result.STUCK, True)


def test_neither_ready_is_said(unit: Update, on_trial: Callable[..., None]) -> None:
    for version in ("1.1.0", "1.2.0"):
        add(unit.releases, version, "fault")
    on_trial(is_switched=True)
    outcome = unit.settle()
    assert (outcome.result, outcome.version) == (Result.STUCK, "1.1.0")
    assert "1.1.0: not ready" in outcome.why


@pytest.mark.parametrize(
    ("was_fit", "red_before", "result"),
    [
        (True, [], Result.ROLLED_BACK),
        (False, ["department"], Result.ROLLED_BACK),
        (False, ["department", "sound"], Result.UPDATED),
        (False, [], Result.UPDATED),
    ],
    ids=["nothing was red", "another check", "the same checks", "names not known"],
)
def test_only_a_new_fault_is_the_new_releases(
    unit: Update, on_trial: Callable[..., None], was_fit: bool, red_before: list[str], result: Result
) -> None:
    add(unit.releases, "1.2.0", red="department\nsound")
    on_trial(is_switched=True, was_fit=was_fit, red_before=red_before)
    outcome = unit.settle()
    assert outcome.result is result
    if result is Result.ROLLED_BACK:
        assert outcome.why.endswith("sound: down")
        assert ("department" in outcome.why) is was_fit


def test_power_gone_before_the_switch_leaves_the_old_release(unit: Update, on_trial: Callable[..., None]) -> None:
    on_trial(is_switched=False)
    assert unit.settle().result is Result.NOTHING
    assert links(unit) == ("1.1.0", "1.0.0")
    assert not (unit.releases.base / "trial.json").exists()


def test_a_release_under_which_the_computer_goes_down_is_taken_back(
    unit: Update, on_trial: Callable[..., None]
) -> None:
    on_trial(is_switched=True, tries=2)
    outcome = unit.settle()
    assert (outcome.result, outcome.why) == (Result.ROLLED_BACK, "not decided in 2 starts of this computer")


def test_half_a_release_is_never_used(unit: Update) -> None:
    (unit.releases.folder("1.2.0") / MADE).unlink()
    with pytest.raises(ProvisioningError, match="not a whole release"):
        unit.releases.use("1.2.0")
    assert links(unit) == ("1.1.0", "1.0.0")


def test_what_broken_off_updates_left_goes(unit: Update) -> None:
    (unit.releases.base / "releases" / ".bundle-x").mkdir()
    (unit.releases.folder("1.2.0") / MADE).unlink()
    assert unit.releases.prune() == ["1.2.0"]
    assert there(unit) == ["1.0.0", "1.1.0"]


def test_a_trial_that_cannot_be_read_is_one_line(unit: Update) -> None:
    (unit.releases.base / "trial.json").write_text("{")
    with pytest.raises(ProvisioningError, match="cannot be read"):
        unit.settle()


def test_two_updates_exclude_each_other(unit: Update) -> None:
    other = Releases(unit.releases.base)
    with unit.releases.alone(), pytest.raises(ProvisioningError, match="another update"), other.alone():
        pass


def test_a_computer_that_is_no_unit_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ProvisioningError, match="scripts/provision"):
        _ = Releases(tmp_path).in_use


@pytest.mark.parametrize(
    ("version", "than", "older"),
    [
        ("1.9.0", "1.10.0", True),
        ("1.10.0", "1.9.0", False),
        ("1.0.0", "1.0", False),
        ("1.0", "1.0.0", False),
        ("1.0.0rc1", "1.0.0", True),
        ("1.0.0rc2", "1.0.0rc10", True),
        ("1.0.0b1", "1.0.0rc1", True),
        ("0.9", "1.0.0a1", True),
    ],
)
def test_versions_are_ordered(version: str, than: str, older: bool) -> None:
    assert is_older(version, than) is older


def test_a_version_that_cannot_be_ordered_is_refused() -> None:
    with pytest.raises(ProvisioningError, match="not a version like"):
        is_older("latest", "1.0.0")


def test_the_trial_is_on_the_disk_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "trial.json"
    path.write_text(json.dumps({"before": "1", "after": "2", "was_fit": True, "ready_s": 1.0}))
    trial = Trial.under_way(path)
    assert trial == Trial("1", "2", was_fit=True, ready_s=1.0)
    assert trial is not None
    assert trial.again(path).tries == 1
    assert Trial.under_way(path) == Trial("1", "2", was_fit=True, ready_s=1.0, tries=1)
    assert trial.note_adaptation(path).is_adapted
    assert Trial.under_way(path) == Trial("1", "2", was_fit=True, ready_s=1.0, is_adapted=True)
    trials.end(path, tmp_path / "unit")
    assert Trial.under_way(path) is None


def test_a_release_that_cannot_read_the_trial_does_not_decide_it(unit: Update) -> None:
    assert unit._program("1.1.0", "1.2.0") == unit.releases.folder("1.2.0") / "scripts" / "update"
    code = unit.releases.folder("1.1.0") / "scripts" / "deploy" / "update" / "trial.py"
    code.parent.mkdir(parents=True)
    code.write_text("class Trial:\n    tries: int = 0\n")
    assert unit._program("1.1.0", "1.2.0") == unit.releases.folder("1.2.0") / "scripts" / "update"
    shutil.copy(trials.__file__, code)
    assert unit._program("1.1.0", "1.2.0") == unit.releases.folder("1.1.0") / "scripts" / "update"


def test_the_unit_that_decides_at_the_start_is_whole_and_takes_going_back_for_success(
    tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    program = tmp_path / "update"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "alpr-edge-trial.service"
    unit.write_text(trials.boot_text(tmp_path / "trial.json", program))
    done = subprocess.run(
        [require_tool("systemd-analyze"), "verify", unit], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stdout + done.stderr == ""
    assert f"SuccessExitStatus={CODES[Result.ROLLED_BACK]}\n" in unit.read_text()


def adapt(unit: Update, version: str = "1.2.0", before: str = "1.1.0", *, older: bool = False) -> None:
    """Adapt the settings with the command of a release, which is this environment's."""
    program = unit.releases.folder(version) / ".venv" / "bin" / "alpr-edge"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.unlink(missing_ok=True)
    program.symlink_to(PROGRAM)
    unit.settings.adapt(unit.releases.folder(version), before, older=older)


def test_settings_are_rewritten_for_the_new_release_and_the_old_ones_kept(unit: Update) -> None:
    unit.settings.kept_path("1.1.0").write_text("of an earlier time")
    adapt(unit)
    assert unit.settings.path.read_text() == NEW_SETTINGS
    assert unit.settings.kept_path("1.1.0").read_text() == OLD_SETTINGS
    assert unit.settings.path.stat().st_mode & 0o7777 == 0o640


def test_a_release_taken_back_starts_with_its_own_settings(unit: Update, on_trial: Callable[..., None]) -> None:
    adapt(unit)
    add(unit.releases, "1.2.0", "fault")
    on_trial(is_switched=True)
    assert unit.settle().result is Result.ROLLED_BACK
    assert unit.settings.path.read_text() == OLD_SETTINGS
    assert not unit.settings.kept_path("1.1.0").exists()


def test_power_gone_before_the_switch_puts_the_settings_back(unit: Update, on_trial: Callable[..., None]) -> None:
    adapt(unit)
    on_trial(is_switched=False)
    assert unit.settle().result is Result.NOTHING
    assert unit.settings.path.read_text() == OLD_SETTINGS
    assert isinstance(unit.daemons, FolderDaemons)
    assert unit.daemons.restarts == ["1.1.0"]


def test_an_older_release_by_hand_gets_its_own_settings(unit: Update) -> None:
    adapt(unit)
    unit.settings.adapt(unit.releases.folder("1.1.0"), "1.2.0", older=True)
    assert unit.settings.path.read_text() == OLD_SETTINGS
    assert unit.settings.kept_path("1.2.0").read_text() == NEW_SETTINGS
    assert unit.settings.put_back("1.2.0")
    assert unit.settings.path.read_text() == NEW_SETTINGS


def test_an_older_release_is_tried_with_the_settings_that_it_gets_back(unit: Update) -> None:
    assert isinstance(unit.daemons, FolderDaemons)
    unit._require_readable("1.1.0")
    adapt(unit)
    unit._require_readable("1.1.0")
    assert unit.daemons.settings_tried == [unit.settings.path, unit.settings.kept_path("1.1.0")]
    add(unit.releases, "1.1.0", "too-old")
    with pytest.raises(ProvisioningError, match="cannot read this unit's database: written by a newer"):
        unit._require_readable("1.1.0")


def test_settings_that_cannot_be_rewritten_stay_and_are_one_line(unit: Update) -> None:
    unit.settings.path.write_text("[retention\n")
    with pytest.raises(ProvisioningError, match="not valid TOML"):
        adapt(unit)
    assert unit.settings.path.read_text() == "[retention\n"


def test_a_link_in_place_of_kept_settings_is_not_put_back(unit: Update, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("not settings")
    unit.settings.kept_path("1.1.0").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ProvisioningError, match="cannot be put back"):
        unit.settings.put_back("1.1.0")
    assert unit.settings.path.read_text() == OLD_SETTINGS
