"""A simulated drive as a camera."""

from collections.abc import Iterator
from pathlib import Path

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import SimulatedCamera
from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.files import Companions, write_companions


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
