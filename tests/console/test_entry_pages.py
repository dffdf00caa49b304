"""Officers' own entries at the page: for whoever may see the department's data and is trained now."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from alpr_edge.domain.people.person import Role, SourcePermission, Training
from tests.console.page_rig import PageRig
from tests.console.test_lookups import ENTRY, FOR_STOLEN, ConfirmedClock, add, entries_page
from tests.services.unit_health.car import Car
from tests.services.unit_health.health_reports import RUN
from tests.staff import PEOPLE, staff_person

TOUCHES = 5
OTHERS = frozenset({SourcePermission.STATE, SourcePermission.FEDERAL})
NARROW = staff_person("narrow", Role.OFFICER, sources=OTHERS)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("entries"), (*PEOPLE, NARROW))
    rig.staff.clock = ConfirmedClock()
    with rig.serving():
        for number in range(1, 4):
            rig.add_hit(number)
        yield rig


def test_without_a_permission_for_the_department_s_data_no_entry_is_shown(rig: PageRig) -> None:
    with rig.client("officer") as officer, rig.client("narrow") as narrow:
        add(officer, plate="4SEC*", remarks="armed", vehicle="blue Honda")
        assert "4SEC*" in entries_page(officer)[1]
        answer = narrow.get(narrow.post("/entries", data=FOR_STOLEN).headers["location"])
        assert (answer.status_code, "no permission for the source" in answer.text) == (403, True)
        assert not [each for each in ("4SEC", "armed", "Honda", "26-000123") if each in answer.text]
        last = rig.staff.records()[-1]
        assert (last.action, last.outcome, last.reason) == ("show_entries", "refused", "source")
        page = add(narrow, plate="7abc*")
        assert ("7ABC*" in page, "4SEC" in page) == (True, False), "what they typed, and the reads that match it"


def test_whose_training_has_ended_sees_no_earlier_reads_of_an_entry_that_they_added(rig: PageRig) -> None:
    untrained = [replace(one, training=Training()) if one.person_id == "officer" else one for one in PEOPLE]
    with rig.client("officer") as officer:
        added = officer.post("/entries/new", data=ENTRY).headers["location"]
        rig.staff.install(*untrained, NARROW)
        answer = officer.get(added)
        assert (answer.status_code, "training is missing" in answer.text, "7ABC" in answer.text) == (403, True, False)
        rig.staff.install(*PEOPLE, NARROW)
        assert "7ABC123" in officer.get(added).text, "they were shown to nobody yet"


def test_touches_at_once_and_a_second_officer_make_one_entry(rig: PageRig) -> None:
    with rig.client("officer") as officer, rig.client("supervisor") as second:
        with ThreadPoolExecutor(TOUCHES) as touches:
            answers = list(touches.map(lambda _: add(officer, plate="5TWI*", remarks="armed"), range(TOUCHES)))
        assert sum("Already active" in page for page in answers) == TOUCHES - 1
        page = add(second, plate="5twi*", expires="3d", remarks="unarmed")
        assert re.search(r"<h1>Already active, until \d\d:\d\d ", page)
        assert "in force, by Officer: it stands as it is here, not as it was typed now" in page
        assert ("armed" in page, "unarmed" in page) == (True, False)
        assert entries_page(officer)[1].count('<p class="plate">5TWI*') == 1


def test_what_else_watches_for_a_plate_is_shown_once_one_entry_of_it_is_removed(rig: PageRig) -> None:
    with rig.client("officer") as officer:
        for case in ("26-000201", "26-000202", "26-000203"):
            add(officer, plate="6TRI*", case=case)
        add(officer, plate="6NEW*")
        address, page = entries_page(officer)
        assert "still active" not in page
        for told in ("2 other entries have it", "another entry has it"):
            first = re.findall(r'name="entry_id" value="(\w+)"', page.partition(">6TRI*")[2])[0]
            officer.post(f"{address}/remove", data={"entry_id": first})
            page = officer.get(address).text
            assert f"Removed, but this plate is still listed: {told}" in page
            assert re.findall(r'<p class="plate">(\S+)', page)[0] == "6TRI*", "before those that are newer"
            assert page.count("<b>still active</b>") == page.count(">6TRI*")
        first = re.findall(r'name="entry_id" value="(\w+)"', page.partition(">6TRI*")[2])[0]
        officer.post(f"{address}/remove", data={"entry_id": first})
        assert "still active" not in officer.get(address).text


def test_an_entry_is_watched_for_once_the_plate_reader_runs(rig: PageRig) -> None:
    with rig.client("officer") as officer:
        stopped = [add(officer, plate="8RUN*") for _ in range(2)]
        assert "<h1>Added; active once the plate reader runs</h1>" in stopped[0]
        assert "It is active once the plate reader runs." in stopped[1]
        with Car(rig.staff.unit.unit.runtime_directory) as car:
            car.tell(RUN)
            assert "<h1>Added; active within seconds</h1>" in add(officer, plate="8RUN?")
            assert "once the plate reader runs" not in add(officer, plate="8RUN?")
            car.tell(replace(RUN, ready=False))
            assert "<h1>Added; active once the plate reader runs</h1>" in add(officer, plate="9RUN?")
