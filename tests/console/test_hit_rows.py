"""Rows of hits: plate, reason and picture for those who may see them, one row for a vehicle and entry."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from alpr_edge.domain.hits import Reason
from alpr_edge.domain.page_requests.quiet import QUIETED_MAX, QuietOrder
from alpr_edge.domain.page_requests.request import PageRequest, RequestAnswer, RequestOutcome
from alpr_edge.domain.people.person import Role, SourcePermission
from alpr_edge.store.requests.page_requests import add_request, answer_request, quiet_entries, quiet_requests
from tests.app.stages.test_store_counts import until
from tests.console.page_rig import PageRig
from tests.staff import PEOPLE, staff_person
from tests.store.records import decided, hit, instant, plate_read

LOCAL_OFFICER = staff_person("local", Role.OFFICER, sources=frozenset({SourcePermission.DEPARTMENT}))
PLATES = {"7ABC123": Reason.STOLEN_VEHICLE, "5XYZ900": Reason.WANTED_PERSON}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[PageRig]:
    """Two vehicles, each of which passed four times."""
    rig = PageRig(tmp_path, (*PEOPLE, LOCAL_OFFICER))
    with rig.serving():
        for number in range(8):
            plate = list(PLATES)[number % 2]
            rig.add_hit(number, PLATES[plate], plate=plate)
        yield rig


@pytest.fixture
def officer(rig: PageRig) -> Iterator[httpx.Client]:
    with rig.client("officer") as client:
        yield client


def reel_of(client: httpx.Client, path: str = "/") -> str:
    page = client.get(path)
    assert page.status_code == 200, page.text
    return page.text[page.text.index('<nav class="reel"') : page.text.index("</nav>", page.text.index('class="reel"'))]


def test_a_vehicle_is_one_row_with_plate_reason_picture_and_count(rig: PageRig, officer: httpx.Client) -> None:
    reel = reel_of(officer)
    assert (reel.count("<li "), reel.count("4 hits</span>")) == (2, 2)
    for plate, reason in PLATES.items():
        assert f'<b class="plate">{plate}</b>' in reel
        assert reason.value.replace("_", " ") in reel
    assert "8 waiting" in reel
    before = len(rig.staff.records())
    (first, second) = re.findall(r'src="(/hits/[^"]+/thumbnail\?[0-9a-f]{16})"', reel)
    for address in (first, second):
        assert officer.get(address).content.startswith(b"\xff\xd8\xff")
    assert rig.staff.records()[before:] == [], "the row that was shown is on record with its pictures"


def test_the_plates_shown_first_are_on_record_once_and_a_new_one_alone(rig: PageRig, officer: httpx.Client) -> None:
    before = len(rig.staff.records())
    reel_of(officer)
    card, *rows = rig.staff.records()[before:]
    shown = {name for record in (card, *rows) for name in record.objects if name.startswith("unit-1:hit-")}
    assert shown == {f"unit-1:hit-{number}" for number in range(8)}
    assert [record.note for record in rows] == ["row of hits: plate, reason and picture of the plate"] * 2
    assert {record.purpose for record in rows} == {"stolen_vehicle", "wanted_or_missing"}
    again = len(rig.staff.records())
    reel_of(officer)
    assert len(rig.staff.records()) == again + 1, "the card alone"
    rig.add_hit(9, Reason.STOLEN_VEHICLE, plate="8NEW123")
    reel_of(officer, "/hits/unit-1:hit-1")
    assert [record.objects for record in rig.staff.records()[again + 2 :]] == [("unit-1:hit-9",)]


def test_card_and_row_show_one_time_however_long_the_vehicle_stays_in_view(rig: PageRig, officer: httpx.Client) -> None:
    stays = replace(plate_read("unit-1:read-30", "4STY123"), last_seen=instant(16_400))
    made = hit("unit-1:hit-30", stays.read_id, stays.plate)
    rig.store.reads.commit([decided(stays, [made])])
    page = officer.get(f"/hits/{made.hit_id}").text
    card, row = page.partition("<article")[2], reel_of(officer, f"/hits/{made.hit_id}").partition("4STY123")[2]
    assert re.findall(r"\d\d:\d\d:\d\d", card)[:1] == re.findall(r"\d\d:\d\d:\d\d", row)[:1]


def test_an_officer_without_permission_and_a_locked_screen_see_no_plate(rig: PageRig, officer: httpx.Client) -> None:
    with rig.client("local") as local:
        reel = reel_of(local)
        assert (reel.count("<li "), "doj-svs" in reel) == (8, True)
        assert not any(plate in reel for plate in PLATES)
        assert "thumbnail" not in reel
        assert local.get("/hits/unit-1:hit-1/thumbnail").status_code == 403
    reel_of(officer)
    officer.post("/lock")
    page = officer.get("/").text
    assert not any(plate in page for plate in PLATES)
    assert "thumbnail" not in page
    assert officer.get("/hits/unit-1:hit-1/thumbnail").status_code == 403


def test_read_and_listed_text_are_both_shown_where_they_differ(rig: PageRig, officer: httpx.Client) -> None:
    rig.withdraw(rig.add_hit(20, Reason.STOLEN_PLATE))
    reel = reel_of(officer)
    assert "listed" in reel
    assert "withdrawn" in reel


def test_one_press_gives_an_answer_to_all_hits_that_were_shown(rig: PageRig, officer: httpx.Client) -> None:
    path = "/hits/unit-1:hit-7"
    assert "Same answer for all" not in reel_of(officer, path), "nothing was answered"
    officer.post(f"{path}/answers", data={"part": "read", "answer": "not_this_vehicle"})
    reel = reel_of(officer, path)
    newest = re.search(r'name="newest" value="([^"]+)"', reel)
    assert newest is not None
    assert "Same answer for all (3 more)" in reel
    rig.add_hit(21, Reason.WANTED_PERSON, plate="5XYZ900")
    before = len(rig.staff.records())
    done = officer.post(f"{path}/same-answer", data={"newest": newest[1]})
    assert (done.status_code, done.headers["location"]) == (303, path)
    record = rig.staff.records()[before]
    assert (record.action, record.note) == ("dispose_hit", "read: not_this_vehicle; same answer for all")
    assert set(record.objects) == {f"unit-1:hit-{number}" for number in (1, 3, 5, 7)}
    officer.post("/hits/unit-1:hit-0/answers", data={"part": "read", "answer": "correct"})
    half = reel_of(officer, "/hits/unit-1:hit-0")
    assert "Same answer for all (3 more)" in half
    newest_of_other = re.search(r'name="newest" value="([^"]+)"', half)
    assert newest_of_other is not None
    officer.post("/hits/unit-1:hit-0/same-answer", data={"newest": newest_of_other[1]})
    assert "Same answer for all" not in reel_of(officer, "/hits/unit-1:hit-0"), "they are all at the same step"
    for number in (1, 3, 5):
        assert "not this vehicle" in officer.get(f"/hits/unit-1:hit-{number}").text
    assert "5 waiting" in reel_of(officer), "another vehicle, and a hit that the officer had not seen"
    with rig.client("local") as local:
        assert local.post(f"{path}/same-answer", data={"newest": newest[1]}).status_code == 403


def test_an_entry_is_quiet_until_the_officer_ends_the_shift(
    rig: PageRig, officer: httpx.Client, tmp_path: Path
) -> None:
    path = "/hits/unit-1:hit-0"
    with rig.answering(tmp_path):
        before = len(rig.staff.records())
        assert officer.post(f"{path}/quiet").status_code == 303
        record = rig.staff.records()[before]
        assert (record.action, record.objects) == ("quiet_entry", ("unit-1:hit-0", "unit-1:read-0"))
        until(lambda: ", quiet" in reel_of(officer, path))
        page = officer.get(path).text
        assert page.count(", quiet") == 1, "the other vehicle is not"
        assert "tone: quiet for this shift (Officer" in page
        with rig.client("chief") as chief:
            assert ", quiet" in reel_of(chief, path), "it holds for the unit"
            officer.post("/sign-out")
            assert ", quiet" not in reel_of(chief, path)
        with rig.client("officer") as again:
            assert ", quiet" not in reel_of(again, path), "another shift"
            again.post(f"{path}/quiet")
            until(lambda: ", quiet" in reel_of(again, path))
            again.post(f"{path}/quiet/end")
            until(lambda: ", quiet" not in reel_of(again, path))
            assert "tone: sounds again (Officer" in again.get(path).text


def test_so_many_entries_are_quiet_and_no_more(rig: PageRig, officer: httpx.Client) -> None:
    reel_of(officer)
    now, session = rig.staff.clock.now(), rig.staff.records()[-1].session
    for number in range(QUIETED_MAX):
        made = rig.add_hit(number + 100, plate=f"4QT{number:04}", record_id=str(number))
        request = PageRequest(f"unit-1:r{number}", QuietOrder(made.hit_id), "officer", "Officer", session, now)
        with rig.store.database.write() as connection:
            add_request(connection, request)
            answer_request(connection, request.request_id, RequestAnswer(RequestOutcome.DONE), now)
    refused = officer.post("/hits/unit-1:hit-0/quiet")
    assert "64 entries are quiet already; let one of them sound again" in refused.text
    officer.post("/hits/unit-1:hit-100/quiet/end")
    with rig.store.database.read() as connection:
        assert len(quiet_entries(quiet_requests(connection, now.boot_id))) == QUIETED_MAX, "until the unit does it"


@pytest.mark.parametrize("person", ["local", "technician", "auditor", ""])
def test_nobody_else_keeps_an_entry_quiet(rig: PageRig, person: str) -> None:
    with rig.client(person) as client:
        assert client.post("/hits/unit-1:hit-0/quiet").status_code == 403
    assert not rig.unit.quiets.by_entry(rig.staff.clock.now())
