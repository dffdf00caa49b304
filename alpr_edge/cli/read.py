"""``alpr-edge read``: plates of photos, one line an image."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import CaptureError
from alpr_edge.runtime.io_errors import io_errors

if TYPE_CHECKING:
    from alpr_edge.app.factories import VisionModels
    from alpr_edge.domain.recognition.frames import Pixels, Reading
    from alpr_edge.domain.recognition.voting import Vote

PROGRESS_FROM = 8
"""Images from which a progress bar is worth showing."""
STANDARD_INPUT = Path("-")
UnitOption = Annotated[
    Path,
    typer.Option("--settings", envvar="ALPR_EDGE_SETTINGS", help="The unit's, whose choice of model files is used."),
]


@dataclass(frozen=True, slots=True)
class PlateInPhoto:
    """A plate in a photo, what is read on it, and the state that issued it, where that is known."""

    reading: Reading
    result: Vote
    state: str | None


@dataclass(frozen=True, slots=True)
class PhotoReadings:
    """A photo and what is read on its plates."""

    path: Path
    width_px: int
    height_px: int
    plates: list[PlateInPhoto]
    elapsed_ms: float


def read(
    paths: Annotated[
        list[Path],
        # What may not be read is told at its turn, and does not keep the others from being read.
        typer.Argument(
            help='Photos, or folders of photos; "-" reads one from standard input.', metavar="PATH...", readable=False
        ),
    ],
    models: Annotated[
        Path | None, typer.Option("--models", help="Folder of models; default: the ones shipped.")
    ] = None,
    settings: UnitOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Read the plates in photos. What cannot be read is an error line and exit code 1; the others are read.

    Characters that are not certain stand in brackets: 8A[B?]C123. A question mark at the end doubts the whole text.
    Before the text stands the American state that issued the plate, where that is sure.
    """
    from alpr_edge.app.factories import open_vision_models
    from alpr_edge.app.pipeline.recognition import worker_count
    from alpr_edge.settings import VisionSettings

    images, has_failed = _told_images(paths)
    if not images:
        raise typer.Exit(1)
    # One photo after the other: each takes the cores that a unit gives to several frames.
    vision = VisionSettings(models_directory=models)
    vision_models = open_vision_models(vision, _unit_data(settings), threads=worker_count(0, 1))
    for path in _with_progress(images):
        try:
            photo = _read_photo(vision_models, path)
        except CaptureError as error:
            typer.echo(f"alpr-edge: {error}", err=True)
            has_failed = True
            continue
        print_object(_photo_fields(photo)) if as_json else typer.echo(_photo_text(photo))
    if has_failed:
        raise typer.Exit(1)


def _with_progress(images: list[Path]) -> Iterable[Path]:
    """The photos, with a bar on a terminal where they are many."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    is_quick = len(images) < PROGRESS_FROM or not console.is_terminal
    return track(images, "Reading", console=console, disable=is_quick)


def _told_images(paths: list[Path]) -> tuple[list[Path], bool]:
    """The photos, once what is none was told; whether anything was."""
    images, faults = _images(paths)
    for fault in faults:
        typer.echo(f"alpr-edge: {fault}", err=True)
    return images, bool(faults)


def _unit_data(settings: Path) -> Path | None:
    """The data folder of the unit that this computer is; None where it is none, or none of this user's."""
    from alpr_edge.settings import load

    if settings == DEFAULT_SETTINGS and not os.access(settings, os.R_OK):
        return None
    data = load(settings).unit.data_directory
    return data if os.access(data, os.R_OK | os.X_OK) else None


def _images(paths: list[Path]) -> tuple[list[Path], list[CaptureError]]:
    """The named files and every picture of the named folders, in name order; and why a folder gives none."""
    images: list[Path] = []
    faults: list[CaptureError] = []
    for path in paths:
        try:
            images += _pictures_of(path) if os.path.isdir(path) else [path]  # noqa: PTH112 - Path.is_dir raises of one that may not be looked at, told at its turn
        except CaptureError as error:
            faults.append(error)
    return images, faults


def _pictures_of(folder: Path) -> list[Path]:
    from alpr_edge.capture.pictures import PICTURE_SUFFIXES

    with io_errors(f"{folder}: cannot be read", CaptureError):
        pictures = sorted(child for child in folder.iterdir() if child.suffix.lower() in PICTURE_SUFFIXES)
    if not pictures:
        kinds = ", ".join(sorted(suffix.removeprefix(".") for suffix in PICTURE_SUFFIXES))
        raise CaptureError(f"{folder}: no image in this folder ({kinds}); name a folder with images, or the files")
    return pictures


def _read_photo(vision_models: VisionModels, path: Path) -> PhotoReadings:
    from alpr_edge.app.pipeline.plate_states import state_function
    from alpr_edge.domain.instants import Instant
    from alpr_edge.domain.recognition.frames import Frame, pixels_inside
    from alpr_edge.domain.recognition.voting import vote

    pixels = _pixels(path)
    start = time.perf_counter()
    state_of, plates = state_function(vision_models.states), []
    for reading in vision_models.recogniser.recognise(Frame("photo", 0, Instant("photo", 0), pixels)):
        result = vote([reading])
        is_whole = result.readable and not reading.is_cut
        state = state_of(pixels_inside(pixels, reading.box)) if is_whole else None
        plates.append(PlateInPhoto(reading, result, state))
    elapsed_ms = (time.perf_counter() - start) * 1000
    return PhotoReadings(path, pixels.shape[1], pixels.shape[0], plates, elapsed_ms)


def _pixels(path: Path) -> Pixels:
    from alpr_edge.capture.pictures import FILE_BYTES_MAX, decode_picture, load_picture

    if path != STANDARD_INPUT:
        return load_picture(path)
    return decode_picture(path, sys.stdin.buffer.read(FILE_BYTES_MAX + 1))


def _photo_fields(photo: PhotoReadings) -> dict[str, Any]:
    return {
        "image": photo.path,
        "width_px": photo.width_px,
        "height_px": photo.height_px,
        "plates": [_plate_fields(plate) for plate in photo.plates],
        "elapsed_ms": round(photo.elapsed_ms, 2),
    }


def _plate_fields(plate: PlateInPhoto) -> dict[str, Any]:
    reading, result, box = plate.reading, plate.result, plate.reading.box
    return {
        "plate": result.text if result.readable else "",
        "plate_canonical": result.plate if result.readable else "",
        "confidence": round(result.confidence, 4),
        "certain": result.certain,
        "box_px": [round(side, 1) for side in (box.left_px, box.top_px, box.right_px, box.bottom_px)],
        "detection_confidence": round(reading.detection_confidence, 4),
        "state": plate.state,
    }


def _photo_text(photo: PhotoReadings) -> str:
    plates = ", ".join(map(_plate_text, photo.plates))
    return f"{photo.path}: {plates or 'no plate found'}"


def _plate_text(plate: PlateInPhoto) -> str:
    state = "" if plate.state is None else f"{plate.state} "
    return f"{state}{_vote_text(plate.result)} ({plate.result.confidence:.0%})"


def _vote_text(result: Vote) -> str:
    from alpr_edge.cli.plate_text import plate_text

    if not result.readable:
        return "(unreadable)"
    return plate_text(result.plate, result.alternatives, is_certain=result.certain)
