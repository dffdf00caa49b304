"""The stage that writes small pictures of what the cameras see, while a page asks for them."""

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from alpr_edge.domain.errors import PictureError
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.runtime.camera_pictures import are_pictures_wanted, remove_pictures, write_picture
from alpr_edge.vision.jpeg_pictures import jpeg, shrink

WRITE_S = 2.0
"""Time between two pictures of a camera."""
LOOK_S = 1.0
"""Time between two looks for a request."""
LONGER_PX_MAX = 640
QUALITY = 70

log = structlog.get_logger(__name__)


class CameraPictureStage:
    """Encodes on its own thread; a camera's thread only leaves a reference to its newest frame."""

    name = "pictures"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._is_wanted = False
        self._frames: dict[str, Frame] = {}
        self._failure = ""

    def note(self, frame: Frame) -> None:
        """Keep the newest frame of a camera while pictures are wanted; called by the camera's thread."""
        if self._is_wanted:
            self._frames[frame.camera_id] = frame

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Write until the unit stops."""
        self.finish()  # a daemon that was killed leaves pictures
        while not stop.is_set():
            beat()
            was_wanted, self._is_wanted = self._is_wanted, are_pictures_wanted(self._directory)
            if was_wanted and not self._is_wanted:
                self.finish()
            stop.wait(WRITE_S if self._write_pictures() else LOOK_S)

    def finish(self) -> None:
        """Remove the pictures: they show plates."""
        self._is_wanted = False
        self._frames.clear()
        remove_pictures(self._directory)

    def _write_pictures(self) -> bool:
        """Return whether there was a picture to write."""
        frames, self._frames = self._frames, {}
        try:
            for camera_id, frame in frames.items():
                write_picture(self._directory, camera_id, jpeg(shrink(frame.pixels, LONGER_PX_MAX), QUALITY))
            self._failure = ""
        except (OSError, PictureError) as error:
            if str(error) != self._failure:
                log.warning("camera.picture_not_written", failure=str(error))
            self._failure = str(error)
        return bool(frames)
