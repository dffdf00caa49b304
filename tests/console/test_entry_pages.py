"""Officers' own entries at the page: for whoever may see the department's data and is trained now."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from alpr_edge.domain.people.person import Role, SourcePermission, Training
from tests.console.page_rig import PageRig
from tests.console.test_lookups import ENTRY, FOR_STOLEN, ConfirmedClock, add, entries_page
from tests.staff import PEOPLE, staff_person

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
        assert (answer.status_code, "is not in force" in answer.text, "7ABC" in answer.text) == (403, True, False)
        rig.staff.install(*PEOPLE, NARROW)
        assert "7ABC123" in officer.get(added).text, "they were shown to nobody yet"
