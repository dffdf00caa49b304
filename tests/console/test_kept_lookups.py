"""What the page keeps of forms: nothing for whoever may not ask, and never more than a bound for all sessions."""

from collections.abc import Iterator

import httpx
import pytest

from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.people.person import Person, Role, Training
from alpr_edge.web.lookup_memory import LookupMemory
from alpr_edge.web.visitor import COOKIE
from tests.console.page_rig import PageRig
from tests.console.test_hold_pages import HOLD
from tests.console.test_lookups import FOR_STOLEN, PLATE, ConfirmedClock, search, visitor
from tests.staff import staff_person

FORMS = {"/search": {**FOR_STOLEN, "plate": PLATE}, "/entries": FOR_STOLEN, "/holds": FOR_STOLEN}
"""Forms with all that they need, by their paths."""


@pytest.fixture
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("kept"))
    rig.staff.clock = ConfirmedClock()
    with rig.serving():
        for number in range(1, 4):
            rig.add_hit(number)
        yield rig


def post_all(client: httpx.Client) -> list[int]:
    """The statuses that the forms are answered with."""
    return [client.post(path, data=form).status_code for path, form in FORMS.items()]


def test_nothing_is_kept_of_the_forms_of_whoever_may_not_ask(rig: PageRig) -> None:
    refused = [403] * len(FORMS)
    with rig.client() as nobody, rig.client("technician") as technician, rig.client("officer") as locked:
        locked.post("/lock")
        assert [post_all(client) for client in (nobody, technician, locked)] == [refused] * 3
        for number in range(3):
            nobody.cookies.set(COOKIE, f"made-up-{number}")
            assert post_all(nobody) == refused
    assert len(rig.unit.lookups) == 0
    with rig.client("officer") as officer:
        assert post_all(officer) == [303] * len(FORMS)
    assert len(rig.unit.lookups) == len(FORMS)


def test_whose_role_has_ended_goes_on_with_no_search(rig: PageRig) -> None:
    with rig.client("officer") as officer:
        address = search(officer, plate=PLATE)
        rig.staff.install(staff_person("officer", Role.TECHNICIAN))
        assert officer.post(f"{address[:-2]}/untimed").status_code == 403
    assert len(rig.unit.lookups) == 1


@pytest.mark.parametrize(
    "later", [staff_person("officer", Role.OFFICER, training=Training()), staff_person("officer", Role.TECHNICIAN)]
)
def test_a_search_is_looked_through_to_hold_it_for_whoever_may_hold_alone(rig: PageRig, later: Person) -> None:
    with rig.client("officer") as officer:
        address = search(officer, plate=PLATE)
        rig.staff.install(later)
        assert officer.post(f"{address[:-2]}/hold", data=HOLD).status_code == 403
        last = rig.staff.records()[-1]
        assert (last.action, last.outcome, last.query, last.objects) == ("hold_read", "refused", PLATE, ())
        assert officer.get(address).status_code == 403


def test_all_sessions_together_keep_no_more_than_a_bound_and_the_oldest_goes_first() -> None:
    memory = LookupMemory(per_session_max=2, total_max=3)
    words = [memory.add(visitor(token), token) for token in "abcd"]
    assert len(memory) == 3
    with pytest.raises(SearchError):
        memory.find(visitor("a"), words[0], str)
    assert [memory.find(visitor(token), word, str) for token, word in zip("bcd", words[1:], strict=True)] == [*"bcd"]
    for _ in range(3):
        memory.add(visitor("d"), "more")
    assert memory.find(visitor("c"), words[2], str) == "c", "what is too much for one session goes first"
