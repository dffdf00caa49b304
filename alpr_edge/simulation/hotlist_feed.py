"""The drive's hotlist: the wanted vehicles of the drive among hundreds that never come by."""

import csv
import io
import itertools
from collections.abc import Sequence

import numpy as np

from alpr_edge.domain.plates import canonical
from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.scenario import Kind, any_design, unused_serial

LIVE_AFTER_S = 25.0
"""When the later list goes live: the car on it has overtaken and is in view."""
OTHERS = 400
DIFFERENCES_MIN = 3
"""An entry that differs less from a passing plate could be met by a misread."""
_DESCRIPTIONS = ("Stolen Vehicle", "Stolen Plate", "Felony Vehicle", "Wanted Person", "Missing Person")


def hotlist_csv(drive: Drive) -> str:
    """The list in the generic layout, in no particular order."""
    rng = np.random.default_rng([drive.seed, 4])
    rows = [(v.plate, v.hotlist_reason.description, v.hotlist_reason.state) for v in drive.vehicles if v.hotlist_reason]
    passing = [canonical(vehicle.plate) for vehicle in drive.vehicles]
    used_serials = set(passing)
    while len(rows) < OTHERS:
        design = any_design(rng)
        serial = unused_serial(design, used_serials, rng)
        if all(_differences(canonical(serial), plate) >= DIFFERENCES_MIN for plate in passing):
            rows.append((serial, _DESCRIPTIONS[int(rng.integers(len(_DESCRIPTIONS)))], design.region))
    return _csv([rows[index] for index in rng.permutation(len(rows))])


def later_csv(drive: Drive) -> str:
    """The list that goes live while the first overtaking car drives ahead."""
    overtaking = (vehicle for vehicle in drive.vehicles if vehicle.kind is Kind.OVERTAKING)
    return _csv([(vehicle.plate, "Felony Vehicle", vehicle.state) for vehicle in itertools.islice(overtaking, 1)])


def _csv(rows: Sequence[tuple[str, str, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("Plate Number", "Description", "State/Province"))
    writer.writerows(rows)
    return text.getvalue()


def _differences(one: str, other: str) -> int:
    return abs(len(one) - len(other)) + sum(a != b for a, b in zip(one, other, strict=False))
