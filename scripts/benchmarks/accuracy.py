"""Measures accuracy: which sets are examined, and which figures are printed of each."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from alpr_edge.app.factories import open_models, open_plate_check
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.reader import OnnxReader
from scripts.benchmarks import detector, nonplates, reader, sets, voting
from scripts.benchmarks.figures import share
from scripts.benchmarks.kept_plates import kept_openers
from scripts.benchmarks.looks import IOU_FOUND, IOU_MIN, Looker, Looks, pool
from scripts.benchmarks.rendered_scenes import benchmark_scenes
from scripts.benchmarks.road import lettering, rides
from scripts.benchmarks.road import photos as road_photos
from scripts.benchmarks.road.pictures import Road
from scripts.benchmarks.sets import PHOTOS, RIDES, Opener
from scripts.benchmarks.sheet import tile_of, worst, write_sheet

ROAD = ("road", "rides", "lettering")
"""Sets whose pictures nobody chose: the headline."""
PARTS = (*ROAD, *PHOTOS, "small", "rendered", "negatives", "dashcam", "voting", "speed")
"""What is measured unless it is chosen by name."""
CHOICES = (*PARTS, "voting_kept")
"""What can be chosen by name: also what constants are tuned on."""
SHEETS = Path("out/bench")
"""Folder of the sheets of the worst."""

Certain = tuple[str, list[bool]]
"""A set, and for each certain read of it whether it is right."""


@dataclass(frozen=True, slots=True)
class AccuracyRequest:
    """What to measure.

    Args:
        data: folder of the real photos.
        vision: models.
        threads: threads of one inference.
        only: some of :data:`PARTS`.
        limit: the most pictures of each road set; the figures of fewer than all are called partial.
    """

    data: Path
    vision: VisionSettings
    threads: int
    only: tuple[str, ...] = PARTS
    limit: int | None = None

    @property
    def prefix(self) -> str:
        """The names of figures that a limit holds for."""
        return "" if self.limit is None else "partial."


def run(request: AccuracyRequest) -> None:
    """Print every figure that was asked for."""
    vision = request.vision
    plate_detector, read = open_models(vision, threads=request.threads)
    looker, data = Looker(plate_detector, read, open_plate_check(vision)), request.data
    certain = _run_road(request, looker) + _run_photos(request, looker, read)
    if len(certain) > 1:
        _print_pooled(request, certain)
    if "rendered" in request.only:
        _print_rendered(_look(looker, "rendered", benchmark_scenes(data)))
    if "negatives" in request.only:
        detector.print_false("negatives", _look(looker, "negatives", sets.negatives(data)))
        nonplates.print_invented(request.vision, sets.negatives(data))
    if "dashcam" in request.only:
        _run_dashcam(looker, data)
    for name in ("voting", "voting_kept"):
        if name in request.only:
            openers = kept_openers(data) if name == "voting_kept" else voting.benchmark(data)
            voting.run(name, request.vision, openers)
    if "speed" in request.only:
        detector.print_milliseconds(plate_detector, sets.ride(data, RIDES[0]), request.threads)
        reader.print_milliseconds(read, sets.photos(data, PHOTOS[0]), request.threads)


def _run_road(request: AccuracyRequest, looker: Looker) -> list[Certain]:
    """What nobody chose; returns what its certain reads are worth."""
    certain: list[Certain] = []
    of = Road(request.data, request.vision, request.limit, request.prefix, SHEETS)
    if "road" in request.only:
        certain.append(("road", road_photos.run(looker, of)))
    if "rides" in request.only:
        certain.append(("rides", rides.run(looker, of)))
    if "lettering" in request.only:
        lettering.run(of)
    return certain


def _print_pooled(request: AccuracyRequest, certain: Sequence[Certain]) -> None:
    """Certain reads that are right, of several sets together."""
    right = [exact for _, row in certain for exact in row]
    share(f"{request.prefix}pooled.certain_right", sum(right), len(right), sets=[name for name, _ in certain])


def _run_photos(request: AccuracyRequest, looker: Looker, read: OnnxReader) -> list[Certain]:
    """The photos with texts, as they are and scaled to distant plates; returns what their certain reads are worth."""
    data = request.data
    looks = {name: _look(looker, name, sets.photos(data, name)) for name in PHOTOS if name in request.only}
    for name, part in looks.items():
        detector.print_found(name, part)
        reader.print_exact(name, part)
        exact = sum(look.exact_true_box for look in part.of_truths)
        reader.print_jittered(name, read, sets.photos(data, name), exact)
    if looks:
        _print_photos(pool(looks.values()))
    if "small" in request.only:
        small = _look(looker, "small", sets.small(data))
        _print_small(small)
        if looks:
            reader.print_confidence("photos_and_small", pool([*looks.values(), small]))
    return [(name, [look.exact for look in part.of_truths if look.certain]) for name, part in looks.items()]


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
    worst_looks = worst(looks.of_truths)
    if worst_looks:
        path = SHEETS / "worst.png"
        write_sheet([tile_of(look) for look in worst_looks], path)
        sys.stderr.write(f"scripts/bench: the {len(worst_looks)} worst plates: {path.resolve()}\n")


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
