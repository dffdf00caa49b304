"""Reads of what is no plate, per 100 passes: nothing that is no plate may become a read.

A pass is a second of frames as :mod:`scripts.benchmarks.passes` makes it: the whole picture, a little moved and drawn
nearer, or a sign that passes as a plate does. Each goes through the unit's path. A read that stands
in the end counts when none of its looks lies on a plate or on a place that may be one. The headline is of the US
photos, as what stands around real plates there is what a unit meets; the others tell where such reads come from.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track

from alpr_edge.app.factories import VisionModels, open_vision_models
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.settings import VisionSettings
from scripts.benchmarks.figures import rate
from scripts.benchmarks.looks import is_ignored
from scripts.benchmarks.passes import FRAME_MS, Pass, passes, whole_passes
from scripts.benchmarks.replay import replay
from scripts.benchmarks.road.pictures import AMERICAN, Road, road_photos
from scripts.benchmarks.road.signs import plain, signs, stamp_time
from scripts.benchmarks.sets import Opener, photos, spread

SIGNS, ROAD, PLAIN, STAMPED = 80, 80, 80, 40
"""Passes of each kind, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Scenes that passes are made of.

    Args:
        name: part of the figure's name; empty: the headline.
        openers: the scenes.
        plates: whether their truths are plates; else they are what is no plate.
        around: makes the passes: of whole scenes, or around the first truth of each.
        change: the change that is made to the frames of each pass, given its number.
    """

    name: str
    openers: Sequence[Opener]
    plates: bool
    around: Callable[[Sequence[Opener]], list[partial[Pass]]] = whole_passes
    change: Callable[[Iterator[Frame], int], Iterator[Frame]] = lambda frames, _: frames


def sources(data: Path) -> list[Source]:
    """Photos with plates, road photos, photos without a plate as they are and with the time in a corner, and signs."""
    road = [photo for photo in road_photos(data) if photo.region == AMERICAN and photo.truths]
    return [
        Source("", photos(data, "us"), plates=True),
        Source("road", [photo.opener for photo in spread(road, ROAD)], plates=True),
        Source("no_plate", plain(data, PLAIN), plates=False),
        Source("signs", signs(data, SIGNS), plates=False, around=passes),
        Source("time_stamps", plain(data, STAMPED), plates=False, change=stamp_time),
    ]


def run(of: Road) -> None:
    """Print the figures of each source."""
    vision_models, console = open_vision_models(of.vision), Console(stderr=True)
    for source in sources(of.data):
        openers = source.around(spread(source.openers, of.limit))
        bar = track(openers, source.name or "us", console=console, disable=not console.is_terminal, transient=True)
        reads = [
            reads_of_no_plate(passing(), source, index, vision_models, of.vision) for index, passing in enumerate(bar)
        ]
        _print(f"{of.prefix}lettering.{source.name + '.' if source.name else ''}", reads)


def reads_of_no_plate(
    passing: Pass, source: Source, index: int, vision_models: VisionModels, vision: VisionSettings
) -> list[ReadUpdate]:
    """The reads of one pass that are of no plate."""
    result = replay(source.change(passing.frames, index), vision_models, vision, ending_ms=FRAME_MS)
    if not source.plates:
        return result.closed
    return [
        event
        for event in result.closed
        if not any(is_ignored(look.box, passing.plates[look.frame_number]) for look in event.looks)
    ]


def _print(prefix: str, reads: Sequence[Sequence[ReadUpdate]]) -> None:
    events = list(itertools.chain(*reads))
    certain = sum(event.read.certain for event in events)
    rate(f"{prefix}reads_per_100_passes", len(events), len(reads), "reads/100 passes", per=100)
    rate(f"{prefix}certain_per_100_passes", certain, len(reads), "reads/100 passes", per=100)
