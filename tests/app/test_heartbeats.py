"""A heartbeat on its whole way: from the health files of a car over HTTPS to the list of units at the department."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
import structlog
from fastapi import FastAPI, Response
from sqlalchemy import update
from typer.testing import CliRunner

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.cli import app
from alpr_edge.department.db.heartbeat_schema import unit_heartbeats, unit_places
from alpr_edge.department.heartbeats import HISTORY_MAX, PLACE_KEPT, SILENT_AFTER
from alpr_edge.department.http.responses import HEADERS
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.domain.motion.last_place import LastPlace
from alpr_edge.domain.protocol.heartbeats import (
    FAULTS_MAX,
    HEARTBEAT_PATH,
    LISTS_MAX,
    HeartbeatFaultPayload,
    HeartbeatPayload,
)
from alpr_edge.position.last_place_file import write_last_place
from alpr_edge.runtime.health import write_health
from alpr_edge.services.unit_health.heartbeat import heartbeat
from alpr_edge.settings import Settings, UplinkSettings, load
from alpr_edge.uplink.documents.heartbeat_sender import HeartbeatSender
from alpr_edge.uplink.tls import context_of
from alpr_edge.web.requests import SMALL_BYTES_MAX
from tests.department.engines import query
from tests.department.enrolment import enrol_unit
from tests.services.unit_health.health_reports import RUN, UPLINK, with_faults, with_figures
from tests.units import write_unit
from tests.uplink.conftest import settings_for
from tests.uplink.faulty import FaultyDepartment

UNIT = "unit-1"
CAMERAS = {
    "front": RUN.figures["cameras"]["front"] | {"reads": 12, "hits": 2},
    "rear": RUN.figures["cameras"]["front"] | {"captured": 100, "dropped": 1, "reads": 3, "hits": 0},
}


@dataclass
class Way:
    """A car and its department."""

    unit: Settings
    uplink: UplinkSettings
    department: Storage
    directory: Path

    def send(self) -> float:
        """Send one at once, as the stage of the uplink does when it is due."""
        return HeartbeatSender(self.uplink, UNIT, partial(heartbeat, self.unit), lambda: 0.0).step()

    def department_says(self, *words: str) -> str:
        done = CliRunner().invoke(app, ["department", *words, "--directory", str(self.directory)])
        assert done.exit_code == 0, done.output
        return done.stdout


@pytest.fixture(scope="module")
def car_and_department(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    folder = tmp_path_factory.mktemp("way")
    directory = initialise(folder / "department", ["127.0.0.1"]).directory
    files, unit = enrol_unit(directory, UNIT, folder / "tls"), load(write_unit(folder / "car", UNIT, "https://x"))
    department = Storage(directory)
    with DepartmentServer(directory) as server:
        yield Way(unit, settings_for(f"https://127.0.0.1:{server.port}", files), department, directory)
    department.close()


@pytest.fixture
def way(car_and_department: Way) -> Way:
    """The same for all tests, without a heartbeat."""
    with car_and_department.department.database.writing() as connection:
        connection.execute(unit_heartbeats.delete())
        connection.execute(unit_places.delete())
    return car_and_department


def test_what_a_car_says_of_itself_is_in_the_list_of_units(way: Way) -> None:
    assert "never heard" in way.department_says("unit", "list")
    dirty = with_faults(Fault(FaultKind.CAMERA_DIRTY, "camera front", "camera front: its lens is dirty"))
    figures = {"cameras": CAMERAS, "outbox_oldest_s": 5400, "temperature_c": 61.0}
    write_health(way.unit.unit.runtime_directory, with_figures(dirty, **figures))
    write_health(way.unit.unit.runtime_directory, with_figures(UPLINK, waiting=7))
    assert 200 < way.send() <= way.uplink.heartbeat_s
    (heard,) = way.department.heartbeats.newest().values()
    said = heard.payload
    assert (said.is_running, said.is_ready, said.frames, said.frames_dropped) == (True, True, 912, 4)
    assert (said.reads, said.hits, said.queue_items, said.queue_oldest_s) == (15, 2, 7, 5400)
    assert (said.clock_source, said.has_fix, said.disk_share, said.temperature_c) == ("gnss", True, 0.41, 61.0)
    assert said.uptime_s is not None
    assert [(each.source, each.age_s) for each in said.lists] == [("doj", 9000)]
    lines = way.department_says("unit", "list").splitlines()
    assert f": version {said.version}, ready" in lines[1]
    assert lines[2:] == [
        "  15 reads, 2 hits, 7 waiting for up to 1.5 h, list doj 2.5 h old, disk 41%, 61 C",
        "  attention: camera front, a camera's lens is dirty",
    ]
    (told,) = (json.loads(line) for line in way.department_says("unit", "list", "--json").splitlines())
    assert told["heartbeat"]["reads"] == 15


def test_a_unit_that_was_silent_for_long_is_told_and_one_that_stood_for_a_weekend_is_not(way: Way) -> None:
    way.send()
    for since, is_silent in ((SILENT_AFTER - timedelta(hours=1), False), (SILENT_AFTER + timedelta(hours=1), True)):
        received = (datetime.now(UTC) - since).replace(tzinfo=None)
        with way.department.database.writing() as connection:
            connection.execute(update(unit_heartbeats).values(received_at=received))
        assert ("SILENT since" in way.department_says("unit", "list")) == is_silent
        assert ("warning: unit-1 is silent since" in way.department_says("status")) == is_silent


def test_a_car_whose_reader_does_not_run_says_so_with_nothing_stale(way: Way) -> None:
    (way.unit.unit.runtime_directory / "run.json").unlink(missing_ok=True)
    way.send()
    (heard,) = way.department.heartbeats.newest().values()
    assert (heard.payload.is_running, heard.payload.is_ready, heard.payload.frames) == (False, False, None)
    assert "reader not running" in way.department_says("unit", "list")


def test_the_history_of_a_unit_is_bounded_and_its_newest_counts(way: Way) -> None:
    payload = heartbeat(way.unit)
    with way.department.database.writing() as connection:
        body = payload.model_dump_json()
        row = {"received_at": datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None), "body": body}
        rows = [row | {"unit_id": unit} for unit in (UNIT, "unit-2") for _ in range(HISTORY_MAX)]
        connection.execute(unit_heartbeats.insert(), rows)
    newest = payload.model_copy(update={"version": "9.9"})
    way.department.heartbeats.take_in(UNIT, newest)
    history = way.department.heartbeats.history(UNIT)
    assert len(history) == HISTORY_MAX
    assert history[0].payload == newest
    assert len(way.department.heartbeats.history("unit-2")) == HISTORY_MAX


def test_what_is_no_heartbeat_is_refused_and_the_longest_one_is_taken(way: Way) -> None:
    url = way.uplink.url + HEARTBEAT_PATH
    fault = HeartbeatFaultPayload(kind="k" * 64, part="p" * 64, state="s" * 64)
    lists = [{"source": "l" * 64, "entries": 2**53, "age_s": 1e300}] * LISTS_MAX
    longest = heartbeat(way.unit).model_copy(update={"faults": [fault] * FAULTS_MAX})
    body = json.loads(longest.model_dump_json()) | {"lists": lists}
    with httpx.Client(verify=context_of(way.uplink), headers=HEADERS, trust_env=False) as client:
        about = {"Alpr-Edge-Unit": UNIT}
        assert client.post(url, json=body, headers=about).status_code == 204
        for wrong in ({}, {"version": 1}, body | {"lists": lists * 2}, body | {"faults": ["x"]}):
            assert client.post(url, json=wrong, headers=about).status_code == 422
        assert client.post(url, content=b"x" * (SMALL_BYTES_MAX + 1), headers=about).status_code == 413
    assert len(way.department.heartbeats.history(UNIT)) == 1


def test_a_department_of_an_older_release_and_one_that_is_away_hold_nothing_up(way: Way) -> None:
    older = FastAPI()

    @older.post("/v1/items")
    def items() -> Response:
        return Response(headers=HEADERS)

    with (
        FaultyDepartment(older, tls_context(TlsFiles(way.directory)), iter(())) as server,
        structlog.testing.capture_logs() as logs,
    ):
        way_there = way.uplink.model_copy(update={"url": server.url})
        assert HeartbeatSender(way_there, UNIT, partial(heartbeat, way.unit), lambda: 0.0).step() > 0
    away = way.uplink.model_copy(update={"url": "https://127.0.0.1:9"})
    with structlog.testing.capture_logs() as later_logs:
        sender = HeartbeatSender(away, UNIT, partial(heartbeat, way.unit), lambda: 0.0)
        assert sender.step() > 0
        assert sender.step() > 0
    told = [log["event"] for log in (*logs, *later_logs)]
    assert told == ["heartbeat.not_sent", "heartbeat.not_sent"]


def test_another_server_that_answers_has_taken_no_heartbeat(way: Way) -> None:
    other = FastAPI()

    @other.post(HEARTBEAT_PATH)
    def take() -> Response:
        return Response(status_code=204)

    with (
        FaultyDepartment(other, tls_context(TlsFiles(way.directory)), iter(())) as server,
        structlog.testing.capture_logs() as logs,
    ):
        way_there = way.uplink.model_copy(update={"url": server.url})
        HeartbeatSender(way_there, UNIT, partial(heartbeat, way.unit), lambda: 0.0).step()
    assert [log["event"] for log in logs] == ["heartbeat.not_sent"]
    assert "(status 204) is no department" in logs[0]["reason"]


def test_the_newest_place_of_a_unit_alone_is_kept_and_no_track(way: Way) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    folder, heartbeats = way.unit.unit.runtime_directory, way.department.heartbeats
    hour = timedelta(hours=1)
    places = [LastPlace(37.611 + number / 100, -121.987, now - hour * (3 - number)) for number in range(3)]
    for place in (*places, places[0], replace(places[2], at=now + hour)):
        write_last_place(folder, place)
        way.send()
        assert "121.987" not in str(query(way.directory, "SELECT body FROM unit_heartbeats"))
    assert heartbeats.places() == {UNIT: places[2]}
    assert len(heartbeats.history(UNIT)) == 5
    assert all(each.payload.place is None for each in heartbeats.history(UNIT))
    assert query(way.directory, "SELECT count(*) FROM unit_places") == [(1,)]
    for words in (("unit", "list"), ("unit", "list", "--json"), ("status",)):
        assert "121.987" not in way.department_says(*words), "no access log would tell of it"


def test_a_place_is_told_and_kept_for_30_days_also_of_a_unit_that_says_none_any_more(way: Way) -> None:
    write_last_place(way.unit.unit.runtime_directory, LastPlace(37.611, -121.987, datetime.now(UTC)))
    way.send()
    assert list(way.department.heartbeats.places()) == [UNIT]
    with way.department.database.writing(UNIT) as connection:
        old = datetime.now(UTC).replace(tzinfo=None) - PLACE_KEPT - timedelta(minutes=1)
        connection.execute(update(unit_places).values(at=old))
    assert way.department.heartbeats.places() == {}
    silent = heartbeat(way.unit).model_copy(update={"place": None})
    way.department.heartbeats.take_in("unit-2", silent)
    assert query(way.directory, "SELECT count(*) FROM unit_places") == [(0,)]
    way.department.heartbeats.take_in(UNIT, heartbeat(way.unit))
    assert list(way.department.heartbeats.places()) == [UNIT]


def test_a_unit_that_may_not_tell_its_place_and_one_of_an_older_release_send_none(way: Way) -> None:
    write_last_place(way.unit.unit.runtime_directory, LastPlace(37.6, -121.0, datetime.now(UTC)))
    uplink = way.unit.uplink.model_copy(update={"heartbeat_place": False})
    assert heartbeat(way.unit).place is not None
    assert heartbeat(way.unit.model_copy(update={"uplink": uplink})).place is None
    older = json.loads(heartbeat(way.unit).model_dump_json(exclude={"place"}))
    assert HeartbeatPayload.model_validate(older).place is None
    wrong = ({"lat_deg": 91.0}, {"at": "2026-03-02T12:00:00"}, {"at": "0001-01-01T00:00:00+23:00"}, {"lon_deg": None})
    moment = datetime.now(UTC).replace(microsecond=0)
    whole = {"lat_deg": 37.6391, "lon_deg": -121.0, "at": moment.isoformat()}
    url, about = way.uplink.url + HEARTBEAT_PATH, {**HEADERS, "Alpr-Edge-Unit": UNIT}
    with httpx.Client(verify=context_of(way.uplink), headers=about, trust_env=False) as client:
        places = (*(whole | each for each in wrong), whole, None)
        said = [client.post(url, json=older | {"place": place}) for place in places]
    assert [each.status_code for each in said] == [422, 422, 204, 422, 204, 204]
    (kept,) = way.department.heartbeats.places().values()
    assert kept == LastPlace(37.639, -121.0, moment)


def test_it_has_no_field_for_a_plate_or_a_person() -> None:
    names = set(HeartbeatPayload.model_fields)
    assert not [name for name in names if "plate" in name or "person" in name or "text" in name]
