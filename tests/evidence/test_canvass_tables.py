import csv
import io

from alpr_edge.domain.canvass.candidates import FitKind, PartialFit
from alpr_edge.domain.canvass.canvass import CanvassPhase
from alpr_edge.domain.timeline import Basis, Placement
from alpr_edge.evidence.canvass_tables import COLUMNS, CsvTable
from tests.evidence.canvass_reads import seen_read

FITS = (PartialFit("7AB*", FitKind.TEXT, "7ABC001", 0.97), PartialFit("*128", FitKind.ALTERNATIVE, "7ABC128", 0.04))
UNKNOWN = Placement(None, None, Basis.NONE)


def test_the_csv_has_a_row_for_each_read_with_what_is_known_of_it() -> None:
    untold = seen_read(
        2, position=None, last_seen=UNKNOWN, first_seen=UNKNOWN, phase=CanvassPhase.UNKNOWN, evidence=(), state=None
    )
    table = CsvTable()
    for number, read in enumerate((seen_read(1, fits=FITS), untold), 1):
        table.add(number, read)
    rows = list(csv.DictReader(io.StringIO(table.content.decode())))
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
