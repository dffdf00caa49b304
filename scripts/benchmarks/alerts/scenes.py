"""What is looked at: the ride with texts, photos as they are, and passes made of photos; with their vehicles.

``ride`` is the labelled ride at one picture a second. ``photos`` are the benchmark's photos and every road photo with a
text, each a vehicle's only look. ``whole`` are passes of whole scenes, of the US photos and the American road photos
with a text. ``passes`` and ``road_passes`` drift, grow and blur around one plate of the benchmark's, and of
:data:`ROAD_PASSES` of the road's with a text.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame
from scripts.benchmarks.alerts.looks import TrueVehicle
from scripts.benchmarks.passes import Pass, passes, whole_passes
from scripts.benchmarks.road.pictures import AMERICAN, RoadPhoto, road_photos
from scripts.benchmarks.road.ride import open_ride, play
from scripts.benchmarks.sets import PHOTOS, Opener, TruePlate, photo, photos, spread

SOURCES = ("ride", "photos", "whole", "passes", "road_passes")

ROAD_PASSES = 200

Played = tuple[Iterable[Frame], tuple[TrueVehicle, ...]]
"""Frames of one camera, and the vehicles in them."""


@dataclass(frozen=True, slots=True)
class PlayedSequence:
    """Frames that belong together, made as they are asked for."""

    source: str
    name: str
    play: Callable[[], Played]


def played_sequences(data: Path, source: str) -> list[PlayedSequence]:
    """Everything of one of :data:`SOURCES`.

    Raises:
        CaptureError: a table of the data cannot be read.
    """
    if source == "ride":
        return [PlayedSequence(source, "ride", partial(_play_ride, data))]
    benchmark = [(f"{name}-{i}", opener) for name in PHOTOS for i, opener in enumerate(photos(data, name))]
    road = [one for one in road_photos(data) if any(one.countries)]
    if source == "photos":
        openers = [*benchmark, *((one.path.stem, one.opener) for one in road)]
        return [PlayedSequence(source, name, partial(_play_photo, opener)) for name, opener in openers]
    if source == "whole":
        us = [item for item in benchmark if item[0].startswith("us-")]
        openers = [*us, *((one.path.stem, one.opener) for one in road if one.region == AMERICAN)]
        return _moving(source, openers, whole_passes)
    if source == "passes":
        return _moving(source, benchmark, passes)
    return list(spread(_moving(source, [item for one in road for item in _around_each_text(one)], passes), ROAD_PASSES))


def _moving(
    source: str,
    openers: Sequence[tuple[str, Opener]],
    make: Callable[[Sequence[Opener]], list[partial[Pass]]],
) -> list[PlayedSequence]:
    made = make([opener for _, opener in openers])
    return [
        PlayedSequence(source, name, partial(_play_pass, opener, one))
        for (name, opener), one in zip(openers, made, strict=True)
    ]


def _around_each_text(of: RoadPhoto) -> list[tuple[str, Opener]]:
    """The photo once for each plate with a text, which comes first among its plates then."""
    found = []
    for i, truth in enumerate(of.truths):
        if of.countries[i]:
            others = [other for other in of.truths if other is not truth]
            found.append((f"{of.path.stem}-{i}", photo(of.path, [truth, *others], of.ignored_boxes)))
    return found


def _play_ride(data: Path) -> Played:
    ride = open_ride(data)
    vehicles = [
        TrueVehicle(
            of.plate,
            of.clear,
            {i: plate.box for i, row in enumerate(ride.plates) for plate in row if plate.vehicle == number},
        )
        for number, of in ride.vehicles.items()
    ]
    return play(ride), tuple(vehicles)


def _play_photo(opener: Opener) -> Played:
    scene = opener()
    return [scene.frame], _vehicles(scene.truths, [[truth.box for truth in scene.truths]])


def _play_pass(opener: Opener, make: Callable[[], Pass]) -> Played:
    made = make()
    return made.frames, _vehicles(opener().truths, made.plates)


def _vehicles(truths: Sequence[TruePlate], plates: Sequence[Sequence[Box]]) -> tuple[TrueVehicle, ...]:
    """The vehicles of a scene.

    Args:
        truths: the labelled plates.
        plates: their places in each frame, in that order; others may follow.
    """
    return tuple(
        TrueVehicle(truth.plate, bool(truth.plate), {frame: row[i] for frame, row in enumerate(plates)})
        for i, truth in enumerate(truths)
    )
