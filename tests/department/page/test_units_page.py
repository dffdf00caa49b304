"""The page of units over TLS: what is told, and that a unit ends only once its id was typed."""

from contextlib import closing
from datetime import timedelta

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.page.server import DepartmentPageServer
from tests.department.inquiries.desk import Inquirers
from tests.department.inquiries.hits.board_office import HITS
from tests.department.interchange.exchange_office import UNIT
from tests.department.page.page_office import client_of, newest

PATH = f"/units/{UNIT}/revoke"


def test_an_administrator_ends_a_unit_by_typing_its_id(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with closing(Storage(inquirers.directory, create=False)) as storage:
        storage.units.invite(UNIT, timedelta(hours=1))
    with client_of(inquirers, server, "technician") as client:
        page = client.get("/units").text
        assert (UNIT in page, "<svg" in page, PATH in page) == (True, True, False)
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
