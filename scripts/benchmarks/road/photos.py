"""The road photos: plates found by their width, texts read exactly, and boxes on what is no plate.

Boxes are those that the unit accepts, as ``alpr-edge read`` lists them. A plate is **found** when one overlaps it with
an IoU of 0.5. Widths are in pixels of a photo whose longest side has 960. **False** is a box with an IoU under 0.3 with
every labelled plate, also one on a mere part of a plate, unless it lies on a place of ``ignore.csv``. Exact texts,
letter O taken for 0, are counted of the plates with a text: end to end in the photo (a plate not found is not read), on
true boxes in the larger crops. Every figure comes twice: of all photos, and as ``road.kept`` of those that training
leaves out. Others may have been trained on, by which their figures are too good; the kept are few.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from scripts.benchmarks.figures import rate, share
from scripts.benchmarks.looks import Looker, Looks, PlateLook
from scripts.benchmarks.road.pictures import AMERICAN, Road, RoadCrop, RoadPhoto, road_crops, road_photos
from scripts.benchmarks.sets import spread
from scripts.benchmarks.sheet import Tile, tile_of, write_sheet

WIDTHS_PX = 0.0, 20.0, 40.0, 80.0, 160.0, 320.0, float("inf")
"""Edges of the bins of plate width."""
NEAR_PX, FAR_PX = 320.0, 40.0
US_CA, EUROPE = ("us", "ca"), ("gb", "eu")
"""Countries of a text: American and Canadian, British and European."""
SHEET_TILES = 30
Item = TypeVar("Item")
"""What is gone through."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A photo, and what the unit made of it."""

    photo: RoadPhoto
    looks: Looks

    @property
    def plates(self) -> list[tuple[PlateLook, float, str]]:
        """Of each plate its look, its scaled width and the country of its text."""
        widths = [self.photo.scaled_px(look.truth.box.width_px) for look in self.looks.of_truths]
        return list(zip(self.looks.of_truths, widths, self.photo.countries, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class ReadCrop:
    """A crop, and whether the text of its true box is right."""

    crop: RoadCrop
    exact: bool


def run(looker: Looker, of: Road) -> list[bool]:
    """Print every figure and write the sheets of the worst.

    Returns:
        For each certain read of a plate with a text, whether it is right.
    """
    photos = _track(spread(road_photos(of.data), of.limit))
    results = [Measured(photo, looker.look_at(photo.opener(), photo.opener)) for photo in photos]
    crops = [_read(looker, crop) for crop in _track(spread(road_crops(of.data), of.limit))]
    _print(f"{of.prefix}road", results, crops)
    kept_crops = [crop for crop in crops if crop.crop.is_kept]
    _print(f"{of.prefix}road.kept", [one for one in results if one.photo.is_kept], kept_crops)
    _write_sheets([one for one in results if one.photo.region == AMERICAN], of.sheets)
    return _certain(results)


def _track(items: Sequence[Item]) -> Iterable[Item]:
    console = Console(stderr=True)
    return track(items, "road", console=console, disable=not console.is_terminal, transient=True)


def _read(looker: Looker, crop: RoadCrop) -> ReadCrop:
    return ReadCrop(crop, looker.read_true_box(crop.opener(), crop.truth).plate == crop.truth.plate)


def _print(name: str, results: Sequence[Measured], crops: Sequence[ReadCrop]) -> None:
    american = [one for one in results if one.photo.region == AMERICAN]
    world = [one for one in results if one.photo.region != AMERICAN]
    _print_found(name, american)
    _print_false(name, american)
    _print_exact(name, results, crops)
    _print_widths(f"{name}.american", american)
    _print_widths(f"{name}.world", world)
    _print_false(f"{name}.world", world)


def _print_found(name: str, results: Sequence[Measured]) -> None:
    plates = [(look.is_found, width) for one in results for look, width, _ in one.plates]
    for figure, low, high in (("40px", FAR_PX, None), ("under_40px", 0.0, FAR_PX), ("320px", NEAR_PX, None)):
        outcomes = [is_found for is_found, width in plates if low <= width < (high or float("inf"))]
        share(f"{name}.found_{figure}", sum(outcomes), len(outcomes))


def _print_widths(name: str, results: Sequence[Measured]) -> None:
    plates = [(look.is_found, width) for one in results for look, width, _ in one.plates]
    for low, high in pairwise(WIDTHS_PX):
        outcomes = [is_found for is_found, width in plates if low <= width < high]
        if outcomes:
            upper = None if high == float("inf") else high
            share(f"{name}.found_by_width", sum(outcomes), len(outcomes), width_from_px=low, width_below_px=upper)


def _print_false(name: str, results: Sequence[Measured]) -> None:
    false = sum(one.looks.false for one in results)
    right = sum(look.iou > 0 for one in results for look in one.looks.of_truths)
    duplicates = sum(one.looks.duplicates for one in results)
    rate(f"{name}.false_boxes", false, len(results), "boxes/photo")
    share(f"{name}.false_of_boxes", false, false + right + duplicates)


def _print_exact(name: str, results: Sequence[Measured], crops: Sequence[ReadCrop]) -> None:
    plates = [(look, country) for one in results for look, _, country in one.plates if country]
    for group, countries in (("us_ca", US_CA), ("eu", EUROPE)):
        exact = [look.exact for look, country in plates if country in countries]
        share(f"{name}.exact_{group}", sum(exact), len(exact))
        exact = [one.exact for one in crops if one.crop.country in countries]
        share(f"{name}.exact_{group}_true_boxes", sum(exact), len(exact))
    for country in sorted({one.crop.country for one in crops}):
        exact = [one.exact for one in crops if one.crop.country == country]
        share(f"{name}.exact_by_country_true_boxes", sum(exact), len(exact), country=country)
    certain = _certain(results)
    share(f"{name}.certain_right", sum(certain), len(certain))
    share(f"{name}.certain_share", len(certain), len(plates))


def _certain(results: Sequence[Measured]) -> list[bool]:
    """For each certain read of a plate with a text, whether it is right."""
    looks = [look for one in results for look, _, country in one.plates if country]
    return [look.exact for look in looks if look.certain]


def _write_sheets(american: Sequence[Measured], folder: Path) -> None:
    """The widest plates missed, the surest wrong texts, and the surest boxes on no plate."""
    plates = sorted((plate for one in american for plate in one.plates), key=lambda plate: -plate[1])
    missed_tiles = [tile_of(look) for look, _, _ in plates if not look.is_found]
    wrong = [look for look, _, country in plates if country and look.read is not None and not look.exact]
    wrong.sort(key=lambda look: -(look.read.confidence if look.read else 0.0))
    false = sorted(
        (box for one in american for box in one.looks.false_boxes), key=lambda box: -box.reading.detection_confidence
    )
    tiles = [Tile(box.opener, None, box.reading.box, f"{box.reading.detection_confidence:.2f} sure") for box in false]
    for name, sheet_tiles in (("missed", missed_tiles), ("wrong", [tile_of(look) for look in wrong]), ("false", tiles)):
        write_sheet(sheet_tiles[:SHEET_TILES], folder / f"road-{name}.png")
