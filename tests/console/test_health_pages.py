"""Health at the page: the strip everywhere, the page of all parts, technicians, and a visible equal of every sound."""

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from alpr_edge.app.fault_advice import FAULT_ADVICE
from alpr_edge.app.unit_faults import FAULT_RULES, Fault, FaultKind
from alpr_edge.console.application import BEAT_S
from alpr_edge.console.health_strip import LOOK_S
from alpr_edge.console.tone_signs import TONE_SIGNS
from alpr_edge.domain.alerting import Level, Tone
from alpr_edge.domain.hits import MatchKind
from alpr_edge.domain.people.person import Role
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.table import may_ever
from tests.console.page_rig import PageRig
from tests.department.waits import wait_until
from tests.services.unit_health.car import Car
from tests.services.unit_health.health_reports import CONSOLE, RUN, with_faults, with_figures

PLATE = "7ABC123"
FAULT_TONES = (Tone.TROUBLE, Tone.STALE, Tone.DISK, Tone.DAMAGED)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("health"))
    with rig.serving():
        rig.add_hit(1)
        yield rig


@pytest.fixture
def officer(rig: PageRig) -> Iterator[httpx.Client]:
    with rig.client("officer") as client:
        yield client


@pytest.fixture
def technician(rig: PageRig) -> Iterator[httpx.Client]:
    with rig.client("technician") as client:
        yield client


@pytest.fixture(scope="module")
def car(rig: PageRig) -> Iterator[Car]:
    with Car(rig.staff.unit.unit.runtime_directory) as car:
        yield car


def wait_for_strip(client: httpx.Client, words: str, path: str = "/health/strip") -> str:
    """The strip of a page, once it says these words; health is looked at once in :data:`LOOK_S`."""
    strip = ""

    def is_there() -> bool:
        nonlocal strip
        strip = strip_of(client.get(path).text)
        return words in strip

    wait_until(is_there)
    return strip


def strip_of(page: str) -> str:
    """The words of the strip of a page."""
    (strip,) = re.findall(r'(?s)<nav class="health".*?</nav>', page)
    return " ".join(re.sub("<[^>]*>", " ", strip).split())


def test_what_is_not_well_stands_in_the_strip_of_every_page(car: Car, officer: httpx.Client) -> None:
    car.tell(with_figures(RUN, utc_source="unknown"), CONSOLE)
    for path in ("/", "/hits/unit-1:hit-1", "/health", "/hits/none"):
        assert wait_for_strip(officer, "clock: not confirmed", path) == "clock: not confirmed", path


def test_the_strip_counts_what_is_not_well_and_says_the_gravest_in_full(car: Car, officer: httpx.Client) -> None:
    kinds = (FaultKind.RECEIVER, FaultKind.CLOCK, FaultKind.DISK_FULL, FaultKind.LIST_RED)
    car.tell(with_faults(*(Fault(kind, "doj", f"doj: {kind.value}") for kind in kinds)))
    assert wait_for_strip(officer, "5 problems") == "5 problems disk: full", "the reason why the reader is not ready"


def test_the_page_has_every_part_with_what_to_do(car: Car, technician: httpx.Client) -> None:
    car.tell(with_faults(Fault(FaultKind.RECEIVER, "position", "position: /dev/alpr-gps is not there")))
    wait_for_strip(technician, "receiver: not there")
    page = technician.get("/health").text
    rows = re.findall(r'(?s)<tr data-state="(\w+)">\s*<th scope="row">(.*?)</th>', page)
    assert rows[0] == ("attention", "receiver"), "what is not well stands first"
    assert {"clock", "sound", "list doj", "storage", "disk", "queue", "link", "roster", "certificates", "page"} <= {
        name for _, name in rows
    }
    assert "/dev/alpr-gps is not there." in page
    assert "Check its cable." in page


def test_a_hostile_name_is_shown_as_text(car: Car, technician: httpx.Client) -> None:
    lists = {"<script>x</script>\u202e": {"entries": 1, "age_s": None}}
    car.tell(with_figures(RUN, lists=lists, utc_source="rtc"))
    wait_for_strip(technician, "clock: not confirmed")
    page = technician.get("/health").text
    assert "<script>x" not in page
    assert "list &lt;script&gt;" in page


def test_whoever_may_not_see_hits_is_led_to_health_and_sees_no_hit(rig: PageRig) -> None:
    for role in (role for role in Role if not may_ever(frozenset({role}), Action.SEE_HITS)):
        with rig.client(role.value.replace("_", "-")) as client:
            assert client.get("/").headers["location"] == "/health", role
            page = client.get("/health").text
            assert 'href="/"' not in page
            client.post("/lock")
            locked = client.get("/").text
            for text in (page, locked):
                assert (PLATE in text, "doj-svs" in text, "No hits" in text) == (False,) * 3, role


def test_without_a_session_no_health_is_shown(rig: PageRig) -> None:
    with rig.client() as client:
        for path in ("/health", "/health/strip"):
            assert client.get(path).headers["location"] == "/sign-in"
        for path in ("/sign-in", "/none", "/hits/none"):
            assert 'id="health"' not in client.get(path).text


