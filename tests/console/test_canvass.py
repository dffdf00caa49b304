"""Canvasses at the page: who may, what is shown to whom, and what hostile requests come to."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import httpx
import pytest

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.people.person import Role, Training
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.table import may_ever
from tests.console.page_rig import PageRig, jpeg
from tests.console.test_lookups import ConfirmedClock
from tests.staff import PEOPLE
from tests.store.records import CROP, SCENE, decided, plate_read

PLATE = "7ABC123"
INCIDENT = {"case": "26-001234", "offence": "homicide"}
NUMBERS = count(1)
HERE = Position(37.64, -120.99, 40.0, 0.9, "gnss")
FAR = Position(37.7, -120.99, 40.0, 0.9, "gnss")


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("canvass"))
    rig.staff.clock = ConfirmedClock()
    with rig.serving():
        rig.add_hit(0)
        yield rig


@pytest.fixture
def officer(rig: PageRig) -> Iterator[httpx.Client]:
    """Somebody who may; what they started is ended afterwards."""
    with rig.client("officer") as client:
        yield client
    with rig.client("officer") as client:
        for path in re.findall(r"/canvass/unit-1:[\w-]+/end", client.get("/canvass").text):
            client.post(path)


def add_read(rig: PageRig, position: Position | None = HERE, plate: str = PLATE) -> str:
    """A read that is stored now, as the capture daemon does; returns its id."""
    now, number = rig.staff.clock.now(), next(NUMBERS)
    read = replace(plate_read(f"unit-1:new-{number}", plate), position=position, first_seen=now, last_seen=now)
    pictures = ((CROP, jpeg(number % 256)), (SCENE, jpeg(255 - number % 256)))
    rig.store.reads.commit([decided(read, images=pictures)])
    return read.read_id


def start(client: httpx.Client, **fields: str) -> str:
    """Start a canvass; returns its id."""
    done = client.post("/canvass", data={**INCIDENT, "place": "here", "radius": "500", "before": "0", **fields})
    assert done.status_code == 303, done.text
    found = re.findall(r"/canvass/(unit-1:[\w-]+)/end", client.get("/canvass").text)
    return str(found[-1])


def test_what_is_read_in_the_area_from_then_on_is_held_and_shown(rig: PageRig, officer: httpx.Client) -> None:
    before = len(rig.staff.records())
    canvass_id = start(officer, partials="7ab*\n*999")
    inside, outside = add_read(rig), add_read(rig, FAR)
    unplaced, other = add_read(rig, None), add_read(rig, plate="4XYZ999")
    page = officer.get(f"/canvass/{canvass_id}/1")
    assert page.status_code == 200
    assert [f"{read_id}/crop" in page.text for read_id in (inside, outside, unplaced, other)] == [
        True,
        False,
        True,
        True,
    ]
    assert "3 reads" in page.text
    assert "1 with place unknown, kept all the same" in page.text
    assert "Candidates for 7AB*, *999: 3" in page.text
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="canvass-map"' in page.text
    pictures = f"/canvass/{canvass_id}/reads"
    assert officer.get(f"{pictures}/{inside}/crop").content.startswith(b"\xff\xd8\xff")
    assert officer.get(f"{pictures}/{outside}/crop").status_code == 404, "not held for it"
    assert officer.get(f"{pictures}/{inside}/both").status_code == 404
    records = rig.staff.records()[before:]
    assert (records[0].action, records[0].case, records[0].objects) == ("start_canvass", "26-001234", (canvass_id,))
    shown = [record for record in records if record.action == "show_canvass_result"]
    assert {record.query: record.shown for record in shown} == {"": 3, "7AB*": 3, "*999": 1}, (
        "by what the reader considered as well"
    )
    assert {record.case for record in shown} == {"26-001234"}


def test_the_strip_tells_of_it_on_every_page_until_it_ends(rig: PageRig, officer: httpx.Client) -> None:
    canvass_id = start(officer, ends="4h", case="26-004321")
    add_read(rig)
    words = re.compile(r"Canvass 26-004321 running since \d\d:\d\d, 1 read, ends ")
    for path in ("/", "/search", "/canvass", "/health", "/health/strip"):
        assert words.search(officer.get(path).text), path
    with rig.client("officer") as locked:
        locked.post("/lock")
        assert "26-004321" not in locked.get("/").text, "nothing of it while the session is locked"
    with rig.client("officer") as partner:
        assert partner.post(f"/canvass/{canvass_id}/end").headers["location"] == "/canvass"
        page = partner.get("/canvass").text
        assert re.search(r"26-004321: 1 read, ended [^<]*, by Officer", page)
        assert not words.search(page)
        assert partner.post(f"/canvass/{canvass_id}/end").status_code == 404, "it has ended"
        add_read(rig)
        assert "1 read." in partner.get(f"/canvass/{canvass_id}/1").text


def test_who_may_not_sees_nothing_of_it_and_ends_none(rig: PageRig, officer: httpx.Client) -> None:
    canvass_id = start(officer)
    picture = f"/canvass/{canvass_id}/reads/{add_read(rig)}/crop"
    asked = [("GET", f"/canvass/{canvass_id}/1"), ("POST", f"/canvass/{canvass_id}/end")]
    for role in Role:
        if not may_ever(frozenset({role}), Action.CANVASS):
            with rig.client(role.value.replace("_", "-")) as client:
                for method, path in asked:
                    answer = client.request(method, path)
                    assert (answer.status_code, PLATE in answer.text) == (403, False), (role, path)
    with rig.client() as nobody:
        for method, path in [*asked, ("GET", picture)]:
            answer = nobody.request(method, path)
            assert (answer.status_code, answer.content.startswith(b"\xff\xd8")) == (403, False)
    assert f"/canvass/{canvass_id}/end" in officer.get("/canvass").text, "it still runs"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"case": ""}, "This purpose needs a case number"),
        ({"case": "1"}, "A case number looks like 99-999999"),
        ({"offence": ""}, "This purpose needs an offense"),
        ({"offence": "jaywalking"}, "Choose one of the offenses"),
        ({"place": "at", "at": "nowhere"}, "An area is latitude,longitude,radius"),
        ({"place": "corners", "corners": ""}, "A polygon is 3 to 32 corners"),
        ({"place": "corners", "corners": "0,0 0,1 1,0 1,1"}, "The edges of the polygon cross"),
        ({"radius": "-5"}, "An area is latitude,longitude,radius"),
        ({"ends": "until"}, "The end is such as 90m"),
        ({"ends": "until", "until": "2020-01-01T00:00"}, "A canvass lasts from 5 minutes to 14 days"),
        ({"ends": "99d"}, "A canvass lasts from 5 minutes to 14 days"),
        ({"before": "8d"}, "The time before the start is at most 7 days"),
        ({"before": "soon"}, "The time before the start is such as"),
        ({"partials": "7"}, "A plate or a part of one"),
        ({"partials": "\n".join(f"7AB{n}*" for n in range(11))}, "A canvass has at most 10 plates"),
        ({"partials": "<script>alert(1)</script>"}, "A plate or a part of one"),
    ],
)
def test_what_cannot_be_started_is_said_in_one_line(officer: httpx.Client, fields: dict[str, str], says: str) -> None:
    done = officer.post("/canvass", data={**INCIDENT, "place": "here", "radius": "500", **fields})
    assert done.status_code == 422
    (line,) = re.findall(r'<p class="fault" role="alert">(.*?)</p>', done.text)
    assert line.startswith(says), line
    assert "<script>alert" not in done.text


def test_an_area_is_drawn_corner_by_corner(officer: httpx.Client) -> None:
    address = officer.post("/canvass/draw", data={**INCIDENT, "partials": "7ab*"}).headers["location"]
    assert re.fullmatch(r"/canvass/draw/[\w-]{22}", address)
    assert officer.post(address, data={"do": "done"}).status_code == 422, "no corners yet"
    for x, y in ((200, 100), (700, 100), (0, 0), (700, 500), (650, 450), (200, 500)):
        assert officer.post(address, data={"at.x": str(x), "at.y": str(y)}).status_code == 303
    officer.post(address, data={"do": "undo"})
    crossed = officer.post(address, data={"at.x": "690", "at.y": "90"})
    assert crossed.status_code == 303
    assert "cross or touch" in officer.post(address, data={"do": "done"}).text
    officer.post(address, data={"do": "undo"})
    officer.post(address, data={"do": "wider"})
    drawing = officer.get(f"{address}/map.svg")
    assert (drawing.headers["content-type"], drawing.text.count("<circle")) == ("image/svg+xml; charset=utf-8", 4)
    form = officer.post(address, data={"do": "done"}).headers["location"]
    text = officer.get(form).text
    corners = re.findall(r"<textarea name=\"corners\"[^>]*>([^<]*)</textarea>", text)[0].split()
    assert len(corners) == 4, "the touch in the upper left corner is a key's"
    assert "7ab*" in text, "what was filled in before is kept"
    done = officer.post("/canvass", data={**INCIDENT, "place": "corners", "corners": " ".join(corners)})
    assert done.status_code == 303
    again = officer.post("/canvass", data={**INCIDENT, "place": "corners", "corners": " ".join(corners)})
    assert "A canvass of this incident and area runs already" in again.text


def test_a_drawing_is_of_the_session_that_began_it(rig: PageRig, officer: httpx.Client) -> None:
    with rig.client("officer") as other:
        address = officer.post("/canvass/draw", data=INCIDENT).headers["location"]
        for path in (address, f"{address}/map.svg", address.replace("draw", "draft")):
            assert other.get(path).status_code == 404
        assert officer.get(address).status_code == 200
        for hostile in ({"at.x": "-5", "at.y": "7"}, {"at.x": "9" * 40, "at.y": "1"}, {"at.x": "²", "at.y": "3"}):
            assert officer.post(address, data=hostile).status_code == 303
        assert "Use this area (0)" in officer.get(address).text


def test_a_drawing_shows_the_way_of_the_car_only_to_whoever_may_start_a_canvass(
    rig: PageRig, officer: httpx.Client
) -> None:
    address = officer.post("/canvass/draw", data=INCIDENT).headers["location"]
    rig.staff.install(*(replace(each, roles=frozenset({Role.TECHNICIAN})) for each in PEOPLE))
    try:
        for path in (address, f"{address}/map.svg", address.replace("draw", "draft")):
            assert officer.get(path).status_code == 403
    finally:
        rig.staff.install(*PEOPLE)
    assert officer.get(f"{address}/map.svg").status_code == 200


def test_whose_training_has_ended_sees_nothing_of_it_before_the_form_says_why(
    rig: PageRig, officer: httpx.Client
) -> None:
    canvass_id = start(officer)
    untrained = [replace(one, training=Training()) if one.person_id == "supervisor" else one for one in PEOPLE]
    with rig.client("supervisor") as client:
        assert canvass_id in client.get("/canvass").text
        drawing = client.post("/canvass/draw", data=INCIDENT).headers["location"]
        rig.staff.install(*untrained)
        page = client.get("/canvass")
        assert (page.status_code, canvass_id in page.text) == (200, False)
        assert client.get(f"{drawing}/map.svg").status_code == 403
        assert "location" not in client.post("/canvass/draw", data=INCIDENT).headers
        told = client.post("/canvass", data={**INCIDENT, "place": "here", "radius": "500", "before": "0"})
        assert "training" in told.text
    rig.staff.install(*PEOPLE)
