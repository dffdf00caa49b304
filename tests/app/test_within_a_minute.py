"""A car that stands still and sends nothing: what the department changes is in force in it within a minute."""

import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from alpr_edge.department.held_versions import HeldVersions
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.people.registry import open_people
from tests.app.rig import UNIT, Daemon, daemon, edge, write_frames, write_settings
from tests.app.test_roster_daemons import address_of, author
from tests.department.enrolment import enrol_unit
from tests.department.people.office import OFFICER, make_department

MINUTE_S = 60.0
QUIET_S = 3.0
DELIVERY = "event=department.batch_stored"
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
    options = (*options, "--new-source")
    done = edge("department", "publish", str(feed), "--directory", str(directory), "--source", "amber", *options)
    assert done.exit_code == 0, done.stderr


def seconds_until(is_so: Callable[[], bool]) -> float:
    begun_s = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun_s < MINUTE_S, "not within a minute"
        time.sleep(0.1)
    return time.monotonic() - begun_s


def test_a_new_amber_entry_and_a_suspension_reach_a_car_that_sends_nothing(tmp_path: Path) -> None:
    directory = make_department(tmp_path / "department", "127.0.0.1")
    enrol_unit(directory, UNIT, tmp_path / "tls")
    frames = write_frames(tmp_path / "frames", [0], plate_frames=0)
    with (
        closing(Storage(directory)) as storage,
        open_people(directory) as people,
        daemon("department", "serve", "--directory", str(directory), "--port", "0") as server,
    ):
        people.add(author(), OFFICER)
        people.rosters.publish(author())
        publish(directory, "9ZZZ999,AMBER Alert,CA\n")
        settings = write_settings(tmp_path, frames, address_of(server), fps=1)
        settings.write_text(settings.read_text(encoding="utf-8") + SOURCE, encoding="utf-8")
        with daemon("run", "--settings", str(settings)) as run:
            run.wait_for("event=unit.started")
            with daemon("uplink", "--settings", str(settings)) as uplink:
                run.wait_for("event=roster.installed")
                run.wait_for("event=hotlist.refreshed")
                list_s = seconds_of_list(directory, server, run)
                header = people.suspend(author(), OFFICER["badge"])
                roster_s = seconds_until(lambda: run.count("event=roster.installed") == 2)
                print(f"list {list_s:.1f} s, roster {roster_s:.1f} s")  # noqa: T201 - shown by pytest -s
                seconds_until(lambda: has_both(storage.held_versions, header.serial))
                assert [each.end(signal.SIGTERM) for each in (uplink, run)] == [0, 0]


def seconds_of_list(directory: Path, server: Daemon, run: Daemon) -> float:
    """Publish an entry, and wait until the car matches it; it was told of it in answer to no delivery."""
    count, quiet_since_s = -1, time.monotonic()
    while time.monotonic() - quiet_since_s < QUIET_S:
        if server.count(DELIVERY) != count:
            count, quiet_since_s = server.count(DELIVERY), time.monotonic()
        time.sleep(0.1)
    first = len(server.lines)
    publish(directory, "8ZZZ999,AMBER Alert,CA\n", "--additions")
    seconds = seconds_until(lambda: run.count("event=hotlist.refreshed") == 2)
    lines = server.lines[first:]
    sent = next(place for place, line in enumerate(lines) if "event=department.list_sent" in line)
    assert not [line for line in lines[:sent] if DELIVERY in line]
    return seconds


def has_both(held: HeldVersions, roster_serial: int) -> bool:
    versions = (held.of_list("amber").get(UNIT), held.of_roster().get(UNIT))
    return [each.serial for each in versions if each is not None] == [2, roster_serial]
