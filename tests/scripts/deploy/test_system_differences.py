"""What an update tells of files and packages of the system, which it leaves as they are."""

import re
import shutil
from pathlib import Path

import pytest

from scripts.deploy.provision.base import OverlayStep
from scripts.deploy.provision.plan import ProvisionRequest, plan
from scripts.deploy.update import __main__ as program
from scripts.deploy.update.system_differences import BRING, difference_report, differences
from scripts.deploy.update.updater import Result, UpdateOutcome

ROOT = Path(__file__).parents[3]
SYSTEM = ROOT / "config" / "system"
RULES, FIREWALL = "etc/udev/rules.d/60-alpr-edge.rules", "etc/nftables.conf"
WRITTEN_BY = {"accounts", "command", "devices", "clock", "journal", "power", "upgrades", "firewall"}


def test_files_that_differ_and_packages_that_are_missing_are_named(tmp_path: Path) -> None:
    shutil.copytree(SYSTEM, tmp_path, dirs_exist_ok=True)
    (tmp_path / FIREWALL).chmod(0o755)  # as provisioning lays it
    assert differences(ROOT, tmp_path, ()) == []
    (tmp_path / RULES).write_text("# of the release before\n", encoding="ascii")
    (tmp_path / FIREWALL).unlink()
    assert differences(ROOT, tmp_path, ["alpr-edge-no-such-package"]) == [
        f"{tmp_path / FIREWALL}: differs from this release",
        f"{tmp_path / RULES}: differs from this release",
        "Debian package alpr-edge-no-such-package: missing",
    ]


def test_the_command_that_an_update_names_brings_every_file_of_the_system() -> None:
    paths = [path.relative_to(SYSTEM).as_posix() for path in SYSTEM.rglob("*") if path.is_file()]
    steps = [step for step in plan(ProvisionRequest(ROOT)) if step.name in WRITTEN_BY]
    assert {*OverlayStep("all", SYSTEM, paths).pending()} <= {line for step in steps for line in step.pending()}


def test_an_update_ends_with_what_its_release_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release = tmp_path / "release"
    shutil.copytree(ROOT / "scripts" / "deploy", release / "scripts" / "deploy")
    base = release / "scripts" / "deploy" / "provision" / "base.py"
    text = base.read_text(encoding="utf-8")
    base.write_text(text.replace('"alsa-utils",', '"alpr-edge-of-the-next-release",'), encoding="utf-8")
    added = release / "config" / "system" / "etc" / "alpr-edge-of-the-next-release.conf"
    added.parent.mkdir(parents=True)
    added.touch()
    updated = UpdateOutcome(Result.UPDATED, "0.3")
    assert program._report(updated, as_json=False, release=release) == 0
    report = capsys.readouterr().err.splitlines()
    assert report[0] == "update: /etc/alpr-edge-of-the-next-release.conf: differs from this release"
    assert "update: Debian package alpr-edge-of-the-next-release: missing" in report
    assert report[-1] == f"update: to bring what differs and what is missing: {BRING}"
    added.unlink()
    base.write_text(re.sub(r"PACKAGES = \([^)]*\)", "PACKAGES = ()", text), encoding="utf-8")
    assert program._report(updated, as_json=False, release=release) == 0
    assert capsys.readouterr().err == ""


def test_of_a_release_that_cannot_tell_it_is_said_that_files_may_differ(tmp_path: Path) -> None:
    (line,) = difference_report(tmp_path)
    assert line.startswith("files of the system may differ")
    assert line.endswith(BRING)
