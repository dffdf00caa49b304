"""The page while the car moves, by hand: what it shows, what it refuses, and what a passenger may."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from alpr_edge.console.theme import ThemeChoice
from alpr_edge.console.unit import PASSENGER_MS, PASSENGERS_MAX, SpeedRestriction
from alpr_edge.domain.alerting import Level
from alpr_edge.domain.errors import AccessError
from alpr_edge.domain.hits import OWN_SOURCE, MatchKind
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.motion.vehicle_state import VehicleState
from alpr_edge.domain.people.person import Role, SourcePermission
from alpr_edge.position.vehicle_state_file import write_vehicle_state
from alpr_edge.runtime.clock import ReplayedClock, SystemClock
from alpr_edge.settings import Settings
from alpr_edge.settings.schema import ConsoleSettings, UnitSettings
from alpr_edge.web.visitor import Visitor
from tests.app.stages.test_store_counts import until
from tests.console.page_rig import PageRig
from tests.console.test_roles import NAMES, RULES
from tests.staff import PEOPLE, staff_person

PLATE = "7ABC123"
LOCAL_OFFICER = staff_person("local", Role.OFFICER, sources=frozenset({SourcePermission.DEPARTMENT}))
NOW = Instant("boot", 10**12)
AT_SPEED = {
    "GET /",
    "GET /hits/{hit_id}",
    "GET /reads/{follow_id}",
    "POST /hits/{hit_id}/answers",
    "POST /passenger",
    "POST /mute",
    "POST /mute/end",
    "GET /waiting",
    "GET /health/strip",
    "GET /live",
    "GET /files/{digest}/{name}",
    "GET /sign-in",
    "POST /lock",
    "POST /sign-out",
}
"""The routes that a driver has; what each of them leaves out at speed the tests below say."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    """A unit whose receiver says nothing: as at speed."""
    rig = PageRig(tmp_path_factory.mktemp("speed"), (*PEOPLE, LOCAL_OFFICER), console='theme = "sun"')
    with rig.serving():
        rig.add_hit(1, vehicle="x" * 100)
        yield rig


@pytest.fixture
def officer(rig: PageRig) -> Iterator[httpx.Client]:
    with rig.client("officer") as client:
        yield client


def test_at_speed_there_is_the_gravest_hit_alone(rig: PageRig, officer: httpx.Client) -> None:
    gravest = rig.add_hit(2, level=Level.URGENT)
    rig.add_hit(3, level=Level.NOTICE)
    page = officer.get("/").text
    assert f'data-hit="{gravest.hit_id}"' in page
    assert page.count("<article") == 1
    assert page.count('name="answer"') == 2
    assert page.count('class="fact') == 3, "and the two plates are the fourth"
    assert "NOT CONFIRMED - VERIFY THROUGH CLETS" in page
    assert "2 more waiting" in page
    for typed in ("<a ", "<details", "<input name", "<textarea", "<select", "<img", "/hits/unit-1:hit-3"):
        assert typed not in page
    done = officer.post(f"/hits/{gravest.hit_id}/answers", data={"part": "read", "answer": "dismissed"})
    assert done.status_code == 303
    assert "1 more waiting" in officer.get(done.headers["location"], follow_redirects=True).text


def test_long_words_of_a_list_are_cut(officer: httpx.Client) -> None:
    assert "x" * 31 + "…" in officer.get("/").text


@pytest.mark.parametrize(
    "form",
    [{"part": "outcome", "answer": "arrest"}, {"part": "read", "answer": "misread"}, {"part": "read", "answer": ""}],
)
def test_what_takes_more_than_one_touch_is_refused_at_speed(officer: httpx.Client, form: dict[str, str]) -> None:
    answer = officer.post("/hits/unit-1:hit-1/answers", data=form)
    assert (answer.status_code, "when the car stands" in answer.text) == (403, True)


def test_a_hit_chosen_in_the_row_leads_to_the_page_at_speed(rig: PageRig, officer: httpx.Client) -> None:
    assert officer.get("/hits/unit-1:hit-1").headers["location"] == "/"
    with rig.client() as nobody:
        assert PLATE not in nobody.get("/hits/unit-1:hit-1", follow_redirects=True).text


def test_a_correction_and_earlier_reads_are_refused_at_speed(officer: httpx.Client) -> None:
    path = "/hits/unit-1:hit-1"
    answers = [
        officer.post(f"{path}/correction", data={"plate": "7ABC128"}),
        officer.post(f"{path}/correction", data={}),
        officer.get(f"{path}/earlier"),
    ]
    for answer in answers:
        assert (answer.status_code, "when the car stands" in answer.text, PLATE in answer.text) == (403, True, False)


@pytest.mark.parametrize("name", sorted(set(RULES) - AT_SPEED))
def test_every_other_route_is_refused_at_speed(officer: httpx.Client, name: str) -> None:
    method, _, path = name.partition(" ")
    answer = officer.request(method, path.format(**NAMES), data=RULES[name].form or None)
    assert (answer.status_code, "when the car stands" in answer.text) == (403, True)


def test_the_page_at_speed_tells_of_a_mute_and_is_locked_by_one_touch(rig: PageRig) -> None:
    with rig.client("officer") as client:
        client.post("/mute", data={"minutes": "5"})
        page = client.get("/").text
        assert "muting..." in page
        assert 'action="/lock"' in page
        assert "/mute/end" not in page
        client.post("/lock")
        assert PLATE not in client.get("/").text


def test_a_mute_in_force_is_ended_at_speed_by_one_touch(tmp_path: Path) -> None:
    rig = PageRig(tmp_path, console='theme = "sun"')
    with rig.serving(), rig.answering(tmp_path), rig.client("officer") as client:
        client.post("/mute", data={"minutes": "30"})
        until(lambda: "MUTED until" in client.get("/").text)
        page = client.get("/").text
        assert ('action="/mute/end"' in page, "<details" in page) == (True, False)
        assert client.post("/mute/end").status_code == 303
        until(lambda: "MUTED" not in client.get("/").text)


def test_a_possible_hit_is_told_as_such_at_speed_and_when_locked(tmp_path: Path) -> None:
    rig = PageRig(tmp_path, (*PEOPLE, LOCAL_OFFICER), console='theme = "sun"')
    with rig.serving(), rig.client("officer") as client:
        rig.add_hit(1, kind=MatchKind.CONFUSABLE, sounded=Level.NOTICE)
        page = client.get("/").text
        assert '<article class="at-speed level-high possible"' in page
        assert '<p class="fact why">possible stolen vehicle</p>' in page
        client.post("/lock")
        page = client.get("/").text
        assert ('<li class="glance level-high possible">' in page, "<b>possible high</b>" in page) == (True, True)
        with rig.client("local") as other:
            assert "possible high hit of doj-svs; you have no permission" in other.get("/").text


def test_a_hit_of_a_source_that_is_withheld_does_not_stand_before_one_that_is_shown(tmp_path: Path) -> None:
    rig = PageRig(tmp_path, (LOCAL_OFFICER,), console='theme = "sun"')
    with rig.serving(), rig.client("local") as client:
        rig.add_hit(1, level=Level.URGENT)
        own = rig.add_hit(2, level=Level.NOTICE, source=OWN_SOURCE)
        page = client.get("/").text
        assert f'data-hit="{own.hit_id}"' in page
        assert "1 more waiting" in page
        client.post(f"/hits/{own.hit_id}/answers", data={"part": "read", "answer": "dismissed"})
        assert "you have no permission for it" in client.get("/").text


def test_without_a_permission_for_the_source_there_is_no_plate(rig: PageRig) -> None:
    with rig.client("local") as client:
        page = client.get("/").text
    assert (PLATE in page, "you have no permission for it" in page) == (False, True)


def test_a_passenger_gets_everything_and_is_on_record(rig: PageRig, officer: httpx.Client) -> None:
    before = len(rig.staff.records())
    assert officer.post("/passenger").headers["location"] == "/"
    record = rig.staff.records()[before]
    assert (record.action, record.person_id, record.outcome) == ("say_not_driving", "officer", "allowed")
    page = officer.get("/").text
    assert "Not driving until" in page
    assert "CLETS inquiry" in page
    with rig.client("supervisor") as other:
        assert "CLETS inquiry" not in other.get("/").text, "of this session alone"
    officer.post("/lock")
    assert "Not driving" not in officer.get("/").text


def test_whoever_may_not_say_it_is_refused(rig: PageRig) -> None:
    for person in ("auditor", ""):
        with rig.client(person) as client:
            assert client.post("/passenger").status_code == 403


def test_at_rest_the_page_is_whole(rig: PageRig, officer: httpx.Client) -> None:
    now, directory = SystemClock().now(), rig.staff.unit.unit.runtime_directory
    state = VehicleState(now, now, 0.0, now.shift(-2000), is_day=False)
    write_vehicle_state(directory, state)
    page = officer.get("/").text
    assert "CLETS inquiry" in page
    assert 'data-theme="night"' in html_tag(page)
    assert '<meta name="color-scheme" content="dark">' in page
    write_vehicle_state(directory, replace(state, slow_since=None, is_day=True))
    page = officer.get("/nothing").text
    assert 'data-theme="day"' in html_tag(page), "of a refusal as well"
    assert "CLETS inquiry" not in officer.get("/").text
    (directory / "vehicle.json").unlink()
    assert "data-theme" not in html_tag(officer.get("/").text)


def html_tag(page: str) -> str:
    return page.partition("<html")[2].partition(">")[0]


def visitor(token: str) -> Visitor:
    return Visitor(token, "", "127.0.0.1", {}, {})


def settings_of(folder: Path, **console: str) -> Settings:
    return Settings(unit=UnitSettings(runtime_directory=folder), console=ConsoleSettings(**console))  # type: ignore[arg-type] # words of the schema


def restriction(folder: Path, clock: ReplayedClock, **console: str) -> SpeedRestriction:
    return SpeedRestriction(settings_of(folder, **console), clock)


def test_a_passenger_is_one_for_ten_minutes_of_boot_time(tmp_path: Path) -> None:
    clock = ReplayedClock(NOW)
    speed = restriction(tmp_path, clock)
    speed.begin_passenger(visitor("a"))
    clock.move_to(NOW.shift(PASSENGER_MS - 1))
    speed.require_slow(visitor("a"))
    clock.move_to(NOW.shift(PASSENGER_MS))
    with pytest.raises(AccessError, match="when the car stands"):
        speed.require_slow(visitor("a"))


def test_passengers_are_bounded_and_the_oldest_goes(tmp_path: Path) -> None:
    speed = restriction(tmp_path, ReplayedClock(NOW))
    for number in range(PASSENGERS_MAX + 1):
        speed.begin_passenger(visitor(str(number)))
    assert [speed.applies_to(visitor(str(number))) for number in (0, 1, PASSENGERS_MAX)] == [True, False, False]
    speed.end_passenger(visitor("1"))
    assert speed.applies_to(visitor("1"))


def test_a_unit_on_a_desk_is_never_at_speed(tmp_path: Path) -> None:
    assert not restriction(tmp_path, ReplayedClock(NOW), at_speed="never").applies_to(visitor("a"))


@pytest.mark.parametrize(
    ("setting", "is_day", "theme"),
    [
        ("sun", True, "day"),
        ("sun", False, "night"),
        ("sun", None, "browser"),
        ("day", False, "day"),
        ("night", True, "night"),
        ("browser", False, "browser"),
    ],
)
def test_the_theme_is_by_the_setting_and_else_by_the_sun(
    tmp_path: Path, setting: str, is_day: bool | None, theme: str
) -> None:
    choice = ThemeChoice(settings_of(tmp_path, theme=setting), ReplayedClock(NOW))
    write_vehicle_state(tmp_path, VehicleState(NOW, is_day=is_day))
    assert choice.current() == theme
