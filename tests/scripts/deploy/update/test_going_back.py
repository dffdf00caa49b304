"""Back to an older release by hand: no setting is lost unasked, and a refusal says what it is about."""

import json
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from scripts.deploy.bundle.contents import write_manifest
from scripts.deploy.provision.department import CHECK_S_MAX, CHOOSE_S_MAX, SETTLING_S_MAX
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.release import MADE, origin_of
from scripts.deploy.update import trial as trials
from scripts.deploy.update.daemons import STEADY_S
from scripts.deploy.update.trial import Trial
from scripts.deploy.update.updater import BACK_S_MIN, Result, Update
from tests.scripts.deploy.update.unit_rig import NEW_SETTINGS, OLD_SETTINGS, FolderDaemons, add

PROGRAM = Path(sys.prefix) / "bin" / "alpr-edge"
AREA = "\n[[ignore_area]]\ncamera = 'front'\n"
BEGINNING_S = 60.0
"""Of each of two releases: its command is asked what it knows."""


@pytest.fixture
def newer(unit: Update) -> tuple[Update, list[str]]:
    """A unit with 1.2.0 in use, whose settings were rewritten from those of 1.1.0; and what its update says."""
    lines: list[str] = []
    program = unit.releases.folder("1.2.0") / ".venv" / "bin" / "alpr-edge"
    program.parent.mkdir(parents=True)
    program.symlink_to(PROGRAM)
    unit.settings.adapt(unit.releases.folder("1.2.0"), "1.1.0", older=False)
    unit.releases.use("1.2.0")
    return replace(unit, say=lines.append), lines


def test_settings_of_the_same_values_are_put_back(newer: tuple[Update, list[str]]) -> None:
    unit, lines = newer
    unit._compare_settings("1.2.0", "1.1.0", lose_settings=False)
    assert lines == [f"{unit.settings.kept_path('1.1.0')}: is put back; no value differs from the settings in use"]
    assert unit.settings.kept_path("1.1.0").read_text() == OLD_SETTINGS


def test_settings_made_since_are_named_and_not_lost_unasked(newer: tuple[Update, list[str]]) -> None:
    unit, lines = newer
    unit.settings.path.write_text(NEW_SETTINGS.replace("14.0", "7.0") + "[unit]\nid = 'car 7'\n" + AREA)
    with pytest.raises(ProvisioningError) as error:
        unit._compare_settings("1.2.0", "1.1.0", lose_settings=False)
    keys = "ignore_area, retention.acknowledged_days_max, unit.id"
    assert f"these differ in the settings in use: {keys}; --lose-settings" in str(error.value)
    assert not lines
    unit._compare_settings("1.2.0", "1.1.0", lose_settings=True)
    assert lines[0].endswith(keys)


def test_settings_that_cannot_be_compared_are_not_lost_unasked(newer: tuple[Update, list[str]]) -> None:
    unit, lines = newer
    unit.settings.kept_path("1.1.0").write_text("[retention\n")
    with pytest.raises(ProvisioningError, match=r"cannot be compared .*not valid TOML.*--lose-settings"):
        unit._compare_settings("1.2.0", "1.1.0", lose_settings=False)
    unit._compare_settings("1.2.0", "1.1.0", lose_settings=True)
    assert "cannot be compared" in lines[0]


def test_settings_stay_where_none_of_the_older_release_are_kept(unit: Update) -> None:
    lines: list[str] = []
    replace(unit, say=lines.append)._compare_settings("1.1.0", "1.0.0", lose_settings=False)
    assert lines == [f"{unit.settings.path}: stays as it is, as no file of release 1.0.0 is kept"]


def test_settings_that_an_older_release_refuses_are_not_said_to_be_the_database(unit: Update) -> None:
    add(unit.releases, "1.0.0", "other-settings")
    with pytest.raises(ProvisioningError) as error:
        unit._require_readable("1.0.0")
    assert str(error.value) == (
        f"release 1.0.0 cannot use the settings {unit.settings.path}: retention: no such key; "
        f"write settings for it to {unit.settings.kept_path('1.0.0')}"
    )


