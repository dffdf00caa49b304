"""The file in the runtime directory by which the uplink learns where the car was last, to about a hundred metres.

The uplink faces the network: it gets the coarse place alone, and nothing of the fixes that it is made of.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

from alpr_edge.domain.instants import rfc3339, to_utc
from alpr_edge.domain.motion.last_place import LastPlace
from alpr_edge.runtime import no_follow

_FILE = "place.json"
"""Its name in the runtime directory."""


def write_last_place(directory: Path, place: LastPlace) -> None:
    """Replace the file at once, for this user alone: readers never see half of it.

    Raises:
        OSError: the runtime directory is not writable.
    """
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    content = {"lat_deg": place.lat_deg, "lon_deg": place.lon_deg, "at": rfc3339(place.at)}
    with no_follow.opened_folder(directory) as folder:
        no_follow.write_file(folder, _FILE, json.dumps(content).encode(), durable=False)


def read_last_place(directory: Path) -> LastPlace | None:
    """The place that was written last, however old; None where there is none, or none that can be read."""
    try:
        content = json.loads((directory / _FILE).read_text(encoding="utf-8"))
        lat_deg, lon_deg = float(content["lat_deg"]), float(content["lon_deg"])
        place = LastPlace(lat_deg, lon_deg, to_utc(datetime.fromisoformat(content["at"])).astimezone(UTC))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return place if abs(lat_deg) <= 90 and abs(lon_deg) <= 180 else None


def remove_last_place(directory: Path) -> None:
    """Remove the file where there is one.

    Raises:
        OSError: it cannot be removed.
    """
    (directory / _FILE).unlink(missing_ok=True)
