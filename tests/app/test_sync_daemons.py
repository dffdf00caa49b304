"""The two daemons and the department: a receipt that names a newer list, watched folders, and reads meanwhile."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.loopback_ports import free_port
from tests.app.rig import PLATES, UNIT, Daemon, daemon, edge, wait_for_health, write_frames, write_settings
from tests.app.test_daemons import address
from tests.department.enrolment import enrol_unit
from tests.runtime.time_daemon import NOT_SYNCHRONISED, TimeDaemon
from tests.staff import FOR_STOLEN, Staff

HEADER = "Plate Number,Description,State/Province\n"
REFUSED = "list amber: its last feed was refused"


@pytest.fixture
def department(tmp_path: Path) -> Iterator[tuple[Path, Daemon]]:
    folder = tmp_path / "department"
    assert edge("department", "init", str(folder), "--name", "127.0.0.1").exit_code == 0
    enrol_unit(folder, UNIT, tmp_path / "tls")
    with daemon("department", "serve", "--directory", str(folder), "--port", "0") as server:
        server.wait_for("department at https://")
        yield folder, server


def publish(folder: Path, feed: Path, *options: str) -> None:
    options = (*options, "--new-source")
    done = edge("department", "publish", str(feed), "--directory", str(folder), "--source", "amber", *options)
    assert done.exit_code == 0, done.stderr


def add_source(settings: Path, text: str) -> None:
    content = settings.read_text(encoding="utf-8")
    settings.write_text(
        f'{content}[[hotlist.source]]\nname = "amber"\nformat = "generic-csv"\n{text}', encoding="utf-8"
    )


def test_an_amber_entry_named_by_a_receipt_is_live_within_a_minute(
    tmp_path: Path, department: tuple[Path, Daemon]
) -> None:
    folder, server = department
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(20)), address(server))
    add_source(settings, "department = true\ncheck_interval_s = 86400\n")
    feed = tmp_path / "feed.csv"
    feed.write_text(HEADER + "9ZZZ999,AMBER Alert,CA\n", encoding="utf-8")
    publish(folder, feed)
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=unit.started")
        with daemon("uplink", "--settings", str(settings)) as uplink:
            uplink.wait_for("event=hotlist.downloaded")
            run.wait_for("event=hotlist.refreshed")
            feed.write_text(HEADER + f"{PLATES[3]},AMBER Alert,CA\n", encoding="utf-8")
            publish(folder, feed, "--additions")
            run.wait_for("event=alert.sounded")
            uplink.wait_for("change=additions")
            assert uplink.end(signal.SIGTERM) == 0
            assert run.end(signal.SIGTERM) == 0
    assert not [line for line in (*run.lines, *uplink.lines) if PLATES[3] in line]


def test_a_refused_list_stays_a_fault_over_a_restart_until_its_publisher_accepts_it(
    tmp_path: Path, department: tuple[Path, Daemon]
) -> None:
    folder, server = department
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [0], plate_frames=0), address(server))
    add_source(settings, "department = true\ncheck_interval_s = 86400\n")
    feed = tmp_path / "feed.csv"
    feed.write_text(HEADER + "".join(f"9ZZZ{number:03},Stolen,CA\n" for number in range(20)), encoding="utf-8")
    publish(folder, feed)
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=unit.started")
        with daemon("uplink", "--settings", str(settings)) as uplink:
            run.wait_for("event=hotlist.refreshed")
            feed.write_text(HEADER + "8ZZZ999,Stolen,CA\n", encoding="utf-8")
            publish(folder, feed)
            assert "the new list holds 1 entries" in run.wait_for("event=hotlist.import_refused")
            assert [each.end(signal.SIGTERM) for each in (uplink, run)] == [0, 0]
    publish(folder, feed, "--additions")
    with daemon("run", "--settings", str(settings)) as run, daemon("uplink", "--settings", str(settings)) as uplink:
        assert "it changes a complete list that was refused" in run.wait_for("event=hotlist.import_refused")
        wait_for_health(tmp_path, lambda health: REFUSED in health["troubles"])
        publish(folder, feed, "--accept-shrink")
        assert "by=department" in run.wait_for("event=hotlist.size_accepted")
        wait_for_health(tmp_path, lambda health: REFUSED not in health["troubles"])
        assert [each.end(signal.SIGTERM) for each in (uplink, run)] == [0, 0]
    status = edge("hotlist", "status", "--json", "--settings", str(settings))
    (amber,) = json.loads(status.stdout)["lists"]
    assert (amber["entries"], amber["import_failure"], amber["changes_refused"]) == (1, "", False)
    notice = "the new list holds 1 entries, the list before 20; the department accepted that"
    assert amber["last_feed"]["notices"] == [notice]
    said = edge("hotlist", "status", "--settings", str(settings)).stdout
    assert f"last feed: {notice}" in said


@pytest.fixture
def time_daemon() -> Iterator[TimeDaemon]:
    with TimeDaemon() as running:
        yield running


def test_a_watched_folder_renews_the_list_of_a_running_unit_and_roll_back_reaches_it(
    tmp_path: Path, time_daemon: TimeDaemon
) -> None:
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(20)))
    settings.write_text(settings.read_text(encoding="utf-8") + time_daemon.settings, encoding="utf-8")
    (tmp_path / "drop").mkdir()
    add_source(settings, 'folder = "drop"\n')
    Staff(settings).sign_in_here()
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=unit.started")
        (tmp_path / "drop" / "one.csv").write_text(HEADER + "9ZZZ999,Stolen,CA\n", encoding="utf-8")
        run.wait_for("event=hotlist.refreshed", 1)
        (tmp_path / "drop" / "two.csv").write_text(HEADER + "8ZZZ999,Stolen,CA\n", encoding="utf-8")
        run.wait_for("event=hotlist.refreshed", 2)
        assert edge("hotlist", "rollback", "amber", "--settings", str(settings)).exit_code == 0
        run.wait_for("event=hotlist.refreshed", 3)
        process = edge("hotlist", "add", "--reason", "major_crime", "--case", "26-000001", "--expires", "1h",
                     *FOR_STOLEN, "--settings", str(settings), "--json", stdin=PLATES[2])  # fmt: skip
        assert process.exit_code == 0, process.stderr
        run.wait_for("event=alert.sounded")
        assert run.end(signal.SIGTERM) == 0
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("serial=1")  # rolled back still
        run.wait_for("event=unit.started")
        assert run.end(signal.SIGTERM) == 0
    health = json.loads((tmp_path / "runtime" / "run.json").read_text(encoding="utf-8"))
    assert not [trouble for trouble in health["troubles"] if re.search("amber|hotlist", trouble)]


@pytest.mark.review(10)
def test_a_running_unit_takes_a_list_from_ahead_of_its_clock_as_soon_as_somebody_vouches(
    tmp_path: Path, time_daemon: TimeDaemon
) -> None:
    """Its entries expire, so it needs a time; without one it waits and is not given up."""
    time_daemon.leap = NOT_SYNCHRONISED
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(20)))
    settings.write_text(settings.read_text(encoding="utf-8") + time_daemon.settings, encoding="utf-8")
    (tmp_path / "drop").mkdir()
    add_source(settings, 'folder = "drop"\nentries_expire_h = 48\n')
    (tmp_path / "drop" / "one.csv").write_text(HEADER + f"{PLATES[3]},Stolen,CA\n", encoding="utf-8")
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=hotlist.import_postponed")
        wait_for_health(tmp_path, lambda health: health["figures"]["utc_source"] == "rtc")
        time_daemon.leap = 0
        run.wait_for("event=hotlist.refreshed")
        run.wait_for("event=alert.sounded")
        wait_for_health(tmp_path, lambda told: told["figures"]["utc_source"] == "ntp")
        assert run.end(signal.SIGTERM) == 0


@pytest.mark.review(10)
def test_the_car_s_daemon_trusts_a_clock_by_what_the_uplink_heard_of_chronyd(
    tmp_path: Path, department: tuple[Path, Daemon], time_daemon: TimeDaemon
) -> None:
    """Its own question has no answer, as in its service, which has no network."""
    _, server = department
    settings = write_settings(tmp_path, write_frames(tmp_path / "frames", range(20)), address(server))
    settings.write_text(settings.read_text(encoding="utf-8") + time_daemon.settings, encoding="utf-8")
    alone = tmp_path / "alone.toml"
    text = settings.read_text(encoding="utf-8")
    alone.write_text(
        text.replace(f"chrony_port = {time_daemon.port}", f"chrony_port = {free_port()}"), encoding="utf-8"
    )
    with daemon("run", "--settings", str(alone)) as run:
        run.wait_for("event=unit.started")
        with daemon("uplink", "--settings", str(settings)) as uplink:
            wait_for_health(tmp_path, lambda health: health["figures"]["utc_source"] == "ntp")
            assert uplink.end(signal.SIGTERM) == 0
        assert run.end(signal.SIGTERM) == 0
