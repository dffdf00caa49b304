"""The board of hits over TLS: live, each picture once, on record, and its streams bounded."""

import re
from collections.abc import Callable
from contextlib import ExitStack

import httpx
import pytest

from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.domain.plates import canonical
from alpr_edge.web.live.event_streams import STREAMS_A_SESSION_MAX
from tests.department.inquiries.hits.board_office import FAR, FEDERAL, HIDDEN, HITS, STOLEN, WANTED, deliver, said_of
from tests.department.inquiries.inquirers import Inquirers, changed_person
from tests.department.interchange.exchange_office import UNIT, hit_item_of, read_item_of, read_now
from tests.department.page.page_office import CROP, SCENE, client_of, newest

OF_STOLEN = f"/hits/{UNIT}/hit-of-{HITS[STOLEN]}"
REFRESH = {"X-Page-Refresh": "1"}


def test_the_board_tells_of_what_came_and_shows_each_picture_once(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "commander") as client:
        board = client.get("/hits").text
        assert (STOLEN in board, "NOT CONFIRMED" in board, FAR in board, f"hit of {FEDERAL}" in board) == (
            (True, True, False, True)
        )
        with client.stream("GET", "/live") as stream:
            events = (line for line in stream.iter_lines() if line.startswith("event: "))
            assert next(events) == "event: live"
            deliver(inquirers.directory, said_of(STOLEN, 1, DispositionPart.OUTCOME, "recovered"))
            assert "event: hits" in (next(events) for _ in range(60))
        assert "recovered, Ana Ruiz" in client.get("/hits", headers=REFRESH).text
        page = client.get(OF_STOLEN).text
        addresses = re.findall(r'src="(/hit-pictures/[\w-]+)"', page)
        assert re.findall(r'src="(/hit-pictures/[\w-]+)"', client.get(OF_STOLEN, headers=REFRESH).text) == addresses
        assert [client.get(each).content for each in addresses] == [CROP, SCENE]
        assert [client.get(each).status_code for each in addresses] == [404, 404]
    records = newest(inquirers, 4)
    assert [(each.action, each.objects[0], each.shown_bytes) for each in records] == [
        ("show_hit", f"{UNIT}/hit-of-{HITS[STOLEN]}", size) for size in (0, 0, len(CROP), len(SCENE))
    ]


def events_after(client: httpx.Client, arrive: Callable[[], None]) -> list[str]:
    """The events of the seconds after something arrives at the department."""
    with client.stream("GET", "/live") as stream:
        lines = (line.removeprefix("event: ") for line in stream.iter_lines() if line.startswith(("event: ", "id: ")))
        assert next(lines) == "live"
        while [next(lines) for _ in range(4)][1::2] != ["beat"] * 2:  # what came before is told by now
            pass
        arrive()
        return [next(lines) for _ in range(8)]


