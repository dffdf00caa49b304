"""The files of maps: what is served of them and to whom, and which files will not do."""

import json
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.maps.map_pages import OUTLINES_PATH, MapPages
from alpr_edge.department.page.maps.site_maps import BYTES_MAX, COUNTRY, POINTS_MAX, SiteMaps, load_outlines, open_maps
from alpr_edge.department.page.page_parts import FOLDERS
from alpr_edge.department.page.search_form import parse_search_form
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.page.site import COMPONENT, DepartmentSite
from alpr_edge.department.settings import FILE_NAME
from alpr_edge.domain.errors import DepartmentError, SearchError
from alpr_edge.domain.ground.areas import GroundPolygon
from alpr_edge.web.maps.street_tiles import PART_BYTES_MAX, STREETS_PATH, StreetTiles
from alpr_edge.web.visitor import Visitor
from scripts.map_files import outlines_of
from tests.department.inquiries.inquirers import Inquirers, begin_session
from tests.department.page.page_office import HOST, client_of
from tests.department.page.street_file import BOX, PICTURES, write_streets
from tests.department.people.office import START

VENDOR = FOLDERS[-1]
RING = [[-121.0, 37.6], [-120.9, 37.6], [-120.9, 37.7], [-121.0, 37.6]]


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def lines_of(content: bytes) -> list[list[list[float]]]:
    """The lines as the page makes them of the steps."""
    document = json.loads(content)
    (east, north), (lon, lat) = document["scale_deg"], document["start_deg"]
    lines = []
    for steps in (each for some in document["lines"].values() for each in some):
        x = y = 0
        line = []
        for along, up in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + along, y + up
            line.append([round(lon + x * east, 5), round(lat + y * north, 5)])
        lines.append(line)
    return lines


def test_geojson_of_any_kind_becomes_lines(tmp_path: Path) -> None:
    line = [[-121.12345, 37.5, 12.0], [-121.1, 37.55, 12.0]]
    geometries = [
        {"type": "LineString", "coordinates": line},
        {"type": "MultiLineString", "coordinates": [RING, RING]},
        {"type": "Polygon", "coordinates": [RING]},
        {"type": "MultiPolygon", "coordinates": [[RING], [RING]]},
        {"type": "Point", "coordinates": [-100.0, 30.0]},
    ]
    features = [{"type": "Feature", "properties": None, "geometry": each} for each in (*geometries, None)]
    within = {"type": "GeometryCollection", "geometries": geometries[:1]}
    path = write(tmp_path / "a.json", {"type": "FeatureCollection", "features": [*features, within]})
    outlines = load_outlines(path)
    flat = [point[:2] for point in line]
    assert lines_of(outlines.content) == [flat, *[RING] * 5, flat]
    assert outlines.box == (37.5, -121.12345, 37.7, -120.9)
    assert SiteMaps(outlines).box == outlines.box


def _raster(folder: Path) -> str:
    return f'streets = "{write_streets(folder / "pictures.pmtiles", PICTURES)}"'


def _outline(document: object) -> Callable[[Path], str]:
    return lambda folder: f'outline = "{write(folder / "outline.json", document)}"'


