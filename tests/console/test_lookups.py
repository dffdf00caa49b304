"""Searches and entries at the page: who may, what is shown to whom, and what hostile requests come to."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.people.person import Role, SourcePermission
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.store.hotlists import officer_entries
from alpr_edge.store.unit_store import open_store
from alpr_edge.web.lookup_memory import PER_SESSION_MAX, LookupMemory
from alpr_edge.web.visitor import Visitor
from tests.console.page_rig import PageRig
from tests.staff import PEOPLE, staff_person

PLATE = "7ABC123"
FOR_STOLEN = {"purpose": "stolen_vehicle"}
LOCAL_OFFICER = staff_person("local", Role.OFFICER, sources=frozenset({SourcePermission.DEPARTMENT}))
ENTRY = {**FOR_STOLEN, "case": "26-000123", "plate": "7abc*", "reason": "major_crime", "expires": "4h"}
SCRIPT = "<script>alert(1)</script>"
BACKWARDS = "\u202e\u2066"


class ConfirmedClock:
    """This machine's clock, as one that a time server confirms."""

    def __init__(self) -> None:
        self._clock = SystemClock()

    def now(self) -> Instant:
        """The present instant."""
        return replace(self._clock.now(), utc_source=UtcSource.NTP, uncertainty_ms=5.0)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("lookups"), (*PEOPLE, LOCAL_OFFICER))
    rig.staff.clock = ConfirmedClock()
    with rig.serving():
        for number in range(1, 31):
            rig.add_hit(number)
        rig.add_hit(31, Reason.OTHER, plate="4XYZ999", covert=True)
        yield rig


@pytest.fixture
def officer(rig: PageRig) -> Iterator[httpx.Client]:
    with rig.client("officer") as client:
        yield client


def search(client: httpx.Client, **fields: str) -> str:
    """The address of a new search."""
    done = client.post("/search", data={**FOR_STOLEN, **fields})
    assert done.status_code == 303, done.text
    return done.headers["location"]


def test_a_search_is_paged_and_each_page_is_on_record(rig: PageRig, officer: httpx.Client) -> None:
    before = len(rig.staff.records())
    first = search(officer, plate="7abc?23")
    assert re.fullmatch(r"/search/[\w-]{22}/1", first), "no plate in the address"
    page = officer.get(first)
    assert (page.status_code, page.text.count(">7ABC123</a>")) == (200, 25)
    assert page.headers["cache-control"] == "no-store"
    second = f"{first[:-1]}2"
    assert second in page.text
    assert officer.get(second).text.count(">7ABC123</a>") == 5
    assert officer.get(first).status_code == 200, "the browser's way back"
    records = rig.staff.records()[before:]
    assert [(record.action, record.query, record.shown) for record in records] == [
        ("search_reads", "7ABC?23", 25),
        ("search_reads", "7ABC?23", 5),
        ("search_reads", "7ABC?23", 25),
    ]


def test_a_read_that_was_found_opens_with_its_pictures(rig: PageRig, officer: httpx.Client) -> None:
    address = search(officer, plate=PLATE)
    officer.get(address)
    read = f"{address[:-2]}/reads/unit-1:read-30"
    page = officer.get(read)
    assert page.status_code == 200
    assert "/hits/unit-1:hit-30" in page.text
    assert officer.get(f"{read}/pictures/crop").content.startswith(b"\xff\xd8\xff")
    assert officer.get(f"{read}/pictures/both").status_code == 404
    assert officer.get(f"{address[:-2]}/reads/unit-1:read-31").status_code == 404, "the search did not show it"
    assert rig.staff.records()[-1].action == "show_reads"


