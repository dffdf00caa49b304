"""A drive as files: frames, position log, hotlist and truth."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import cv2

from alpr_edge.domain.errors import CaptureError
from alpr_edge.simulation.drive import START_TIME, Drive
from alpr_edge.simulation.hotlist_feed import hotlist_csv, later_csv
from alpr_edge.simulation.nmea_log import nmea_lines

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
