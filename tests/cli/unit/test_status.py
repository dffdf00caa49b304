"""``unit status``: the health of the unit in one screen, no plates, and an exit code that a script can ask."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.runtime.health import Health, write_health
from tests.services.unit_health.health_reports import CONSOLE, RUN, UPLINK, with_figures
from tests.units import write_unit

FRONT = {
    "frames_per_s": 9.8,
    "result_ms_median": 41.2,
    "result_ms_worst": 87.0,
    "captured": 812,
    "dropped": 3,
    "lost": 0,
}
SILENT = {
    "frames_per_s": 0.0,
    "result_ms_median": None,
    "result_ms_worst": None,
    "captured": 5,
    "dropped": 0,
    "lost": 2,
}
FIGURES = {
    "has_fix": True,
    "utc_source": "gnss",
    "outbox_ready": 12,
    "restarts": {"camera front": 2, "gps": 0},
    "cameras": {"front": FRONT, "rear": SILENT, "old": {"exposure_us": 100}},
}


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return write_unit(tmp_path, "car-7", "")


def status(settings: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["unit", "status", "--settings", str(settings), *words])


def report(settings: Path, daemon: str, *troubles: str, ready: bool = True, working: bool | None = None) -> Path:
    health = Health(daemon, ready, troubles, FIGURES, ("the disk is 92 % full",), working)
    write_health(settings.parent / "runtime", health)
    assert asdict(health)["figures"] == FIGURES
    return settings.parent / "runtime" / f"{daemon}.json"


def test_a_unit_at_work_is_shown_with_its_figures(settings: Path) -> None:
    report(settings, "run", working=True)
    done = status(settings)
    assert done.exit_code == 0, done.output
    for line in (
        "unit      car-7",
        "run       reading",
        "  warning   the disk is 92 % full",
        "  position known: yes",
        "  camera front: 9.8 frames/s, read after 41 ms (at worst 87), 3 of 812 dropped",
        "  camera rear: 0 frames/s, 0 of 5 dropped, 2 lost",
        "  camera old",
        "  items waiting for the department: 12",
        "  restarts of stages: camera front 2",
    ):
        assert line in done.stdout.splitlines()
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert len(done.stdout.splitlines()) <= 24
    fields = json.loads(status(settings, "--json").stdout)
    assert (fields["unit"], list(fields["daemons"])) == ("car-7", ["run"])
    assert (fields["daemons"]["run"]["ready"], fields["daemons"]["run"]["working"]) == (True, True)


def test_a_unit_without_its_ready_note_is_not_shown_as_reading(settings: Path) -> None:
    report(settings, "run", working=False)
    done = status(settings)
    assert done.exit_code == 1
    state = "run       Reading plates, but the faults below block the ready tone"
    assert state in done.stdout.splitlines()
    run = json.loads(status(settings, "--json").stdout)["daemons"]["run"]
    assert (run["ready"], run["working"]) == (True, False)


def test_trouble_and_a_daemon_that_is_silent_end_with_one(settings: Path) -> None:
    done = status(settings)
    assert (done.exit_code, "run       not running; see: systemctl status alpr-edge" in done.stdout) == (1, True)
    assert not json.loads(status(settings, "--json").stdout)["daemons"]["run"]["running"]
    report(settings, "run", "camera front: no picture for 5 s", ready=False)
    done = status(settings)
    assert done.exit_code == 1
    assert "run       not ready, faults: 1" in done.stdout
    assert "  trouble   camera front: no picture for 5 s" in done.stdout


def test_a_unit_with_a_department_has_to_send_as_well(tmp_path: Path) -> None:
    settings = write_unit(tmp_path, "car-7", "https://127.0.0.1:8443")
    report(settings, "run")
    assert status(settings).exit_code == 1
    report(settings, "uplink")
    done = status(settings)
    assert (done.exit_code, "uplink    sending" in done.stdout) == (0, True)


def test_it_says_what_to_do_about_each_part_that_is_not_well(tmp_path: Path) -> None:
    settings = write_unit(tmp_path, "car-7", "https://127.0.0.1:8443", more='[position]\ndevice = "/dev/alpr-gps"\n')
    for health in (RUN, UPLINK):
        write_health(tmp_path / "runtime", health)
    assert "to do     nothing" in status(settings).stdout.splitlines()
    write_health(tmp_path / "runtime", with_figures(RUN, has_fix=False))
    done = status(settings)
    assert (done.exit_code, "  receiver, no fix: Drive under open sky" in done.stdout) == (0, True)
    assert max(map(len, done.stdout.splitlines())) <= 80
    parts = {part["name"]: part for part in json.loads(status(settings, "--json").stdout)["parts"]}
    assert (parts["receiver"]["part"], parts["receiver"]["state"]) == ("receiver", "attention")
    assert parts["list doj"]["state"] == "well"


def test_a_page_in_use_is_shown_and_has_to_run(settings: Path) -> None:
    write_health(settings.parent / "runtime", RUN)
    assert "console" not in status(settings).stdout
    write_health(settings.parent / "runtime", CONSOLE)
    done = status(settings)
    assert (done.exit_code, "console   serving" in done.stdout.splitlines()) == (0, True)
    assert json.loads(status(settings, "--json").stdout)["daemons"]["console"]["running"]
    file = settings.parent / "runtime" / "console.json"
    file.write_text(
        file.read_text(encoding="utf-8").replace(f'"pid": {os.getpid()}', f'"pid": {2**30}'), encoding="utf-8"
    )
    done = status(settings)
    line = "console   not running; see: systemctl status alpr-edge-console"
    assert (done.exit_code, line in done.stdout.splitlines()) == (1, True)


def test_faults_that_are_over_are_listed_with_their_times(settings: Path) -> None:
    ended = {"kind": "disk_slow", "subject": "disk", "name": "disk", "words": "slow", "lasted_s": 61}
    times = {"since": "2026-05-04T12:30:00.123Z", "until": "2026-05-04T12:31:01.123Z"}
    told = [ended | times, ended | {"since": None, "until": None}, ended | times | {"times": 3}]
    write_health(settings.parent / "runtime", with_figures(RUN, ended_faults=told))
    *_, head, first, second, third = status(settings).stdout.splitlines()
    assert head == "over"
    assert first.startswith("  disk, slow: 2026-05-04 12:30:00Z")
    assert "to 2026-05-04 12:31:01Z" in first
    assert first.endswith(", 61 s")
    assert second == "  disk, slow: for 61 s, at an unknown time"
    assert third.endswith(", 61 s, 3 times")
    shown = json.loads(status(settings, "--json").stdout)
    assert shown["daemons"]["run"]["figures"]["ended_faults"] == told
