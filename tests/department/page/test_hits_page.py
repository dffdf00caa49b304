"""The board of hits over TLS: live, each picture once, on record, and its streams bounded."""

import re
from contextlib import ExitStack

from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.domain.plates import canonical
from alpr_edge.web.live.event_streams import STREAMS_A_SESSION_MAX
from tests.department.inquiries.hits.board_office import FAR, FEDERAL, HITS, STOLEN, WANTED, deliver, said_of
from tests.department.inquiries.inquirers import Inquirers
from tests.department.interchange.exchange_office import UNIT
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
                assert ("banner confirmed" in page, "NOT THIS VEHICLE - the record alone" in page) == (False, True)