def test_another_session_and_a_page_that_is_none_are_refused(rig: PageRig, officer: httpx.Client) -> None:
    address = search(officer, plate=PLATE)
    officer.get(address)
    with rig.client("officer") as other, rig.client() as nobody:
        for client in (other, nobody):
            for path in (address, f"{address[:-2]}/reads/unit-1:read-1", f"{address[:-2]}/change"):
                answer = client.get(path)
                assert (answer.status_code, PLATE in answer.text) == (404, False)
    for path in ("0", "3", "99999999", "x", "²"):
        assert officer.get(f"{address[:-1]}{path}").status_code == 404
    assert officer.get(f"/search/{'x' * 22}/1").status_code == 404


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Give a plate, a time or a place"),
        ({"plate": "7*"}, "A partial plate needs 2"),
        ({"plate": SCRIPT}, "Longer than 10"),
        ({"plate": BACKWARDS}, "no plate"),
        ({"plate": PLATE, "camera": SCRIPT}, "no such camera"),
        ({"plate": PLATE, "state": SCRIPT}, "State is two letters"),
        ({"plate": PLATE, "purpose": ""}, "Choose what it is for"),
        ({"plate": PLATE, "purpose": "criminal_investigation", "case": "26-000123"}, "needs an offense"),
        ({"plate": PLATE, "purpose": "stolen_property"}, "needs a case number"),
        ({"plate": PLATE, "case": SCRIPT}, "A case number looks like 99-999999"),
        ({"time": "between", "begin": "yesterday"}, "such as 2026-05-04T18:00"),
        ({"place": "at", "at": "nowhere", "radius": "500"}, "latitude and longitude"),
    ],
)
def test_a_form_that_lacks_something_comes_back_and_says_what(
    rig: PageRig, officer: httpx.Client, fields: dict[str, str], says: str
) -> None:
    before = len(rig.staff.records())
    answer = officer.post("/search", data={**FOR_STOLEN, **fields})
    assert answer.status_code == 422
    assert says.lower() in answer.text.lower()
    assert "<script>alert" not in answer.text
    assert len(rig.staff.records()) == before


def test_a_purpose_that_is_barred_is_refused_and_on_record(rig: PageRig, officer: httpx.Client) -> None:
    address = search(officer, plate=PLATE, purpose="immigration_enforcement")
    answer = officer.get(address)
    assert (answer.status_code, PLATE in answer.text) == (403, False)
    last = rig.staff.records()[-1]
    assert (last.action, last.outcome, last.reason) == ("search_reads", "refused", "purpose_barred")


def test_a_body_that_is_too_long_is_refused(officer: httpx.Client) -> None:
    for path in ("/search", "/entries/new"):
        assert officer.post(path, data={"plate": "x" * 20_000}).status_code == 413
        assert officer.post(path, data={f"f{number}": "x" for number in range(40)}).status_code == 422


@pytest.mark.parametrize("person", ["technician", "auditor", "alpr-administrator", "training-supervisor"])
def test_whoever_may_not_search_gets_no_form_and_no_link_to_it(rig: PageRig, person: str) -> None:
    with rig.client(person) as client:
        for path in ("/search", "/entries", "/entries/new"):
            answer = client.get(path)
            assert answer.status_code == 403
            assert 'name="purpose"' not in answer.text
        done = client.post("/search", data={**FOR_STOLEN, "plate": PLATE})
        assert PLATE not in client.get(done.headers["location"]).text if done.status_code == 303 else True


def test_links_lead_where_somebody_may_go(rig: PageRig, officer: httpx.Client) -> None:
    links = re.compile(r'<a href="(/\w*)"')
    paths = set(links.findall(officer.get("/search").text.partition("</header>")[0]))
    assert paths == {"/", "/reads", "/search", "/entries", "/holds", "/canvass"}
    assert set(links.findall(officer.get("/").text.partition("</header>")[0])) == paths
    assert [officer.get(path).status_code for path in sorted(paths)] == [200] * 6
    with rig.client("records") as records:
        assert records.get("/entries/new").status_code == 403
        assert "/entries/new" not in records.get("/entries").text


def test_how_many_hits_wait_is_told_to_those_who_may_see_them(rig: PageRig, officer: httpx.Client) -> None:
    with rig.client("technician") as technician, rig.client() as nobody:
        told = [client.get("/waiting").json() for client in (officer, technician, nobody)]
        assert told == [{"count": 30, "grave": 30}, {"count": 0, "grave": 0}, {"count": 0, "grave": 0}]


@pytest.mark.review2(12)
def test_without_a_permission_for_the_list_nothing_beside_a_plate_tells_of_its_hit(rig: PageRig) -> None:
    with rig.client("local") as client:
        address = search(client, plate=PLATE)
        for page in (client.get(address).text, client.get(f"{address[:-2]}/reads/unit-1:read-30").text):
            assert PLATE in page
            assert not [text for text in ("doj-svs", "high hit", "/hits/", "no permission") if text in page]


def test_a_covert_hit_leaves_no_trace_in_a_search(officer: httpx.Client) -> None:
    page = officer.get(search(officer, plate="4XYZ999")).text
    assert "4XYZ999" in page
    assert "doj-svs" not in page
    assert "covert" not in page.lower()