@pytest.mark.review2(7)
def test_a_covert_hit_is_in_no_stream_of_whoever_is_not_cleared_for_it(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    def arrive(plate: str, *, covert: bool) -> None:
        read = read_now(f"live-{plate}", plate)
        deliver(inquirers.directory, read_item_of(read), hit_item_of(read, covert=covert))

    with client_of(inquirers, server, "officer") as client:
        quiet = events_after(client, lambda: None)
        covert = events_after(client, lambda: arrive("7LIV001", covert=True))
        plain = events_after(client, lambda: arrive("7LIV002", covert=False))
    assert "hits" not in quiet
    assert covert == quiet
    assert "hits" in plain


@pytest.mark.review2(7)
def test_a_covert_hit_is_in_the_stream_of_whoever_is_cleared(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    read = read_now("live-cleared", "7LIV003")
    with (
        open_office(inquirers.directory) as office,
        changed_person(office, inquirers.ids["supervisor"], has_covert_clearance=True),
        client_of(inquirers, server, "supervisor") as client,
    ):
        items = read_item_of(read), hit_item_of(read, covert=True)
        arrived = events_after(client, lambda: deliver(inquirers.directory, *items))
    assert "hits" in arrived


@pytest.mark.review2(7)
def test_a_stream_is_for_whoever_may_see_hits_and_on_record(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    for role in ("technician", "auditor", "training-supervisor", "alpr-administrator"):
        with client_of(inquirers, server, role) as client:
            assert client.get("/live").status_code == 403, role
        (record,) = newest(inquirers, 1)
        assert (record.action, record.outcome.value, record.objects) == ("show_hit", "refused", ("live",)), role
    with client_of(inquirers, server, "officer") as client:
        for _ in range(2):
            with client.stream("GET", "/live") as stream:
                assert stream.status_code == 200
    before, record = newest(inquirers, 2)
    assert (record.action, record.outcome.value, record.objects) == ("show_hit", "allowed", ("live",))
    assert before.outcome.value == "refused", "once an hour, as the board"


def test_so_many_streams_of_a_session_and_no_more(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "officer") as client, ExitStack() as streams:
        for _ in range(STREAMS_A_SESSION_MAX):
            assert streams.enter_context(client.stream("GET", "/live")).status_code == 200
        assert client.get("/live").status_code == 503


def test_the_hits_of_a_plate_are_shown_for_a_case_alone(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    with client_of(inquirers, server, "officer") as client:
        asked = {"purpose": "stolen_vehicle", "plate": STOLEN.lower(), "case": "26-123456"}
        for fields, told in (({"case": ""}, "need a case number"), ({"case": "mine"}, "A case number looks like")):
            answer = client.post("/history", data=asked | fields)
            assert (answer.status_code, told in answer.text) == (422, True)
        for plate in ("7S*", "<b>", "7S?45", "12345678901", " "):
            answer = client.post("/history", data=asked | {"plate": plate})
            assert (answer.status_code, "Give one whole plate, without ? and *" in answer.text) == (422, True), plate
        typed = client.post("/history", data=asked | {"plate": " NOPE-99 "}).headers["location"]
        assert 'Hits of <span class="plate">NOPE-99</span>' in client.get(typed).text
        assert newest(inquirers, 1)[0].query == "N0PE99"
        begun = client.post("/history", data=asked)
        shown = client.get(begun.headers["location"])
        assert (shown.status_code, OF_STOLEN in shown.text, STOLEN in str(shown.url)) == (200, True, False)
        with client_of(inquirers, server, "commander") as other:
            assert other.get(begun.headers["location"]).status_code == 404
    (record,) = newest(inquirers, 1)
    assert (record.action, record.query, record.case, record.objects) == (
        "search_reads", canonical(STOLEN), "26-123456", (f"{UNIT}/hit-of-{HITS[STOLEN]}",),
    )  # fmt: skip


@pytest.mark.review2(12)
def test_the_hits_of_a_plate_do_not_tell_whether_it_is_on_a_list_that_one_may_not_see(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "officer") as client:
        pages = {
            plate: client.get(
                client.post(
                    "/history", data={"purpose": "stolen_vehicle", "plate": plate, "case": "26-123456"}
                ).headers["location"]
            ).text.replace(plate, "")
            for plate in (FAR, HIDDEN, "7AAA000")
        }
    assert len(set(pages.values())) == 1
    assert [each.shown for each in newest(inquirers, 3)] == [0, 0, 0]


@pytest.mark.review2(13)
def test_a_try_to_open_a_covert_hit_is_answered_and_on_record_as_one_of_any_that_is_not_here(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    names = f"hit-of-{HITS[HIDDEN]}", "hit-of-none"
    with client_of(inquirers, server, "officer") as client:
        tries = [client.get(f"/hits/{UNIT}/{name}") for name in names]
    assert len({(each.status_code, each.text) for each in tries}) == 1
    assert tries[0].status_code == 404
    records = newest(inquirers, 2)
    assert [each.objects for each in records] == [(f"{UNIT}/{name}",) for name in names]
    for record in records:
        assert (record.action, record.outcome.value, record.reason) == ("show_hit", "refused", "not_found")
        assert (record.person_id, record.purpose, record.shown) == (inquirers.ids["officer"], "emergency_alert", 0)
    with client_of(inquirers, server, "technician") as client:
        paths = [f"/hits/{UNIT}/{name}" for name in (*names, f"hit-of-{HITS[STOLEN]}")]
        assert [client.get(path).status_code for path in paths] == [403, 403, 403]


def test_a_confirmed_record_is_no_confirmed_vehicle(inquirers: Inquirers, server: DepartmentPageServer) -> None:
    def say(number: int, part: DispositionPart, answer: str) -> None:
        deliver(inquirers.directory, said_of(WANTED, number, part, answer))

    path = f"/hits/{UNIT}/hit-of-{HITS[WANTED]}"
    with client_of(inquirers, server, "commander") as client:
        say(11, DispositionPart.INQUIRY, "still_on_file")
        say(12, DispositionPart.CONFIRMATION, "confirmed")
        for address in ("/hits", path):
            page = client.get(address).text
            assert ("banner confirmed" in page, "THE RECORD ALONE IS CONFIRMED - compare" in page) == (False, True)
        say(13, DispositionPart.READ, "correct")
        for address in ("/hits", path):
            assert "banner confirmed" in client.get(address).text
        say(14, DispositionPart.READ, "dismissed")
        for address in ("/hits", path):
            page = client.get(address).text
            assert ("banner confirmed" in page, "DISMISSED - the record alone" in page) == (False, True)
        for number, answer in enumerate(("misread", "wrong_state", "not_this_vehicle"), 15):
            say(number, DispositionPart.READ, answer)
            for address in ("/hits", path):
                page = client.get(address).text
                assert (
                    "banner confirmed" in page,
                    f"{answer.replace('_', ' ').upper()} - the record alone" in page,
                ) == (False, True)
