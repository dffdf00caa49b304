"""Frames a second of the whole path over a folder, for the Python of a release: ``rate.py FRAMES OUT SETTINGS``."""

import sys
import time
from pathlib import Path

from alpr_edge.app import driving
from alpr_edge.app.doors import open_sight
from alpr_edge.app.recordings import open_recording
from alpr_edge.settings import load


def main() -> None:
    """Print the rate between the first and the last frame: neither the start nor the models' loading counts."""
    frames, out, settings = sys.argv[1], Path(sys.argv[2]), load(Path(sys.argv[3]))
    out.mkdir(mode=0o700)
    sight = open_sight(settings.vision, settings.unit.data_directory)
    recording = open_recording(frames, fps=10.0, nmea=None, hotlist=None, scratch=out)
    plan = driving.Plan(recording, sight, out, settings, recording.began, real_time=False, upload_s_max=0.0)
    stamps: list[float] = []
    driving.drive(plan, driving.Progress(lambda _done, _total: stamps.append(time.monotonic()), lambda _waiting: None))
    print((len(stamps) - 1) / (stamps[-1] - stamps[0]))


if __name__ == "__main__":
    main()
