"""The reads of a hold at the page: all of them by pages, each opened from there, for its own case alone, on record."""

import re
from urllib.parse import quote, unquote

import httpx
import pytest

from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.search.pages import PAGE_READS
from alpr_edge.domain.access_log.records import AccessOutcome
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.permissions.purposes import Purpose
from tests.department.enrolment import enrol_unit
from tests.department.inquiries.inquirers import Inquirers, authoriser_of, office_with_limits
from tests.department.page.page_office import FOR_STOLEN, PICTURED, TRAFFIC, client_of, newest

CASE, OTHER = "26-000077", "26-000078"
MISSING = "car-1:not-here"
COUNT = 2 * PAGE_READS + 3
ROW = re.compile(r"/holds/[\w-]+/[^/\"]+/reads/\d+/([^\"]+)\"")


@pytest.fixture(scope="module")
def hold_ids(inquirers: Inquirers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Holds by their units: of more reads than fit a page, and of one read with one that has not arrived."""
    for unit in ("car-1", "car-2"):
        enrol_unit(inquirers.directory, unit, tmp_path_factory.mktemp("units") / unit)
    many = [read.read_id for read in TRAFFIC if read.unit_id == "car-2"][:COUNT]
    assert len(many) == COUNT
    with open_office(inquirers.directory) as office:
        placed = office.holds.place(
            authoriser_of(office, inquirers.ids["records"]),
            Purpose("stolen_vehicle", case=CASE),
            [*many, "car-1:pictured", MISSING],
            "subpoena 12",
            None,
        )
    return {hold.unit_id: hold.hold_id for hold in placed}


def open_holds(client: httpx.Client, case: str = CASE, purpose: str = "stolen_vehicle") -> str:
    """The page of what is held for a case."""
    answer = client.post("/holds", data={"purpose": purpose, "case": case})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_all_reads_of_a_hold_are_listed_by_pages_in_their_order(
    inquirers: Inquirers, server: DepartmentPageServer, hold_ids: dict[str, str]
) -> None:
    with client_of(inquirers, server, "records") as client:
        holds = open_holds(client)
        first = f"{holds}/{quote(hold_ids['car-2'])}/reads/1"
        assert f'href="{first}"' in client.get(holds).text
        listed, path, pages = list[str](), first, 0
        while path:
            page, pages = client.get(path).text, pages + 1
            listed += [unquote(read_id) for read_id in ROW.findall(page)]
            more = re.search(r'class="button" href="([^"]+)">More<', page)
            path = more[1] if more else ""
        seen = {read.read_id: read.seen_at for read in TRAFFIC}
        times = [seen[read_id] for read_id in listed]
        sure = [time for time in times if time is not None]
        assert (pages, len(listed), len(set(listed))) == (3, COUNT, COUNT)
        assert (times[: len(sure)], None in times) == (sorted(sure), True)
        for number in ("0", "4", "x", "99999"):
            assert client.get(first.replace("/reads/1", f"/reads/{number}")).status_code == 404


def test_a_read_of_a_hold_is_opened_from_its_list_with_its_pictures_and_both_are_on_record(
    inquirers: Inquirers, server: DepartmentPageServer, hold_ids: dict[str, str]
) -> None:
    with client_of(inquirers, server, "officer") as client:
        path = f"{open_holds(client)}/{quote(hold_ids['car-1'])}"
        page = client.get(f"{path}/reads/1").text
        assert (PICTURED in page, f"{MISSING}: it has not arrived" in page, len(ROW.findall(page))) == (True, True, 1)
        records = [(each.action, each.objects, each.case, each.note) for each in newest(inquirers, 2)]
        hold_id = hold_ids["car-1"]
        assert records == [
            ("show_holds", (hold_id,), CASE, ""),
            ("search_reads", ("car-1/car-1:pictured",), CASE, f"reads of hold {hold_id}"),
        ]
        read = client.get(f"{path}/reads/1/{ROW.findall(page)[0]}").text
        assert (PICTURED in read, f'href="{path}/reads/1">Reads of the hold<' in read) == (True, True)
        (shown,) = newest(inquirers, 1)
        assert (shown.action, shown.objects) == ("show_reads", ("car-1/car-1:pictured",))
        picture = re.findall(r'src="(/pictures/[^"]+)"', read)[0]
        assert [client.get(picture).status_code for _ in range(2)] == [200, 404]
        assert client.get(f"{path}/reads/1/{quote(MISSING)}").status_code == 404
        others = next(read.read_id for read in TRAFFIC if read.unit_id == "car-1")
        assert client.get(f"{path}/reads/1/{quote(others)}").status_code == 404, "it is in no hold"


def test_reads_are_shown_for_the_case_of_their_hold_to_whoever_may_see_both(
    inquirers: Inquirers, server: DepartmentPageServer, hold_ids: dict[str, str]
) -> None:
    below = f"{quote(hold_ids['car-1'])}/reads/1"
    with client_of(inquirers, server, "records") as client, client_of(inquirers, server, "officer") as other:
        elsewhere = open_holds(client, OTHER)
        answer = client.get(f"{elsewhere}/{below}")
        assert (answer.status_code, "of another case" in answer.text, PICTURED in answer.text) == (404, True, False)
        assert client.get(f"{elsewhere}/{below}/car-1:pictured").status_code == 404
        everything = client.post("/holds", data=FOR_STOLEN).headers["location"]
        assert client.get(f"{everything}/{below}").status_code == 404
        assert "Its reads" not in client.get(everything).text
        assert other.get(f"{open_holds(client)}/{below}").status_code == 404, "another session"
    with client_of(inquirers, server, "supervisor") as client:
        path = f"{open_holds(client, purpose='discovery')}/{below}"
        answer = client.get(path)
    assert (answer.status_code, PICTURED in answer.text) == (403, False), "who holds for discovery sees no read for it"
    (record,) = newest(inquirers, 1)
    assert (record.action, record.outcome, record.reason) == ("search_reads", AccessOutcome.REFUSED, "not_granted")


def test_the_reads_of_a_hold_count_as_those_of_a_search(inquirers: Inquirers, hold_ids: dict[str, str]) -> None:
    with open_office(inquirers.directory) as office:
        few = office_with_limits(office, 1000, PAGE_READS)
        authoriser, purpose = authoriser_of(few, inquirers.ids["commander"]), Purpose("stolen_vehicle", case=CASE)
        assert len(few.holds.reads(authoriser, purpose, hold_ids["car-2"], 1).reads) == PAGE_READS
        with pytest.raises(AccessError, match="as many as may be"):
            few.holds.reads(authoriser, purpose, hold_ids["car-2"], 2)
