"""The map is read back as XML: what it shows is asked of its elements."""

import re
from datetime import timedelta
from xml.etree import ElementTree as ET

from alpr_edge.domain.canvass.candidates import FitKind, PartialFit
from alpr_edge.domain.canvass.canvass_result import CanvassRead
from alpr_edge.domain.timeline import Basis, Placement
from alpr_edge.evidence.canvass_map import HEIGHT_PX, WIDTH_PX, canvass_map, canvass_projection
from tests.domain.canvass.builders import SCENE_AREA, START, canvass
from tests.evidence.canvass_reads import held_read, seen_read

SVG = "{http://www.w3.org/2000/svg}"
FIT = PartialFit("7AB*", FitKind.TEXT, "7ABC001", 0.97)


def map_of(*reads: CanvassRead, **changes: object) -> str:
    return canvass_map(canvass(**changes), [held_read(read) for read in reads])


def test_it_draws_the_area_the_way_and_a_mark_for_each_place() -> None:
    reads = [seen_read(number, fits=(FIT,) if number == 3 else ()) for number in range(10)]
    root = ET.fromstring(map_of(*reads, seen_read(11, position=None)))
    projection = canvass_projection(SCENE_AREA, [(37.631, -120.995)])
    assert projection is not None
    (area,) = root.findall(f"{SVG}polygon")
    corners = [tuple(map(float, pair.split(","))) for pair in area.get("points", "").split()]
    assert corners == [tuple(round(n, 1) for n in projection.to_px(c)) for c in SCENE_AREA.corners]  # type: ignore[union-attr] # a polygon
    (way,) = root.findall(f"{SVG}polyline")
    assert len(way.get("points", "").split()) == 10
    assert len(root.findall(f"{SVG}circle")) == 10
    assert len([each for each in root.iter() if each.get("class") == "canvass-candidate"]) == 1
    texts = [each.text for each in root.findall(f"{SVG}text")]
    assert "N" in texts
    assert [text for text in texts if text and re.fullmatch(r"\d+ k?m", text)]
    assert root.get("aria-label") == "Map of canvass 26-001234: 10 reads with a place"


def test_the_bar_is_as_long_as_it_says() -> None:
    text = map_of(seen_read(0))
    projection = canvass_projection(SCENE_AREA, [])
    assert projection is not None
    length_px = float(re.findall(r"v6 h([\d.]+) v-6", text)[0])
    metres = float(re.findall(r">(\d+) m</text>", text)[0])
    assert abs(length_px / projection.px_per_m - metres) < 1
    assert 80 <= length_px <= 200


def test_near_places_share_a_mark_with_how_many() -> None:
    root = ET.fromstring(map_of(*(seen_read(1, read_id=str(number)) for number in range(7))))
    assert len(root.findall(f"{SVG}circle")) == 1
    assert "7" in [each.text for each in root.findall(f"{SVG}text")]


def test_where_nothing_was_read_for_long_no_way_is_drawn() -> None:
    later = Placement(START + timedelta(hours=1), 12.0, Basis.OWN)
    reads = [seen_read(0), seen_read(1), seen_read(2, last_seen=later), seen_read(3, last_seen=later)]
    untimed = seen_read(4, last_seen=Placement(None, None, Basis.NONE))
    root = ET.fromstring(map_of(*reads, untimed))
    assert [len(each.get("points", "").split()) for each in root.findall(f"{SVG}polyline")] == [2, 2]


def test_without_an_area_and_without_a_place_it_says_so() -> None:
    root = ET.fromstring(map_of(seen_read(0, position=None), area=None))
    assert [each.text for each in root.findall(f"{SVG}text")] == ["No read has a place."]


def test_it_needs_nothing_but_itself_and_names_no_plate() -> None:
    text = map_of(*(seen_read(number) for number in range(3)), incident='26<"&>')
    root = ET.fromstring(text)
    assert (root.get("viewBox"), "7ABC" in text) == (f"0 0 {WIDTH_PX} {HEIGHT_PX}", False)
    assert not {"style", "script", "image", "use", "a"} & {each.tag.removeprefix(SVG) for each in root.iter()}
    attributes = {name for each in root.iter() for name in each.keys()}  # noqa: SIM118 - of an element
    assert not {name for name in attributes if name == "style" or name.startswith("on") or "href" in name}
