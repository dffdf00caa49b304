import csv
import io
from xml.etree import ElementTree as ET

from alpr_edge.domain.canvass.candidates import FitKind, PartialFit
from alpr_edge.domain.canvass.canvass import CanvassPhase
from alpr_edge.domain.timeline import Basis, Placement
from alpr_edge.evidence.canvass_tables import COLUMNS, reads_csv, reads_html
from tests.domain.canvass.builders import START
from tests.evidence.canvass_reads import result, seen_read

FITS = (PartialFit("7AB*", FitKind.TEXT, "7ABC001", 0.97), PartialFit("*128", FitKind.ALTERNATIVE, "7ABC128", 0.04))
UNKNOWN = Placement(None, None, Basis.NONE)


def test_the_csv_has_a_row_for_each_read_with_what_is_known_of_it() -> None:
    untold = seen_read(
        2, position=None, last_seen=UNKNOWN, first_seen=UNKNOWN, phase=CanvassPhase.UNKNOWN, evidence=(), state=None
    )
    rows = list(csv.DictReader(io.StringIO(reads_csv(result(seen_read(1, fits=FITS), untold)).decode())))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0] | {"crop_sha256": "", "lat_deg": ""} == {
        "number": "1",
        "first_seen_utc": "2026-11-27T22:02:10.000Z",
        "last_seen_utc": "2026-11-27T22:02:10.000Z",
        "uncertainty_ms": "12.0",
        "time_is_sure": "yes",
        "when": "during",
        "lat_deg": "",
        "lon_deg": "-120.995",
        "position_age_ms": "40",
        "camera": "front",
        "plate": "7ABC001",
        "state": "CA",
        "confidence": "0.970",
        "corrected_by_read": "",
        "fits": "7AB* as read (97 %); *128 if read as 7ABC128 (4 %)",
        "crop_sha256": "",
        "scene_sha256": "",
        "read_id": "unit-1:read-1",
    }
    empty = ("last_seen_utc", "uncertainty_ms", "lat_deg", "lon_deg", "position_age_ms", "state", "crop_sha256")
    assert {rows[1][name] for name in empty} == {""}
    assert (rows[1]["when"], rows[1]["time_is_sure"]) == ("unknown", "no")


def test_the_html_escapes_everything_and_links_the_pictures_that_are_there() -> None:
    unsure = Placement(START, 2500.0, Basis.CLOCK)
    reads = [seen_read(1, fits=FITS, camera_id="<b>"), seen_read(2, last_seen=unsure, evidence=(), is_certain=False)]
    html = reads_html(reads, lambda digest: f"pictures/{digest[-2:]}.jpg" if digest else "", first_number=7).decode()
    assert "<b>" not in html
    root = ET.fromstring(html)
    rows = root.findall("./tbody/tr")
    assert [row.findtext("th") for row in rows] == ["7", "8"]
    assert [image.get("src") for image in root.iter("img")] == ["pictures/01.jpg"]
    cells = [["".join(cell.itertext()) for cell in row.findall("td")] for row in rows]
    assert cells[0][0] == "2026-11-27T22:02:10.000Z ± 12 ms"
    assert cells[0][2:4] == ["<b>", "7ABC001"]
    assert cells[1][0] == "2026-11-27T22:02:00.000Z ± 2.5 s (clock not confirmed)"
    assert (cells[1][3], cells[1][5]) == ("7ABC002, not sure", "none")
