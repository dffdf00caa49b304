"""The unit examined while it works: nothing is taken from it, and its reads tell of the camera."""

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.app.instance_lock import instance_lock
from alpr_edge.cli import app
from alpr_edge.domain.diagnostics.checks import GROUPS
from alpr_edge.domain.diagnostics.test_card import CARD_TEXT
from alpr_edge.runtime.health import Health, write_health
from tests.app.rig import daemon
from tests.cli.unit.fit_unit import set_key, write_fit_unit

WAIT_S = 60.0


def _is_started(health: Path) -> bool:
    """Whether the unit reads and says so, with no camera that is still being opened."""
    report = json.loads(health.read_text(encoding="utf-8")) if health.exists() else {}
    return bool(report.get("ready")) and not [line for line in report["troubles"] if "not open yet" in line]


def test_a_working_unit_is_judged_by_what_it_says_and_reads(tmp_path: Path) -> None:
    settings = write_fit_unit(tmp_path)
    set_key(settings, "player", '"wav"')
    health = tmp_path / "runtime" / "run.json"
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored")
        until_s = time.monotonic() + WAIT_S
        while not _is_started(health) and time.monotonic() < until_s:
            time.sleep(0.1)
        skip = ("--skip", "gps,clock,lists,certificates,department,models,versions", "--settings", str(settings))
        done = CliRunner().invoke(app, ["unit", "check", "--json", *skip])
        aiming = CliRunner().invoke(app, ["unit", "check", "--aim", "--settings", str(settings)])
    answer = json.loads(done.stdout)
    checks = {each["name"]: each for each in answer["checks"]}
    assert answer["running"]
    verdicts = {name: each["verdict"] for name, each in checks.items() if each["verdict"] != "skipped"}
    assert verdicts["camera front card"] == verdicts["camera front focus"] == "green", checks
    assert verdicts["camera front exposure"] == verdicts["keys"] == verdicts["disk"] == "green"
    assert checks["camera front rate"]["value"] == pytest.approx(2, abs=1.2)
    assert (verdicts["sound"], "nobody listened" in checks["sound"]["said"]) == ("amber", True)
    assert verdicts["unit"] == "red"
    assert "no hotlist: nothing can be matched" in checks["unit"]["details"]
    assert CARD_TEXT not in done.stdout
    assert aiming.exit_code == 1
    assert "alpr-edge run holds the camera" in aiming.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("position: GNSS receiver /dev/alpr-gps is silent", "GNSS receiver /dev/alpr-gps is silent"),
        ("position: the receiver repeats the same moment", "the receiver repeats the same moment"),
        ("position does not move", "position does not move"),
        ("", "alpr-edge run has no fix"),
    ],
)
def test_a_running_unit_tells_why_its_receiver_gives_no_place(tmp_path: Path, line: str, said: str) -> None:
    settings = write_fit_unit(tmp_path, more=f'[position]\ndevice = "{tmp_path / "tty"}"\n')
    (tmp_path / "tty").touch()
    troubles = ("no hotlist: nothing can be matched", *([line] if line else []))
    others = ",".join(name for name in GROUPS if name != "gps")
    with instance_lock(tmp_path / "data"):
        write_health(tmp_path / "runtime", Health("run", ready=True, troubles=troubles, figures={"has_fix": False}))
        done = CliRunner().invoke(app, ["unit", "check", "--json", "--skip", others, "--settings", str(settings)])
    checks = {each["name"]: each for each in json.loads(done.stdout)["checks"]}
    assert (checks["gps"]["said"], checks["gps"]["verdict"]) == (said, "red" if line else "amber")
    assert ("open sky" in checks["gps"]["todo"]) == (not line)


def test_aiming_shows_pixels_focus_and_exposure(tmp_path: Path) -> None:
    settings = write_fit_unit(tmp_path)
    words = ["unit", "check", "--aim", "--seconds", "2", "--settings", str(settings)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    assert "card read" in done.stdout
    assert "focus" in done.stdout
    lines = [json.loads(line) for line in CliRunner().invoke(app, [*words, "--json"]).stdout.splitlines()]
    # 150 px of card stand for a plate of 183.
    assert lines
    assert all(line["plate_px"] == pytest.approx(183, abs=15) for line in lines)
    refusal = CliRunner().invoke(app, [*words, "--camera", "rear"])
    assert (refusal.exit_code, "there are: front" in refusal.stderr) == (2, True)
