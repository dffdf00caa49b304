"""What health tells of a camera's frames: how many became of which fate, how many a second, and how late."""

import time
from collections import deque
from dataclasses import asdict, dataclass
from statistics import median
from threading import Lock
from typing import Any

WINDOW_S = 10.0
"""The time over which rate and lateness are told."""
RESULTS_MAX = 1200
"""Most results that are remembered: those of :data:`WINDOW_S` at 120 frames a second."""


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """The frames of one camera since the start, by what became of them."""

    captured: int
    """Those that came out of the camera."""
    recognised: int
    """Those whose result was tracked."""
    dropped: int
    """Those replaced by a newer one before a worker was free."""
    lost: int
    """Those on which the recognition failed, or took too long."""


class ResultTimes:
    """When the results of one camera came, and how long after the capture of their frames."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._results: deque[tuple[float, float]] = deque(maxlen=RESULTS_MAX)
        """(monotonic time in seconds, milliseconds from the capture), newest last."""
        self._lock = Lock()

    def add(self, latency_ms: float) -> None:
        """Note that a result has come, so long after the capture of its frame."""
        with self._lock:
            self._results.append((time.monotonic(), latency_ms))

    def figures(self) -> dict[str, Any]:
        """Results a second, and the median and the worst of their latencies; None where none came."""
        now_s = time.monotonic()
        with self._lock:
            latencies_ms = [latency_ms for at_s, latency_ms in self._results if now_s - at_s <= WINDOW_S]
        window_s = min(WINDOW_S, max(1.0, now_s - self._began_s))
        return {
            "frames_per_s": round(len(latencies_ms) / window_s, 1),
            "result_ms_median": round(median(latencies_ms), 1) if latencies_ms else None,
            "result_ms_worst": round(max(latencies_ms), 1) if latencies_ms else None,
        }


def camera_figures(counts: FrameCounts, times: ResultTimes) -> dict[str, Any]:
    """All figures of a camera's frames, by the names that they have in the health file."""
    return asdict(counts) | times.figures()
