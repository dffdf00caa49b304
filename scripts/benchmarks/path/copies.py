"""What recognition makes of a frame: pictures made for each, by function, and the memory that they take at once."""

import cProfile
import pstats
import re
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence

from alpr_edge.app.factories import open_vision_models
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.figures import figure

MAKERS = frozenset(
    {
        *("cvtColor", "resize", "Laplacian", "GaussianBlur", "copyMakeBorder", "warpAffine", "imencode", "imdecode"),
        *("copy", "astype", "tobytes", "ascontiguousarray", "empty", "zeros", "concatenate"),
    }
)
"""Functions of OpenCV and NumPy that write a new picture or tensor."""


def print_copies(vision: VisionSettings, frames: Sequence[Frame]) -> None:
    """Count calls and bytes over the frames, one after the other in one thread."""
    recogniser = open_vision_models(vision).recogniser
    recogniser.read_frame(frames[0])
    profile = cProfile.Profile()
    for frame in frames:
        profile.runcall(recogniser.read_frame, frame)
    counts = _calls(profile)
    more = {name: round(count / len(frames), 2) for name, count in counts.most_common()}
    figure("path.copies", counts.total() / len(frames), "pictures/frame", of=len(frames), by=more)
    peaks = [_peak_bytes(recogniser.read_frame, frame) / frame.pixels.nbytes for frame in frames]
    figure("path.copies.memory", max(peaks), "frames", of=len(frames), what="held at once beside the frame itself")


def _calls(profile: cProfile.Profile) -> Counter[str]:
    """How often each of :data:`MAKERS` was called."""
    counts: Counter[str] = Counter()
    statistics = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # typeshed has no word of it
    for (_, _, name), (_, calls, *_) in statistics.items():
        counts[_short(name)] += calls
    return Counter({name: count for name, count in counts.items() if name in MAKERS})


def _short(name: str) -> str:
    """``cvtColor`` of ``<cvtColor>``, ``copy`` of ``<method 'copy' of 'numpy.ndarray' objects>``, and the like."""
    match = re.fullmatch(r"<(?:built-in method numpy\.|method ')?(\w+)(?:'.*)?>", name)
    return match.group(1) if match else name


def _peak_bytes(work: Callable[[Frame], object], frame: Frame) -> int:
    """The most bytes that Python and NumPy held at once for a frame, OpenCV's results included."""
    tracemalloc.start()
    try:
        work(frame)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
