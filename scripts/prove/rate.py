"""Frames a second of the whole path over a folder, for the Python of a release: ``rate.py FRAMES OUT SETTINGS``.

Prints JSON: by the clock, and by the processor's time, which other programs of the machine disturb less.
"""

import json
import sys
import time
from pathlib import Path

from alpr_edge.app.factories import open_vision_models
from alpr_edge.app.replay import replay
from alpr_edge.app.replay.recording import open_recording
from alpr_edge.settings import load


def main() -> None:
    """Print the rate between the first and the last frame: neither the start nor the models' loading counts."""
    frames, out, settings = sys.argv[1], Path(sys.argv[2]), load(Path(sys.argv[3]))
    out.mkdir(mode=0o700)
    vision_models = open_vision_models(settings.vision, settings.unit.data_directory)
    recording = open_recording(frames, fps=10.0, nmea=None, hotlist=None, scratch=out)
    plan = replay.ReplayPlan(
        recording, vision_models, out, settings, recording.start_time, real_time=False, upload_s_max=0.0
    )
    clocks: list[tuple[float, float]] = []

    def on_frame(done: int, total: int | None) -> None:
        del done, total
        clocks.append((time.monotonic(), time.process_time()))

    replay.drive(plan, replay.Progress(on_frame, lambda _waiting: None))
    (wall_s, processor_s), (wall_end_s, processor_end_s) = clocks[0], clocks[-1]
    frames_done = len(clocks) - 1
    rates = {"clock": frames_done / (wall_end_s - wall_s), "processor": frames_done / (processor_end_s - processor_s)}
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
