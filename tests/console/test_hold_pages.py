"""Holds at the page: of a hit, of a read that was found, of a whole search; what is listed, and a release."""

import re
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest

from alpr_edge.access.authorisation.operations import RULES, Operation
from alpr_edge.domain.people.person import Role, SourcePermission
from alpr_edge.domain.permissions.actions import Action
from tests.console.page_rig import PageRig
from tests.console.test_lookups import FOR_STOLEN, PLATE, ConfirmedClock, search
from tests.staff import PEOPLE, staff_person

HOLD = {"case": "26-123456", "reason": "evidence"}
STATE_OFFICER = staff_person("state", Role.OFFICER, sources=frozenset({SourcePermission.STATE}))
"""May see hits of lists of the state, and no reads of the department."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("holds"), (*PEOPLE, STATE_OFFICER))
    rig.staff.clock = ConfirmedClock()
    with rig.serving():
        for number in range(1, 31):
            rig.add_hit(number)
        yield rig


@pytest.fixture
def officer(rig: PageRig) -> Iterator[httpx.Client]:
    with rig.client("officer") as client:
        yield client


def holds_page(client: httpx.Client) -> str:
    """The address of the list of holds."""
    done = client.post("/holds", data=FOR_STOLEN)
    assert done.status_code == 303, done.text
    return done.headers["location"]


def test_a_hit_is_held_listed_and_released_and_all_of_it_is_on_record(rig: PageRig, officer: httpx.Client) -> None:
    before = len(rig.staff.records())
    assert officer.post("/hits/unit-1:hit-1/hold", data=HOLD).headers["location"] == "/hits/unit-1:hit-1"
    assert "<b>HELD</b>: case 26-123456, Officer, until released" in officer.get("/hits/unit-1:hit-1").text
    address = holds_page(officer)
    page = officer.get(address)
    assert ("Held: 1" in page.text, "1, from a hit" in page.text, PLATE in page.text) == (True, True, False)
    hold_id = re.search(r'name="hold_id" value="([^"]+)"', page.text)
    assert hold_id is not None
    nothing_said = officer.post(f"{address}/release", data={"hold_id": hold_id[1]})
    assert (nothing_said.status_code, "Say why the reads need no longer be held" in nothing_said.text) == (422, True)
    released = {"hold_id": hold_id[1], "reason": "case closed"}
    assert officer.post(f"{address}/release", data=released).headers["location"] == address
    assert "Nothing is held" in officer.get(address).text
    assert officer.post(f"{address}/release", data=released).status_code == 422
    assert officer.post(f"{address}/release", data={"hold_id": "unit-1:other"}).status_code == 404
    actions = [record.action for record in rig.staff.records()[before:]]
    expected = ["hold_read", "show_hit", "show_hit", "show_holds", "show_holds", "release_read", "show_holds"]
    assert actions[: len(expected)] == expected


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"case": ""}, "A case number looks like 99-999999"),
        ({"case": "burglary"}, "looks like 99-999999"),
        ({"reason": " "}, "The reason is empty"),
        ({"until": "2020-01-01"}, "would have ended already"),
        ({"until": "soon"}, "such as 2026-12-31"),
    ],
)
def test_what_will_not_do_is_said_at_the_hit(officer: httpx.Client, changes: dict[str, str], says: str) -> None:
    answer = officer.post("/hits/unit-1:hit-2/hold", data=HOLD | changes)
    assert (answer.status_code, says in answer.text) == (422, True)


def test_a_read_that_was_found_and_then_the_whole_search_are_held(rig: PageRig, officer: httpx.Client) -> None:
    first = search(officer, plate="7abc?23")
    officer.get(first)
    read = f"{first[:-2]}/reads/unit-1:read-30"
    assert officer.post(f"{read}/hold", data=HOLD | {"until": "2099-12-31"}).headers["location"] == read
    page = officer.get(read).text
    assert "1 read is held for case 26-123456." in page
    assert f"until {datetime(2099, 12, 31, 23, 59).astimezone():%H:%M %Z, %d %b %Y}" in page
    assert "1 read is held" not in officer.get(read).text, "said once"
    assert officer.post(f"{first[:-2]}/hold", data=HOLD).headers["location"] == first
    page = officer.get(first).text
    assert "30 reads are held for case 26-123456." in page
    assert page.count(" held</th>") == 25
    record = next(record for record in reversed(rig.staff.records()) if record.action == "hold_read")
    assert (record.query, len(record.objects)) == ("7ABC?23", 30)
    officer.post(f"{first[:-2]}/hold", data=HOLD | {"case": "x"})
    assert "A case number looks like" in officer.get(first).text
    assert officer.post(f"{first[:-2]}/reads/unit-1:read-99/hold", data=HOLD).status_code == 404
    assert "30, found by a search" in officer.get(holds_page(officer)).text


@pytest.mark.review2(6)
def test_whoever_may_not_search_learns_by_no_hold_whether_a_plate_was_read(rig: PageRig) -> None:
    before = len(rig.staff.records())
    with rig.client("state") as client:
        answers = set[tuple[int, str]]()
        for plate in (PLATE, "9ZZZ999"):
            first = search(client, plate=plate)
            held = client.post(f"{first[:-2]}/hold", data=HOLD)
            assert client.get(first).status_code == 403
            answers.add((held.status_code, held.text))
        assert len(answers) == 1
        assert held.status_code == 403
    tries = [each for each in rig.staff.records()[before:] if each.action == "hold_read"]
    assert [(each.outcome.value, each.reason, each.objects, each.shown) for each in tries] == [
        ("refused", "source", (), 0)
    ] * 2


@pytest.mark.review2(6)
@pytest.mark.parametrize(
    "operation",
    [
        each
        for each in Operation
        if RULES[each].action in {Action.CANVASS, Action.SEE_READS} or each.value.startswith(("hold_read", "search_"))
    ],
)
def test_whatever_is_done_with_reads_needs_the_permission_for_them(operation: Operation) -> None:
    ending = Operation.END_CANVASS  # shows no read, and lets go of some
    assert (RULES[operation].source is SourcePermission.DEPARTMENT) is (operation is not ending)
