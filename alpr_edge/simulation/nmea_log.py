"""The drive's position log, as a receiver would have written it: RMC and GGA once a second."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import cos, radians

import pynmea2

from alpr_edge.domain.positioning import METRES_PER_DEGREE
from alpr_edge.simulation.drive import START_TIME, Drive
from alpr_edge.simulation.scenario import has_fix

START_LAT_DEG, START_LON_DEG = 37.6391, -120.9969
"""The road leads due east from here."""
KNOTS_PER_MPS = 3600 / 1852
HDOP = 0.9


def nmea_lines(drive: Drive) -> Iterator[str]:
    """Sentences with checksums, without line ends; void ones while the receiver sees no satellites."""
    for second in range(int(drive.seconds) + 1):
        moment = START_TIME + timedelta(seconds=second)
        if has_fix(second):
            yield from _fix(moment, drive.patrol.at(second), drive.patrol.speed(second))
        else:
            yield from _void(moment)


def place_at(along_m: float) -> tuple[float, float]:
    """Degrees north and east after so many metres of the drive."""
    return START_LAT_DEG, START_LON_DEG + along_m / (METRES_PER_DEGREE * cos(radians(START_LAT_DEG)))


def _fix(moment: datetime, along_m: float, speed_mps: float) -> Iterator[str]:
    lat_deg, lon_deg = place_at(along_m)
    place = _minutes(lat_deg, 2), "N" if lat_deg >= 0 else "S", _minutes(lon_deg, 3), "E" if lon_deg >= 0 else "W"
    clock, day = moment.strftime("%H%M%S.00"), moment.strftime("%d%m%y")
    yield str(
        pynmea2.RMC("GN", "RMC", (clock, "A", *place, f"{speed_mps * KNOTS_PER_MPS:.2f}", "90.00", day, "", "", "A"))
    )
    yield str(pynmea2.GGA("GN", "GGA", (clock, *place, "1", "09", f"{HDOP}", "27.0", "M", "-28.0", "M", "", "")))


def _void(moment: datetime) -> Iterator[str]:
    clock, day = moment.strftime("%H%M%S.00"), moment.strftime("%d%m%y")
    yield str(pynmea2.RMC("GN", "RMC", (clock, "V", "", "", "", "", "", "", day, "", "", "N")))
    yield str(pynmea2.GGA("GN", "GGA", (clock, "", "", "", "", "0", "00", "99.99", "", "M", "", "M", "", "")))


def _minutes(degrees: float, digits: int) -> str:
    """``dddmm.mmmmm`` without a sign."""
    whole, minutes = divmod(round(abs(degrees) * 60, 5), 60)
    return f"{int(whole):0{digits}d}{minutes:08.5f}"