def test_an_open_page_hears_of_a_change(car: Car, officer: httpx.Client) -> None:
    car.tell(RUN, CONSOLE)
    with officer.stream("GET", "/live", timeout=60) as stream:
        events = (line.removeprefix("event: ") for line in stream.iter_lines() if line.startswith("event: "))
        assert next(events) == "live"
        assert next(event for event in events if event == "health"), "so that a page that comes back is true"
        car.tell(with_figures(RUN, has_fix=False, utc_source="unknown"))
        heard = [next(events) for _ in range(int(2 * LOOK_S / BEAT_S) + 1)]
        assert "health" in heard, "a look and a beat, each a second"


def test_every_sound_has_a_visible_equal(officer: httpx.Client) -> None:
    assert sorted(sign.tone for sign in TONE_SIGNS) == sorted(Tone), "a row for each tone, and one alone"
    page = officer.get("/health").text
    assert [tone for tone in Tone if f'<th scope="row">{tone.value}</th>' not in page] == []


@pytest.mark.parametrize("tone", [Tone.URGENT, Tone.HIGH, Tone.ROUTINE, Tone.POSSIBLE])
def test_the_tone_of_a_hit_is_seen(rig: PageRig, officer: httpx.Client, tone: Tone) -> None:
    level = Level.HIGH if tone is Tone.POSSIBLE else Level[tone.name]
    kind = MatchKind.CONFUSABLE if tone is Tone.POSSIBLE else MatchKind.EXACT
    made = rig.add_hit(100 + list(Tone).index(tone), level=level, plate="7A8C123", kind=kind)
    page = officer.get(f"/hits/{made.hit_id}").text
    possible = tone is Tone.POSSIBLE
    assert f'class="card level-{level.name.lower()}{" possible" if possible else ""}"' in page
    assert f"<b>{'possible ' if possible else ''}{level.name.lower()}</b>" in page
    assert ("similar: compare each character" in page) == possible


def test_the_tone_of_a_withdrawal_is_seen(rig: PageRig, officer: httpx.Client) -> None:
    made = rig.add_hit(200)
    rig.withdraw(made)
    page = officer.get(f"/hits/{made.hit_id}").text
    assert "WITHDRAWN" in page
    assert ", withdrawn" in officer.get("/").text, "in the row, as another hit may be the large one"
    officer.post("/lock")
    assert ", withdrawn" in officer.get("/").text


@pytest.mark.parametrize("tone", FAULT_TONES)
def test_the_tone_of_a_fault_is_seen(car: Car, officer: httpx.Client, tone: Tone) -> None:
    kind = next(kind for kind, rule in FAULT_RULES.items() if rule.tone is tone)
    advice = FAULT_ADVICE[kind]
    car.tell(with_faults(Fault(kind, advice.part.value, f"{advice.part.value}: {tone.value}")))
    assert wait_for_strip(officer, f"{advice.part.value}: {advice.words}")


def test_only_these_tones_are_those_of_faults() -> None:
    assert {rule.tone for rule in FAULT_RULES.values()} - {None} == set(FAULT_TONES)


def test_the_ready_note_and_its_absence_and_the_parting_note_are_seen(car: Car, officer: httpx.Client) -> None:
    car.tell(CONSOLE, with_faults(Fault(FaultKind.NO_LIST, "no hotlist", "no hotlist: nothing can be matched")))
    assert wait_for_strip(officer, "lists: none")
    assert "There is no ready note" in officer.get("/health").text
    car.tell(replace(with_figures(RUN, power="parting"), troubles=("the ignition is off: no plate is read",)))
    assert wait_for_strip(officer, "plate reader: ignition off")
    car.tell(RUN)
    assert wait_for_strip(officer, "All OK")


def test_health_is_told_while_the_store_says_nothing_of_hits_and_mutes(rig: PageRig, officer: httpx.Client) -> None:
    tables = ("hits", "requests")
    with rig.store.database.write() as connection:
        for table in tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        page = officer.get("/health")
        assert officer.get("/health/strip").status_code == 200
    finally:
        with rig.store.database.write() as connection:
            for table in tables:
                connection.exec_driver_sql(f"ALTER TABLE {table}_away RENAME TO {table}")
    assert (page.status_code, "<title>Health</title>" in page.text, ">hits not known<" in page.text) == (
        200,
        True,
        True,
    )
    assert " waiting</span>" in officer.get("/health").text


def test_health_is_told_while_the_store_does_not_answer(rig: PageRig, technician: httpx.Client) -> None:
    with rig.store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE canvasses RENAME TO canvasses_away")
    try:
        with technician.stream("GET", "/live") as live:
            events = live.iter_lines()
            while sum(next(events) == "event: beat" for _ in range(4 * int(3 * LOOK_S / BEAT_S))) < 1:
                pass  # what was seen before is looked at anew
            heard = [next(events) for _ in range(4 * int(3 * LOOK_S / BEAT_S))]
        assert "event: beat" in heard
        assert technician.get("/health").status_code == 200
        assert technician.get("/health/strip").status_code == 200
    finally:
        with rig.store.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE canvasses_away RENAME TO canvasses")
