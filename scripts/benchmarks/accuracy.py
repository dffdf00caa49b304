"""Accuracy: which sets are looked at, and which figures are printed of each."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from alpr_edge.app.doors import inference_threads, open_models
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.reader import OnnxReader
from scripts.benchmarks import detector, nonplates, reader, sets, voting
from scripts.benchmarks.kept import kept
from scripts.benchmarks.looking import IOU_FOUND, IOU_MIN, Looker, Looks, pooled
from scripts.benchmarks.rendered import rendered
from scripts.benchmarks.sets import PHOTOS, RIDES, Opener
from scripts.benchmarks.sheet import worst, write_sheet

PARTS = (*PHOTOS, "small", "rendered", "negatives", "dashcam", "voting", "speed")
"""What is measured unless it is chosen by name."""
CHOICES = (*PARTS, "voting_kept")
"""What can be chosen by name: also what constants are tuned on."""
SHEET = Path("out/bench/worst.png")


@dataclass(frozen=True, slots=True)
class Request:
    """What to measure.

    Args:
        data: folder of the real photos.
        vision: models and threads.
        only: some of :data:`PARTS`.
    """

    data: Path
    vision: VisionSettings
    only: tuple[str, ...] = PARTS


def run(request: Request) -> None:
    """Print every figure that was asked for."""
    found, read = open_models(request.vision)
    looker, data = Looker(found, read, request.vision.detection_sure_min), request.data
    _run_photos(request, looker, read)
    if "rendered" in request.only:
        _print_rendered(_look(looker, "rendered", rendered(data)))
    if "negatives" in request.only:
        detector.print_false("negatives", _look(looker, "negatives", sets.negatives(data)))
        nonplates.print_invented(request.vision, sets.negatives(data))
    if "dashcam" in request.only:
        _run_dashcam(looker, data)
    for name in ("voting", "voting_kept"):
        if name in request.only:
            openers = kept(data) if name == "voting_kept" else voting.benchmark(data)
            voting.run(name, request.vision, openers)
    if "speed" in request.only:
        threads = inference_threads(request.vision)
        detector.print_milliseconds(found, sets.ride(data, RIDES[0]), threads)
        reader.print_milliseconds(read, sets.photos(data, PHOTOS[0]), threads)


def _run_photos(request: Request, looker: Looker, read: OnnxReader) -> None:
    """The photos with texts, as they are and scaled to distant plates."""
    data = request.data
    looks = {name: _look(looker, name, sets.photos(data, name)) for name in PHOTOS if name in request.only}
    for name, part in looks.items():
        detector.print_found(name, part)
        reader.print_exact(name, part)
        exact = sum(look.exact_true_box for look in part.of_truths)
        reader.print_jittered(name, read, sets.photos(data, name), exact)
    if looks:
        _print_photos(pooled(looks.values()))
    if "small" in request.only:
        small = _look(looker, "small", sets.small(data))
        _print_small(small)
        if looks:
            reader.print_confidence("photos_and_small", pooled([*looks.values(), small]))


def _run_dashcam(looker: Looker, data: Path) -> None:
    for name in RIDES:
        part = _look(looker, name, sets.ride(data, name))
        detector.print_found(f"dashcam.{name}", part, (IOU_FOUND, IOU_MIN))
        detector.print_widths(f"dashcam.{name}", part)


def _look(looker: Looker, name: str, openers: Sequence[Opener]) -> Looks:
    console = Console(stderr=True)
    return looker.look(track(openers, name, console=console, disable=not console.is_terminal, transient=True))


def _print_photos(looks: Looks) -> None:
    """All photos with texts that were asked for, as one set."""
    detector.print_found("photos", looks, (IOU_FOUND,))
    detector.print_widths("photos", looks)
    reader.print_exact("photos", looks)
    reader.print_kept("photos", looks)
    reader.print_confidence("photos", looks)
    chosen = worst(looks.of_truths)
    if chosen:
        write_sheet(chosen, SHEET)
        sys.stderr.write(f"scripts/bench: the {len(chosen)} worst plates: {SHEET.resolve()}\n")


def _print_small(looks: Looks) -> None:
    detector.print_found("small", looks, (IOU_FOUND, IOU_MIN))
    reader.print_exact("small", looks)
    reader.print_exact_of_found("small", looks)
    reader.print_confidence("small", looks)


def _print_rendered(looks: Looks) -> None:
    detector.print_found("rendered", looks, (IOU_FOUND,))
    detector.print_widths("rendered", looks)
    detector.print_tightness("rendered", looks)
    reader.print_exact_of_found("rendered", looks)