def test_reads_without_a_known_time_are_a_search_of_their_own(officer: httpx.Client) -> None:
    address = search(officer, plate=PLATE, time="between", begin="2026-05-03T00:00", end="9999-12-30T23:30")
    assert officer.get(address).status_code == 200, "whose end is in the last days of the calendar"
    address = search(officer, plate=PLATE, time="between", begin="2026-05-03T00:00", end="2026-05-06T00:00")
    page = officer.get(address).text
    assert "the unit was off, or its clock was not confirmed" in page
    assert "Camera" in page
    done = officer.post(f"{address[:-2]}/untimed")
    assert "Nothing was found" in officer.get(done.headers["location"]).text
    form = officer.get(f"{address[:-2]}/change").text
    assert 'value="2026-05-03T00:00"' in form


def add(client: httpx.Client, **fields: str) -> str:
    """The page that says that an entry was added."""
    done = client.post("/entries/new", data={**ENTRY, **fields})
    assert done.status_code == 303, done.text
    assert PLATE not in done.headers["location"]
    return client.get(done.headers["location"]).text


def entries_page(client: httpx.Client, **fields: str) -> tuple[str, str]:
    """The address of the entries in force, and the page."""
    done = client.post("/entries", data={**FOR_STOLEN, **fields})
    return done.headers["location"], client.get(done.headers["location"]).text


def test_an_entry_is_added_looked_back_for_shown_and_removed(rig: PageRig, officer: httpx.Client) -> None:
    before = len(rig.staff.records())
    page = add(officer, vehicle=SCRIPT, remarks=BACKWARDS, place="here", radius="500", hours="Mo-Fr 22:00-06:00")
    assert "Stored reads that match: 30" in page
    assert "within 500 m of 37.64000, -120.99000" in page
    assert "<script>alert" not in page
    address, page = entries_page(officer)
    assert "7ABC*" in page
    (entry_id,) = re.findall(r'name="entry_id" value="(\w+)"', page)
    with open_store(rig.staff.unit, migrate=False) as store:
        (own,) = officer_entries.entries_in_force(store.database, None)
    assert (own.entry.record_id, own.added_by, own.case_number) == (entry_id, "Officer", "26-000123")
    with rig.client("officer") as other:
        assert other.post(f"{address}/remove", data={"entry_id": entry_id}).status_code == 404
    assert officer.post(f"{address}/remove", data={"entry_id": "0" * 8}).status_code == 404
    done = officer.post(f"{address}/remove", data={"entry_id": entry_id})
    assert (done.status_code, done.headers["location"]) == (303, address)
    assert "7ABC*" not in officer.get(address).text
    assert officer.post(f"{address}/remove", data={"entry_id": entry_id}).status_code == 422
    actions = [record.action for record in rig.staff.records()[before:]]
    assert actions[:3] == ["add_entry", "add_entry", "add_entry"], "allowed, what it shows, what is in force now"
    assert actions[3:] == ["show_entries", *["remove_entry"] * 2, "show_entries", *["remove_entry"] * 2, "show_entries"]


def test_what_was_found_of_a_new_entry_is_shown_once(officer: httpx.Client) -> None:
    done = officer.post("/entries/new", data=ENTRY)
    assert officer.get(done.headers["location"]).status_code == 200
    assert officer.get(done.headers["location"]).headers["location"] == "/entries"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"plate": ""}, "no plate"),
        ({"reason": ""}, "Choose why it is wanted"),
        ({"reason": "immigration_violator"}, "Government Code 7284.6"),
        ({"expires": "until"}, "Expires is such as"),
        ({"expires": "until", "until": "2020-01-01T00:00"}, "has ended already"),
        ({"expires": "until", "until": "2999-01-01T00:00"}, "90 days at most"),
        ({"hours": "sometimes"}, "hours are such as"),
        ({"place": "at", "at": "here"}, "an area is latitude,longitude,radius"),
        ({"case": ""}, "Case is empty"),
        ({"case": SCRIPT}, "A case number looks like"),
    ],
)
def test_an_entry_that_lacks_something_is_not_added(
    rig: PageRig, officer: httpx.Client, fields: dict[str, str], says: str
) -> None:
    before = rig.staff.records()[-1].sequence
    answer = officer.post("/entries/new", data={**ENTRY, **fields})
    assert answer.status_code == 422
    assert says.lower() in answer.text.lower()
    assert "<script>alert" not in answer.text
    assert all(record.note == "not done: FeedError" for record in rig.staff.records()[before + 1 :][1:])