def bundle(folder: Path, content: str) -> Path:
    """The checked copy of a bundle of 1.2.0, made of some content."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    (folder / "bundle.json").write_text(json.dumps({"commit": f"c-{content}"}))
    (folder / "MANIFEST").write_text(content)
    return folder


def test_another_bundle_of_the_same_version_is_refused(unit: Update, tmp_path: Path) -> None:
    one, other = bundle(tmp_path / "one", "1"), bundle(tmp_path / "other", "2")
    unit.releases.require_same(other)  # notes nothing, as releases of before
    note = {"version": "1.2.0", **origin_of(one)}
    (unit.releases.folder("1.2.0") / MADE).write_text(json.dumps(note))
    assert unit.releases.make(one) == "1.2.0"
    with pytest.raises(ProvisioningError) as error:
        unit.releases.make(other)
    assert str(error.value) == (
        "another bundle of 1.2.0 than the one it is made of here (commit c-2, here c-1); raise the version"
    )


def test_another_bundle_of_the_version_in_use_is_refused(
    unit: Update, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    key, public = tmp_path / "key", tmp_path / "key.pem"
    call = partial(subprocess.run, check=True, capture_output=True)
    call([require_tool("openssl"), "genpkey", "-algorithm", "ed25519", "-out", key])
    call(["openssl", "pkey", "-in", key, "-pubout", "-out", public])
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    unit.releases.use("1.2.0")
    for commit in ("1", "2"):
        folder = bundle(tmp_path / commit, "")
        about = {"format": 1, "machines": [platform.machine()], "pythons": [python], "commit": commit}
        (folder / "bundle.json").write_text(json.dumps(about))
        write_manifest(folder)
        manifest, signature = folder / "MANIFEST", folder / "MANIFEST.sig"
        call(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", manifest, "-out", signature])
        assert unit.take(folder, public, downgrade=False).result is Result.SAME
    made_of = {"version": "1.2.0", **origin_of(tmp_path / "1")}
    (unit.releases.folder("1.2.0") / MADE).write_text(json.dumps(made_of))
    assert unit.take(tmp_path / "1", public, downgrade=False).result is Result.SAME
    with pytest.raises(ProvisioningError, match="raise the version"):
        unit.take(tmp_path / "2", public, downgrade=False)


def test_a_checkout_that_is_no_bundle_has_no_origin(tmp_path: Path) -> None:
    assert origin_of(tmp_path) == {}


def test_the_names_of_what_is_red_before_the_switch_are_noted(unit: Update) -> None:
    add(unit.releases, "1.1.0", red="department\nclock")
    add(unit.releases, "1.2.0", red="department\nsound")
    trial = unit._new_trial("1.1.0", "1.2.0")
    assert trial == Trial("1.1.0", "1.2.0", was_fit=False, ready_s=1.0, red_before=("department", "clock"))
    path = unit.releases.base / "trial.json"
    trial.note_adaptation(path)
    assert Trial.under_way(path) == replace(trial, is_adapted=True)
    unit.releases.use("1.2.0")
    outcome = unit.settle()
    assert outcome.result is Result.ROLLED_BACK
    assert outcome.why == "alpr-edge unit check finds what was not red before: sound: down"


class PowerCut(FolderDaemons):
    """Daemons whose computer goes down while the machine is adapted to the release before."""

    def adapt_machine(self, release: Path) -> None:
        if release.name == "1.1.0":
            raise KeyboardInterrupt
        super().adapt_machine(release)


@pytest.fixture
def half_back(unit: Update, on_trial: Callable[..., None]) -> Update:
    """A unit that went down right after the link was switched back from 1.2.0, which was not ready."""
    add(unit.releases, "1.2.0", "fault")
    on_trial(is_switched=True)
    with pytest.raises(KeyboardInterrupt):
        replace(unit, daemons=PowerCut(unit.releases)).settle()
    assert unit.releases.in_use == "1.1.0"
    return unit


def test_going_back_that_was_interrupted_is_done_to_the_end(half_back: Update) -> None:
    assert half_back.settle().result is Result.NOTHING
    daemons = half_back.daemons
    assert isinstance(daemons, FolderDaemons)
    assert (daemons.adapted, daemons.choices, daemons.restarts) == (["1.1.0"], [("1.1.0", 0)], ["1.1.0"])
    assert not (half_back.releases.base / "trial.json").exists()


@pytest.mark.parametrize(
    ("name", "why"), [("no-keys", "the keys cannot be sealed"), ("fault", "not ready within 180 s: fault")]
)
def test_what_stops_an_interrupted_going_back_is_told(half_back: Update, name: str, why: str) -> None:
    add(half_back.releases, "1.1.0", name)
    outcome = half_back.settle()
    assert (outcome.result, outcome.version, outcome.why) == (Result.STUCK, "1.1.0", why)
    assert half_back.settle().result is Result.NOTHING


def test_a_check_that_names_nothing_red_leaves_the_names_unknown(unit: Update) -> None:
    add(unit.releases, "1.1.0", red="unit check")
    assert unit._new_trial("1.1.0", "1.2.0") == Trial("1.1.0", "1.2.0", was_fit=False, ready_s=1.0)


def test_all_waits_of_a_decision_fit_into_the_time_of_its_service(tmp_path: Path) -> None:
    text = trials.boot_text(tmp_path / "trial.json", tmp_path / "update")
    match = re.search(r"(?m)^TimeoutStartSec=(\d+)$", text)
    assert match is not None
    new_s = CHOOSE_S_MAX + BACK_S_MIN + STEADY_S + SETTLING_S_MAX + CHECK_S_MAX
    old_s = CHOOSE_S_MAX + BACK_S_MIN + STEADY_S
    assert new_s + old_s + 2 * BEGINNING_S < int(match[1])
