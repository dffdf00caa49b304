"""``alpr-edge read``: plates of photos, one line an image."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from alpr_edge.app.factories import open_vision_models
from alpr_edge.capture.pictures import PICTURE_SUFFIXES, load_picture
from alpr_edge.cli.common import JsonOption
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Frame, Pixels, Reading
from alpr_edge.domain.recognition.voting import vote
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.recogniser import Recogniser

PROGRESS_FROM = 8
"""Images from which a progress bar is worth showing."""


def read(
    paths: Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.", metavar="PATH...")],
    models: Annotated[
        Path | None, typer.Option("--models", help="Folder of models; default: the ones shipped.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read the plates in photos. An unreadable file is an error line and exit code 1; the others are still read."""
    recogniser = open_vision_models(VisionSettings(models_directory=models)).recogniser
    failed = False
    images = list(_images(paths))
    console = Console(stderr=True)
    shown = track(images, "Reading", console=console, disable=len(images) < PROGRESS_FROM or not console.is_terminal)
    for path in shown:
        try:
            result = _read_one(recogniser, path)
        except CaptureError as error:
            typer.echo(f"alpr-edge: {error}", err=True)
            failed = True
            continue
        typer.echo(json.dumps(result) if as_json else _line(result))
    if failed:
        raise typer.Exit(1)


def _images(paths: list[Path]) -> Iterator[Path]:
    """The named files, and of folders every picture in name order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(child for child in path.iterdir() if child.suffix.lower() in PICTURE_SUFFIXES)
        else:
            yield path


def _read_one(recogniser: Recogniser, path: Path) -> dict[str, Any]:
    pixels = load_picture(path)
    started = time.perf_counter()
    readings = recogniser.recognise(_frame(pixels))
    return {
        "image": str(path),
        "width_px": pixels.shape[1],
        "height_px": pixels.shape[0],
        "plates": [_plate(reading) for reading in readings],
        "elapsed_ms": round((time.perf_counter() - started) * 1000, 2),
    }


def _frame(pixels: Pixels) -> Frame:
    return Frame("photo", 0, Instant("photo", 0), pixels)


def _plate(reading: Reading) -> dict[str, Any]:
    result, box = vote([reading]), reading.box
    return {
        "plate": result.text if result.readable else "",
        "plate_canonical": result.plate if result.readable else "",
        "confidence": round(result.confidence, 4),
        "certain": result.certain,
        "box_px": [round(side, 1) for side in (box.left_px, box.top_px, box.right_px, box.bottom_px)],
        "detection_confidence": round(reading.detection_confidence, 4),
    }


def _line(result: dict[str, Any]) -> str:
    plates = ", ".join(f"{p['plate'] or '(unreadable)'} ({p['confidence']:.0%})" for p in result["plates"])
    return f"{result['image']}: {plates or 'no plate found'}"
