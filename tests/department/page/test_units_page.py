"""The page of units over TLS: what is told, and that a unit ends only once its id was typed."""

import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.page.server import DepartmentPageServer
from tests.department.enrolment import enrol_unit
from tests.department.inquiries.hits.board_office import HITS
from tests.department.inquiries.inquirers import Inquirers
from tests.department.inquiries.units.fleet import FAULTY, HEARD, RETIRED, SILENT, deliver_fleet
from tests.department.interchange.exchange_office import UNIT
from tests.department.page.page_office import client_of, newest

PATH = f"/units/{UNIT}/revoke"


def test_an_administrator_ends_a_unit_by_typing_its_id(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with closing(Storage(inquirers.directory, create=False)) as storage:
        storage.units.invite(UNIT, timedelta(hours=1))
    with client_of(inquirers, server, "technician") as client:
        for path in ("/units", "/units/map"):
            page = client.get(path).text
            assert (UNIT in page, "<svg" in page, PATH in page) == (True, path == "/units/map", False)
            assert not any(plate in page for plate in HITS)
    with client_of(inquirers, server, "alpr-administrator") as client:
        assert PATH in client.get("/units").text
        meant = {"why": "lost", "reason": "taken at night", "confirmed": UNIT}
        for fields, told in (({"confirmed": "unit"}, "Type the unit&#39;s id"), ({"why": ""}, "Choose why")):
            answer = client.post(PATH, data=meant | fields)
            assert (answer.status_code, told in answer.text) == (422, True)
        assert client.post(PATH, data=meant).headers["location"] == "/units"
        assert "not enrolled" in client.get("/units").text
    records = [(each.action, each.note) for each in newest(inquirers, 2)]
    assert records == [("revoke_unit", "lost or stolen: taken at night"), ("show_units", "")]


def test_the_map_tells_each_unit_and_is_on_record(
    inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    deliver_fleet(inquirers.directory, tmp_path)
    with client_of(inquirers, server, "technician") as client:
        page = client.get("/units/map").text
        board = client.get("/units").text
    told = dict(re.findall(r'data-label="(car-2\d): ([^"]+)"', page))
    assert told == {
        HEARD: "heard, 3 min ago",
        FAULTY: "faults, 3 h ago",
        SILENT: "silent, 4 d ago",
        RETIRED: "retired, 30 h ago",
    }
    for unit_id in told:
        assert f'href="/units#unit-{unit_id}"' in page
        assert f'<tr id="unit-{unit_id}">' in board
    assert "by its heartbeat" in board
    assert "<td>retired</td>" in board
    assert [each.action for each in newest(inquirers, 2)] == ["show_units", "show_units"]
    with client_of(inquirers, server, "officer") as client:
        assert client.get("/units/map").status_code == 403


def test_a_unit_that_is_retired_at_the_page_is_shown_as_such(
    inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    for number, (why, shown) in enumerate((("retired", "retired"), ("key", "key lost"), ("lost", "lost or stolen"))):
        unit_id = f"car-3{number}"
        enrol_unit(inquirers.directory, unit_id, tmp_path / unit_id)
        with client_of(inquirers, server, "alpr-administrator") as client:
            meant = {"why": why, "confirmed": unit_id}
            assert client.post(f"/units/{unit_id}/revoke", data=meant).headers["location"] == "/units"
            assert f"<td>{shown}</td>" in client.get("/units").text


def test_the_people_of_a_lost_units_roster_are_counted_before_and_after(
    inquirers: Inquirers, server: DepartmentPageServer, tmp_path: Path
) -> None:
    enrol_unit(inquirers.directory, "car-41", tmp_path / "car-41")
    path = "/units/car-41/revoke"
    with client_of(inquirers, server, "alpr-administrator") as client:
        count = re.search(r"holds the sign-in secrets of (\d+ accounts)\.", client.get(path).text)
        assert count is not None
        assert "car-41 is lost or stolen" not in client.get("/units").text
        assert client.post(path, data={"why": "lost", "confirmed": "car-41"}).status_code == 303
        board = client.get("/units").text
    told = f"car-41 is lost or stolen: its roster held the sign-in secrets of {count[1]}, which go on counting"
    assert told in board
    for command in ("unit revoke car-41 --as stolen", "people invite BADGE"):
        assert f"sudo alpr-edge-department {command}" in board.partition(told)[2]