def test_covert_entries_are_seen_by_those_who_are_cleared_and_leave_no_trace_for_others(
    rig: PageRig, officer: httpx.Client
) -> None:
    with rig.client("chief") as chief:
        assert "Covert" in chief.get("/entries/new").text
        assert "(covert)" in add(chief, plate="9ZZZ99?", covert="yes")
        address, page = entries_page(chief, covert="yes")
        assert "9ZZZ99?" in page
        (entry_id,) = re.findall(r'value="(\w{8})"', page.partition("9ZZZ99?")[2])[:1]
        assert "9ZZZ99?" not in entries_page(chief)[1]
        for path in ("/entries", "/entries/new"):
            assert "covert" not in officer.get(path).text.lower()
        own_address, page = entries_page(officer)
        assert "9ZZZ99?" not in page
        assert "covert" not in page.lower()
        assert officer.get(entries_page(officer, covert="yes")[0]).status_code == 403
        refused = officer.post("/entries/new", data={**ENTRY, "covert": "yes"})
        assert refused.status_code == 403
        assert officer.post(f"{own_address}/remove", data={"entry_id": entry_id}).status_code == 404
        assert chief.post(f"{address}/remove", data={"entry_id": entry_id}).status_code == 303


def test_while_the_car_moves_nothing_is_looked_up(tmp_path: Path) -> None:
    rig = PageRig(tmp_path, console='theme = "sun"')
    with rig.serving(), rig.client("officer") as client:
        paths = (
            "/search",
            "/search/x/1",
            "/search/x/change",
            "/entries",
            "/entries/new",
            "/entries/added/x",
            "/entries/x",
        )
        answers = [client.get(path) for path in paths]
        answers += [
            client.post(path, data=ENTRY) for path in ("/search", "/search/x/untimed", "/entries", "/entries/new")
        ]
        assert [answer.status_code for answer in answers] == [403] * len(answers)
        assert all("when the car stands" in answer.text for answer in answers)
        assert [record.action for record in rig.staff.records()] == []


def test_what_was_looked_up_is_gone_once_the_page_is_locked(rig: PageRig) -> None:
    with rig.client("officer") as client:
        address = search(client, plate=PLATE)
        assert client.get(address).status_code == 200
        client.post("/lock")
        assert client.get(address).status_code == 404


def test_forms_of_another_site_do_nothing(rig: PageRig) -> None:
    with rig.client("officer") as client:
        del client.headers["Sec-Fetch-Site"]
        for path in ("/search", "/entries", "/entries/new", "/search/x/untimed", "/entries/x/remove"):
            assert client.post(path, data=ENTRY, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def visitor(token: str) -> Visitor:
    return Visitor(token, "", "127.0.0.1", {}, {})


def test_what_is_looked_up_is_kept_for_a_while_and_bounded_by_session() -> None:
    memory = LookupMemory()
    other = memory.add(visitor("b"), "of another")
    words = [memory.add(visitor("a"), str(number)) for number in range(PER_SESSION_MAX + 1)]
    assert memory.find(visitor("a"), words[-1], str) == str(PER_SESSION_MAX)
    assert memory.find(visitor("b"), other, str) == "of another", "nobody else's goes for it"
    ended = LookupMemory(valid_s=0.0)
    word = ended.add(visitor("a"), "x")
    for each, token, known in ((memory, "a", words[0]), (memory, "b", words[-1]), (ended, "a", word)):
        with pytest.raises(SearchError):
            each.find(visitor(token), known, str)
    with pytest.raises(SearchError):
        memory.find(visitor("a"), words[-1], int)
    assert memory.take(visitor("a"), words[-1], str) == str(PER_SESSION_MAX)
    with pytest.raises(SearchError):
        memory.find(visitor("a"), words[-1], str)


def test_nothing_that_has_ended_or_whose_session_is_locked_is_kept() -> None:
    ended = LookupMemory(valid_s=0.0)
    for token in "abc":
        ended.add(visitor(token), "x")
    assert len(ended) == 1, "the newest alone, which ends with the next"
    memory = LookupMemory()
    word, other = memory.add(visitor("a"), "x"), memory.add(visitor("b"), "y")
    memory.forget(visitor("a"))
    with pytest.raises(SearchError):
        memory.find(visitor("a"), word, str)
    assert memory.find(visitor("b"), other, str) == "y"


def test_a_plate_is_shown_as_it_was_typed_and_searched_by_its_canonical_text(
    rig: PageRig, officer: httpx.Client
) -> None:
    page = officer.get(search(officer, plate="8oa 0?")).text
    assert "Plate <b>8OA0?</b>" in page
    assert rig.staff.records()[-1].query == "80A0?"
    added = officer.post("/entries/new", data={**ENTRY, "plate": "8oa 0*"})
    assert '<p class="plate">8OA0*</p>' in officer.get(added.headers["location"]).text
    assert rig.staff.records()[-1].query == "80A0*"