def _long(folder: Path) -> str:
    path = folder / "long.json"
    with path.open("wb") as file:
        file.truncate(BYTES_MAX + 1)
    return f'outline = "{path}"'


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (lambda folder: f'outline = "{folder}/none.json"', "No such file"),
        (lambda folder: f'streets = "{folder}/none.pmtiles"', "No such file"),
        (lambda folder: 'outline = "outline.json"', "map.outline"),
        (lambda folder: 'view = "37.6,-121"', "map.view"),
        (_raster, "take a file of vector tiles"),
        (lambda folder: f'streets = "{write(folder / "b.json", RING)}"', "no PMTiles file of version 3"),
        (_outline(RING), "no GeoJSON"),
        (_outline({"type": "Polygon", "coordinates": [[[0, 91]]]}), "no GeoJSON"),
        (_outline({"type": "Feature"}), "no GeoJSON"),
        (_outline({"type": "Point", "coordinates": [0, 0]}), "no line and no area"),
        (_outline({"type": "LineString", "coordinates": [[0, 0]] * (POINTS_MAX + 1)}), "simplify it"),
        (_long, "simplify it"),
    ],
)
def test_a_file_that_will_not_do_is_told_in_a_line(setting: Callable[[Path], str], words: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(f"[map]\n{setting(tmp_path)}\n", encoding="utf-8")
    with pytest.raises(DepartmentError) as told, open_maps(tmp_path):
        pass
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_what_a_map_shows_at_first(tmp_path: Path) -> None:
    with open_maps(tmp_path) as maps:
        assert maps.box == COUNTRY
    streets = write_streets(tmp_path / "streets.pmtiles")
    (tmp_path / FILE_NAME).write_text(f'[map]\nstreets = "{streets}"\n', encoding="utf-8")
    with open_maps(tmp_path) as maps:
        west, south, east, north = BOX
        assert maps.box == (south, west, north, east)
        assert maps.streets is not None
        assert maps.streets.zoom_max == 1
    (tmp_path / FILE_NAME).write_text('[map]\nview = "37.6,-121.0,1000"\n', encoding="utf-8")
    with open_maps(tmp_path) as maps:
        south, west, north, east = maps.box
        assert (round(north - south, 3), south < 37.6 < north, west < -121 < east) == (0.018, True, True)


def test_parts_of_the_streets(tmp_path: Path) -> None:
    path = write_streets(tmp_path / "streets.pmtiles")
    content = path.read_bytes()
    path.write_bytes(content + bytes(PART_BYTES_MAX))
    total = path.stat().st_size
    with closing(StreetTiles(path)) as streets:
        part = streets.part("bytes=0-6")
        assert part is not None
        assert (part.content, part.content_range) == (b"PMTiles", f"bytes 0-6/{total}")
        part = streets.part(f"bytes={total - 2}-{total + 99}")
        assert part is not None
        assert (len(part.content), part.content_range) == (2, f"bytes {total - 2}-{total - 1}/{total}")
        for asked in ("", "bytes=5-", "bytes=-5", "bytes=0-1,3-4", "bytes=9-8", f"bytes={total}-{total}"):
            assert streets.part(asked) is None, asked
        assert streets.part(f"bytes=0-{PART_BYTES_MAX}") is None


def test_the_streets_are_served_by_parts_to_whoever_is_signed_in(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    with client_of(inquirers, server, "auditor") as client:
        answer = client.get(STREETS_PATH, headers={"Range": "bytes=0-6"})
        assert (answer.status_code, answer.content) == (206, b"PMTiles")
        assert answer.headers["Content-Range"].startswith("bytes 0-6/")
        assert answer.headers["Cache-Control"] == "no-store"
        whole = client.get(STREETS_PATH)
        assert (whole.status_code, whole.content) == (416, b"")
    with client_of(inquirers, server) as client:
        assert client.get(STREETS_PATH, headers={"Range": "bytes=0-6"}).status_code == 403


def test_the_departments_own_outlines_are_served(inquirers: Inquirers, tmp_path: Path) -> None:
    outlines = load_outlines(write(tmp_path / "a.json", {"type": "LineString", "coordinates": RING}))
    with open_office(inquirers.directory) as office:
        pages = MapPages(DepartmentSite(office, "Department", None, maps=SiteMaps(outlines)))
        token = begin_session(office, inquirers.ids["auditor"], COMPONENT, HOST)
        answer = pages.outlines(Visitor(token, "", HOST, {}, {}, COMPONENT))
    assert (answer.body, answer.media_type) == (outlines.content, "application/json")
    assert [path for path, _, _ in pages.steps] == [OUTLINES_PATH]


def test_the_form_takes_the_corners_of_an_area() -> None:
    fields = {"time": "7d", "corners": "37.63,-121.0 37.64,-121.0 37.64,-120.99"}
    search = parse_search_form(fields, START)
    assert search.area == GroundPolygon(((37.63, -121.0), (37.64, -121.0), (37.64, -120.99)))
    for changed, words in (
        ({"at": "37.6,-121.0", "radius": "500"}, "not both"),
        ({"corners": "37.63,-121.0 37.64,-121.0"}, "corners: a polygon is 3 to 32 corners"),
        ({"corners": "37.0,-121.0 38.0,-121.0 38.0,-120.0"}, "make it smaller"),
        ({"time": ""}, "needs a time"),
    ):
        with pytest.raises(SearchError, match=words):
            parse_search_form(fields | changed, START)


def test_files_of_others_are_those_that_their_licences_name() -> None:
    named = set()
    for licence in VENDOR.glob("*.LICENSE"):
        text = licence.read_text(encoding="utf-8")
        names = text.partition("\n\n")[0].split()
        named |= {*names, licence.name}
        for name in names:
            assert sha256((VENDOR / name).read_bytes()).hexdigest() in text, name
    assert named == {path.name for path in VENDOR.iterdir()}
    script = (VENDOR / "leaflet.js").read_text(encoding="utf-8")
    assert 'innerHTML="<svg/>"' not in script


def test_borders_of_the_release_are_each_drawn_once() -> None:
    topology = {
        "transform": {"scale": [0.5, 0.25], "translate": [-120, 30]},
        "arcs": [[[0, 0], [2, 4]], [[2, 4], [-2, 0]], [[9, 9], [1, 1]]],
        "objects": {"states": {"geometries": [{"type": "MultiPolygon", "arcs": [[[0, ~1]]]}]}},
    }
    assert outlines_of(topology)["lines"] == {"state": [[0, 0, 2, 4], [2, 4, -2, 0]], "county": [[9, 9, 1, 1]]}
    drawn = lines_of((VENDOR / "us-outlines.json").read_bytes())
    document = json.loads((VENDOR / "us-outlines.json").read_bytes())
    assert min(map(len, document["lines"].values())) > 100
    assert all(-180 <= lon <= 180 and -15 <= lat <= 72 for line in drawn for lon, lat in line)
    # The county of Stanislaus, California, in which Modesto lies: its border passes north and south of the city.
    near = [
        (here, there) for line in drawn for here, there in pairwise(line) if (here[0] <= -121) != (there[0] <= -121)
    ]
    assert any(37.1 < here[1] < 37.6 for here, _ in near)
    assert any(37.7 < here[1] < 38.1 for here, _ in near)
