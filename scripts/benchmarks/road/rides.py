"""The real ride by vehicle: read exactly, read once, merged with another, certain and right.

Only reads that stand in the end count: one that its own pass corrected does not. A vehicle is **clear** when its plate
is in one picture at least; only of those is the text beyond doubt, so only they say whether a text is right. Reads on
no labelled plate say nothing: those looked at were of real plates, cut by the picture's edge or too dim to label.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.app.factories import open_vision_models
from alpr_edge.domain.recognition.boxes import Box
from scripts.benchmarks.figures import share
from scripts.benchmarks.looks import Looker
from scripts.benchmarks.road.pictures import Road
from scripts.benchmarks.road.ride import SEEN_AGAIN_S, Ride, RideRead, RideVehicle, attribute_read, drive, open_ride
from scripts.benchmarks.sets import TruePlate, photo
from scripts.benchmarks.sheet import Tile, write_sheet

NARROW = "I"
SHEET_TILES = 40


@dataclass(frozen=True, slots=True, eq=False)
class RideOutcome:
    """The results for a ride's vehicles."""

    ride: Ride
    reads: tuple[RideRead, ...]

    @property
    def by_vehicle(self) -> dict[str, list[RideRead]]:
        """The reads of each vehicle that has any."""
        reads = defaultdict(list)
        for read in self.reads:
            if read.vehicle is not None:
                reads[read.vehicle].append(read)
        return dict(reads)

    @property
    def clear(self) -> dict[str, RideVehicle]:
        """The clear vehicles."""
        return {number: vehicle for number, vehicle in self.ride.vehicles.items() if vehicle.clear}

    def is_right(self, read: RideRead) -> bool:
        """Whether a read has the text of its vehicle."""
        return read.vehicle is not None and read.read.plate == self.ride.vehicles[read.vehicle].plate

    @property
    def certain(self) -> list[bool]:
        """Of each certain read of a clear vehicle, whether it is right."""
        clear = self.clear
        return [self.is_right(read) for read in self.reads if read.read.certain and read.vehicle in clear]


def run(looker: Looker, of: Road) -> list[bool]:
    """Print every figure and write the sheets of the worst.

    Returns:
        For each certain read, whether it is right.
    """
    ride = open_ride(of.data, of.limit)
    result = drive(ride, open_vision_models(of.vision), of.vision)
    outcome = RideOutcome(ride, tuple(attribute_read(ride, closed) for closed in result.closed))
    name = f"{of.prefix}rides"
    _print_vehicles(name, outcome)
    _print_reads(name, outcome)
    _print_true_boxes(name, looker, ride)
    _write_sheets(outcome, of.sheets)
    return outcome.certain


def _print_vehicles(name: str, outcome: RideOutcome) -> None:
    reads, clear = outcome.by_vehicle, outcome.clear

    def with_any(holds: Callable[[RideRead], bool]) -> int:
        return sum(any(map(holds, reads.get(number, ()))) for number in clear)

    share(f"{name}.vehicle_exact", with_any(outcome.is_right), len(clear))
    share(f"{name}.vehicle_read", with_any(lambda _: True), len(clear))
    share(f"{name}.certain_share", with_any(lambda read: read.read.certain), len(clear))
    counts = Counter(len(row) for row in reads.values())
    share(f"{name}.one_read_a_vehicle", counts[1], len(reads), reads_by_count=dict(sorted(counts.items())))
    sighting_counts = [count for count in _reads_a_sighting(outcome) if count]
    share(f"{name}.one_read_a_sighting", sighting_counts.count(1), len(sighting_counts), seen_again_s=SEEN_AGAIN_S)


def _print_reads(name: str, outcome: RideOutcome) -> None:
    reads, certain, clear = outcome.reads, outcome.certain, outcome.clear
    share(f"{name}.merged", sum(read.is_merged for read in reads), len(reads))
    share(f"{name}.certain_right", sum(certain), len(certain))
    right = [outcome.is_right(read) for read in reads if read.vehicle in clear]
    share(f"{name}.reads_right", sum(right), len(right))
    share(f"{name}.reads_unlabelled", sum(read.vehicle is None for read in reads), len(reads))


def _reads_a_sighting(outcome: RideOutcome) -> list[int]:
    """How many reads each sighting of a vehicle came to."""
    counts = []
    for number, reads in outcome.by_vehicle.items():
        begins = outcome.ride.sightings(number)
        firsts = [outcome.ride.seconds[read.read.first_frame] for read in reads]
        last = [bisect_right(begins, first) for first in firsts]
        counts += [last.count(sighting) for sighting in range(1, len(begins) + 1)]
    return counts


def _print_true_boxes(name: str, looker: Looker, ride: Ride) -> None:
    """Clear plates read exactly in the true box of each picture; those with an I apart."""
    exact: dict[bool, list[bool]] = {True: [], False: []}
    for picture, plates in zip(ride.pictures, ride.plates, strict=True):
        scene = photo(picture)()
        for plate in plates:
            if plate.clear:
                read = looker.read_true_box(scene, TruePlate(plate.box, plate.plate))
                exact[NARROW in plate.plate].append(read.plate == plate.plate)
    share(f"{name}.exact_with_i", sum(exact[True]), len(exact[True]))
    share(f"{name}.exact_without_i", sum(exact[False]), len(exact[False]))


def _write_sheets(outcome: RideOutcome, folder: Path) -> None:
    """Clear vehicles that no read has right, in their widest picture; reads merged, and on no labelled plate."""
    reads = outcome.by_vehicle
    wrong = [number for number in outcome.clear if not any(map(outcome.is_right, reads.get(number, ())))]
    tiles = [_vehicle_tile(outcome, number, reads.get(number, ())) for number in wrong]
    write_sheet(tiles[:SHEET_TILES], folder / "rides-wrong.png")
    for name, sheet_reads in (
        ("merged", [read for read in outcome.reads if read.is_merged]),
        ("unlabelled", [read for read in outcome.reads if read.vehicle is None]),
    ):
        tiles = [tile for read in sheet_reads for tile in _read_tiles(outcome.ride, read)]
        write_sheet(tiles[:SHEET_TILES], folder / f"rides-{name}.png")


def _vehicle_tile(outcome: RideOutcome, number: str, reads: Sequence[RideRead]) -> Tile:
    pictures = zip(outcome.ride.pictures, outcome.ride.plates, strict=True)
    views = [(plate.box, picture) for picture, row in pictures for plate in row if plate.vehicle == number]
    box, picture = max(views, key=lambda pair: pair[0].width_px)
    texts = " ".join(f"{read.read.plate} {read.read.confidence:.2f}" for read in reads)
    return Tile(photo(picture), box, None, f"{outcome.clear[number].plate} > {texts or 'no read'}")


def _read_tiles(ride: Ride, read: RideRead) -> list[Tile]:
    """First and last look of a read; green: the labelled plate that it touches."""
    tiles = []
    for look in dict.fromkeys((read.looks[0], read.looks[-1])):
        boxes = [plate.box for plate in ride.plates[look.frame_number] if plate.box.iou(look.box) > 0]
        nearest: Box | None = max(boxes, key=look.box.iou, default=None)
        caption = f"{read.read.plate} {read.read.confidence:.2f}, vehicles {' '.join(sorted(read.vehicles)) or 'none'}"
        tiles.append(Tile(photo(ride.pictures[look.frame_number]), nearest, look.box, caption))
    return tiles
