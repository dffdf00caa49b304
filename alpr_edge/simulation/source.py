"""A simulated drive as a camera."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians
from pathlib import Path

import cv2
import pynmea2

from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.positioning import METRES_PER_DEGREE
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import SimulatedCamera
from alpr_edge.simulation.drive import START_TIME, Drive
from alpr_edge.simulation.hotlist_feed import hotlist_csv, later_csv
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


JPEG_QUALITY = 92
Progress = Callable[[int, int], None]
"""Receives (frames done, frames in all)."""


@dataclass(frozen=True, slots=True)
class Companions:
    """What comes with the frames of a drive."""

    nmea: Path
    hotlist: Path
    later_list: Path
    """A list that goes live :data:`~alpr_edge.simulation.hotlist_feed.LIVE_AFTER_S` into the drive."""
    truth: Path
    start_time: datetime
    """When the first frame was taken."""


def write_companions(folder: Path, drive: Drive) -> Companions:
    """Write ``drive.nmea``, ``hotlist.csv``, ``later.csv`` and ``truth.json``; files of these names are replaced."""
    lists = folder / "hotlist.csv", folder / "later.csv"
    companions = Companions(folder / "drive.nmea", *lists, folder / "truth.json", START_TIME)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        companions.nmea.write_bytes("".join(f"{line}\r\n" for line in nmea_lines(drive)).encode("ascii"))
        companions.hotlist.write_bytes(hotlist_csv(drive).encode("ascii"))
        companions.later_list.write_bytes(later_csv(drive).encode("ascii"))
        drive.truth.save(companions.truth)
    except OSError as error:
        raise _write_error(folder, error) from None
    return companions


def write_drive(folder: Path, drive: Drive, progress: Progress = lambda _done, _total: None) -> Companions:
    """Render a drive into ``folder/frames`` (JPEG, in name order) with its companions beside it."""
    frames = folder / "frames"
    try:
        frames.mkdir(parents=True, exist_ok=True)
        if any(frames.iterdir()):
            raise CaptureError(f"{frames}: not empty; give a new folder for the drive")
        for number, pixels, _ in drive.frames():
            is_encoded, jpeg = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
            assert is_encoded, "OpenCV encodes any 8-bit picture"
            (frames / f"{number:06d}.jpg").write_bytes(jpeg.tobytes())
            progress(number + 1, drive.length)
    except OSError as error:
        raise _write_error(folder, error) from None
    return write_companions(folder, drive)


def _write_error(folder: Path, error: OSError) -> CaptureError:
    return CaptureError(f"{folder}: the drive cannot be written: {(error.strerror or str(error)).lower()}")


class SimulatedSource:
    """Frames of a rendered drive, as fast as they are taken; a :class:`~alpr_edge.domain.ports.FrameSource`."""

    def __init__(self, camera: SimulatedCamera, start: Instant) -> None:
        self._camera_id = camera.id
        self._start = start
        self.drive = Drive(camera.seed, camera.seconds)

    def frames(self) -> Iterator[Frame]:
        """Every frame, once; calling again starts over."""
        for number, pixels, _ in self.drive.frames():
            yield Frame(self._camera_id, number, self._start.shift(number * 1000 / self.drive.fps), pixels)

    def length(self) -> int:
        """Number of frames."""
        return self.drive.length

    def write_companions(self, folder: Path) -> Companions:
        """Write position log, hotlist and truth of this drive. Raises CaptureError."""
        return write_companions(folder, self.drive)
