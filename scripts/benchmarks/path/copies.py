"""What recognition makes of a frame: pictures made for each, by function, and the memory that they take at once."""

import cProfile
import pstats
import re
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import alpr_edge
from alpr_edge.app.factories import open_vision_models
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.figures import figure

MAKERS = frozenset(
    {
        *("cvtColor", "resize", "Laplacian", "GaussianBlur", "copyMakeBorder", "warpAffine", "imencode", "imdecode"),
        *("absdiff", "addWeighted"),
        *("copy", "astype", "tobytes", "ascontiguousarray", "array", "empty", "zeros", "zeros_like", "full"),
        *("concatenate", "stack", "hstack"),
    }
)
"""Functions of OpenCV and NumPy that write a new picture or tensor.

Operators and universal functions such as ``numpy.maximum`` write some too, and a profile names none of these: what they
write shows in the memory alone.
"""
PACKAGE = Path(alpr_edge.__file__).parent
_NAME = re.compile(r"<(?:built-in method (?:numpy|cv2)\.)?(\w+)>|<method '(\w+)' of 'numpy\.ndarray' objects>")
"""``<cvtColor>``, ``<built-in method numpy.empty>``, ``<method 'copy' of 'numpy.ndarray' objects>``."""


def print_copies(vision: VisionSettings, frames: Sequence[Frame]) -> None:
    """Count calls and bytes over the frames, one after the other in one thread."""
    recogniser = open_vision_models(vision).recogniser
    recogniser.read_frame(frames[0])
    counts: Counter[str] = Counter()
    for frame in frames:
        counts += pictures_made(partial(recogniser.read_frame, frame))
    more = {name: round(count / len(frames), 2) for name, count in counts.most_common()}
    figure("path.copies", counts.total() / len(frames), "pictures/frame", of=len(frames), by=more)
    peaks = [_peak_bytes(recogniser.read_frame, frame) / frame.pixels.nbytes for frame in frames]
    figure("path.copies.memory", max(peaks), "frames", of=len(frames), what="held at once beside the frame itself")


def pictures_made(work: Callable[[], object], package: Path = PACKAGE) -> Counter[str]:
    """How often each of :data:`MAKERS` is called meanwhile.

    Args:
        work: what is profiled.
        package: the file or folder whose calls count; what NumPy does within one call is none of them.
    """
    profile = cProfile.Profile()
    profile.runcall(work)
    counts: Counter[str] = Counter()
    statistics = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # typeshed has no word of it
    for (file, _, name), (*_, callers) in statistics.items():
        if (maker := _name_in_library(file, name)) in MAKERS:
            calls = (count for (caller, *_), (count, *_) in callers.items() if Path(caller).is_relative_to(package))
            counts[maker] += sum(calls)
    return +counts


def _name_in_library(file: str, name: str) -> str:
    """The name of a function of NumPy or OpenCV; empty for any other."""
    if file != "~":  # written in Python
        return name if "numpy" in Path(file).parts else ""
    match = _NAME.fullmatch(name)
    return (match[1] or match[2]) if match else ""


def _peak_bytes(work: Callable[[Frame], object], frame: Frame) -> int:
    """The most bytes that Python and NumPy held at once for a frame, OpenCV's results included."""
    tracemalloc.start()
    try:
        work(frame)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
