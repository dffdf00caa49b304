"""Opens what can be replayed: a video file, a folder of pictures, or a simulated drive with its log and list."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from alpr_edge.capture.recordings import FolderSource, VideoSource
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import SimulatedCamera
from alpr_edge.simulation.hotlist_feed import LIVE_AFTER_S
from alpr_edge.simulation.source import SimulatedSource

SIMULATED = "simulated"
CAMERA_ID = "drive"


class LaterList(NamedTuple):
    """A list that goes live some seconds after a recording's first frame."""

    path: Path
    after_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A recording with the position log and the hotlist that belong to it."""

    camera_id: str
    frames: Callable[[Instant], Iterator[Frame]]
    """Yields its frames, the first at the given instant."""
    length: Callable[[], int | None]
    """Number of frames in all, if known."""
    start_time: datetime
    """When the recording began; of a file or folder only guessed, by when it was last written."""
    nmea: Path | None
    hotlist: Path | None
    later_list: LaterList | None = None
    """A second list, that goes live while the recording plays."""


def open_recording(source: str, *, fps: float, nmea: Path | None, hotlist: Path | None, scratch: Path) -> Recording:
    """Open the recording that ``source`` names.

    Args:
        source: a video file, a folder of pictures, or ``simulated`` (``simulated:SEED``).
        fps: the frames a second of a folder.
        nmea: the file of a position log; None: there is none.
        hotlist: the file of a hotlist feed; None: there is none.

    Raises:
        CaptureError: there is no such recording.
    """
    if source == SIMULATED or source.startswith(f"{SIMULATED}:"):
        return _open_simulation(source, nmea, hotlist, scratch)
    path = Path(source)
    if not path.exists():
        raise CaptureError(f"{source}: no such file or folder; give a video, a folder of pictures, or {SIMULATED!r}")
    start_time = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if path.is_dir():
        folder = FolderSource(path, CAMERA_ID, fps, Instant("length", 0))
        return Recording(
            CAMERA_ID,
            lambda start: FolderSource(path, CAMERA_ID, fps, start).frames(),
            folder.length,
            start_time,
            nmea,
            hotlist,
        )
    video = VideoSource(path, CAMERA_ID, Instant("length", 0))
    return Recording(
        CAMERA_ID, lambda start: VideoSource(path, CAMERA_ID, start).frames(), video.length, start_time, nmea, hotlist
    )


def _open_simulation(source: str, nmea: Path | None, hotlist: Path | None, scratch: Path) -> Recording:
    seed = source.partition(":")[2] or "1"
    if not seed.isdigit():
        raise CaptureError(f"{source}: the seed after the colon must be a whole number, such as simulated:7")
    camera = SimulatedCamera(kind="simulated", id=CAMERA_ID, seed=int(seed))
    probe = SimulatedSource(camera, Instant("length", 0))
    companions = probe.write_companions(scratch)
    return Recording(
        CAMERA_ID,
        lambda start: SimulatedSource(camera, start).frames(),
        probe.length,
        companions.start_time,
        nmea or companions.nmea,
        hotlist or companions.hotlist,
        None if hotlist else LaterList(companions.later_list, LIVE_AFTER_S),
    )
