"""Settings on their whole way: published, fetched, on record in the car, and in force at its next start."""

import json
import signal
import time
from contextlib import closing
from pathlib import Path

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.domain.access_log.records import parse_record
from alpr_edge.settings import load
from alpr_edge.store.access_log.log import open_access_log
from tests.app.rig import UNIT, WAIT_S, daemon, edge, wait_for_health, write_frames, write_settings
from tests.app.test_roster_daemons import address_of
from tests.department.enrolment import enrol_unit
from tests.department.people.office import make_department

FRAGMENT = "[decision]\ntimeout_ms = 650.0\n"
ACTION = "settings_of_department"


def changes_on_record(settings: Path) -> list[tuple[str, str, str]]:
    with open_access_log(load(settings), migrate=False) as log:
        records = [parse_record(body) for _, body in log.read_bodies(0, 1000)]
    assert not [each for each in records if each.action == "drift_found"]
    changes = [change for record in records if record.action == ACTION for change in record.changes]
    return [(each.name, each.before, each.after) for each in changes]


def wait_for_state(directory: Path, state: str) -> dict[str, object]:
    """The unit's line of ``department settings list`` once it is as awaited."""
    deadline_s, line = time.monotonic() + WAIT_S, {}
    while time.monotonic() < deadline_s:
        told = edge("department", "settings", "list", "--json", "--directory", str(directory)).stdout.splitlines()
        line = next(each for each in map(json.loads, told) if each.get("unit") == UNIT)
        if line["state"] == state:
            return line
        time.sleep(0.2)
    raise AssertionError(f"not {state}: {line}")


def test_settings_reach_a_car_are_on_record_and_count_from_its_next_start(tmp_path: Path) -> None:
    directory = make_department(tmp_path / "department", "127.0.0.1")
    enrol_unit(directory, UNIT, tmp_path / "tls")
    fragment = tmp_path / "fleet.toml"
    fragment.write_text(FRAGMENT, encoding="utf-8")
    place = ("--directory", str(directory))
    with daemon("department", "serve", *place, "--port", "0") as server:
        settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [0]), address_of(server), fps=2)
        text = settings.read_text(encoding="utf-8").replace("[uplink]\n", "[uplink]\nroster_check_s = 1\n")
        settings.write_text(text, encoding="utf-8")
        with daemon("run", "--settings", str(settings)) as run:
            run.wait_for("event=unit.started")
            wait_for_health(tmp_path, lambda told: told["figures"].get("settings_serial") == 0)
            with daemon("uplink", "--settings", str(settings)) as uplink:
                assert edge("department", "settings", "publish", str(fragment), "--yes", *place).exit_code == 0
                uplink.wait_for("event=settings.kept")
                line = wait_for_state(directory, "in force from the next start")
                assert (line["held"], line["in_force"]) == (1, 0)
                deadline_s = time.monotonic() + WAIT_S
                while not changes_on_record(settings) and time.monotonic() < deadline_s:
                    time.sleep(0.2)
                assert run.end(signal.SIGTERM) == 0
                with daemon("run", "--settings", str(settings)) as again:
                    wait_for_health(tmp_path, lambda told: told["figures"].get("settings_serial") == 1)
                    line = wait_for_state(directory, "in force")
                    assert (line["held"], line["in_force"], line["refused"]) == (1, 1, 0)
                    assert again.end(signal.SIGTERM) == 0
                assert uplink.end(signal.SIGTERM) == 0
    document, timeout = changes_on_record(settings)
    assert document == ("department_settings", "", "127.0.0.1 1")
    assert timeout == ("settings:decision.timeout_ms", "700.0", "650.0")
    shown = edge("settings", "show", str(settings), "--json").stdout.splitlines()
    assert {"key": "decision.timeout_ms", "value": "650.0", "origin": "department 1"} in map(json.loads, shown)
    with closing(Storage(directory)) as storage:
        assert storage.held_settings.all()[UNIT].held == 1
