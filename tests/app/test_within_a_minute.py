"""A car that stands still and sends nothing: what the department changes is in force in it within a minute."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alpr_edge.department.held_versions import HeldVersions
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.people.registry import open_people
from tests.app.rig import UNIT, Daemon, daemon, edge, wait_for_health, write_frames, write_settings
from tests.app.test_roster_daemons import address_of, author
from tests.department.enrolment import enrol_unit
from tests.department.people.office import OFFICER, make_department

MINUTE_S = 60.0
HEADER = "Plate Number,Description,State/Province\n"
SOURCE = """[[hotlist.source]]
name = "amber"
format = "generic-csv"
department = true
check_interval_s = 86400
"""


def publish(directory: Path, text: str, *options: str) -> None:
    feed = directory.parent / "feed.csv"
    feed.write_text(HEADER + text, encoding="utf-8")
    done = edge("department", "publish", str(feed), "--directory", str(directory), "--source", "amber", *options)
    assert done.exit_code == 0, done.stderr


def seconds_until(is_so: Callable[[], bool]) -> float:
    begun_s = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun_s < MINUTE_S, "not within a minute"
        time.sleep(0.1)
    return time.monotonic() - begun_s


@pytest.mark.slow
def test_a_new_amber_entry_and_a_suspension_reach_a_car_that_sends_nothing(tmp_path: Path) -> None:
    directory = make_department(tmp_path / "department", "127.0.0.1")
    enrol_unit(directory, UNIT, tmp_path / "tls")
    storage = Storage(directory)
    with open_people(directory) as people, daemon("department", "serve", "--directory", str(directory),
                                                  "--port", "0") as server:  # fmt: skip
        people.add(author(), OFFICER)
        people.rosters.publish(author())
        publish(directory, "9ZZZ999,AMBER Alert,CA\n")
        frames = write_frames(tmp_path / "frames", [0], plate_frames=0)
        settings = write_settings(tmp_path, frames, address_of(server), fps=1)
        settings.write_text(settings.read_text(encoding="utf-8") + SOURCE, encoding="utf-8")
        with daemon("run", "--settings", str(settings)) as run, daemon("uplink", "--settings", str(settings)) as uplink:
            run.wait_for("event=roster.installed")
            run.wait_for("event=hotlist.refreshed")
            delivered = settled_deliveries(tmp_path)
            publish(directory, "8ZZZ999,AMBER Alert,CA\n", "--additions")
            list_s = seconds_until(lambda: run.count("event=hotlist.refreshed") == 2)
            assert settled_deliveries(tmp_path) == delivered, "it was to learn of the list without a delivery"
            header = people.suspend(author(), OFFICER["badge"])
            roster_s = seconds_until(lambda: run.count(f"serial={header.serial}") > 0)
            print(f"list {list_s:.1f} s, roster {roster_s:.1f} s")  # noqa: T201 - shown by pytest -s
            seconds_until(lambda: has_both(storage.held_versions, header.serial))
            stop(uplink, run)
    storage.close()


def settled_deliveries(folder: Path) -> int:
    """How many items the uplink has delivered, once none waits."""
    return int(wait_for_health(folder, lambda told: told["figures"]["waiting"] == 0, "uplink")["figures"]["delivered"])


def has_both(held: HeldVersions, roster_serial: int) -> bool:
    versions = (held.of_list("amber").get(UNIT), held.of_roster().get(UNIT))
    return [each.serial for each in versions if each is not None] == [2, roster_serial]


def stop(*daemons: Daemon) -> None:
    for each in daemons:
        assert each.end(signal.SIGTERM) == 0
