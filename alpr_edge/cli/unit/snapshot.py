"""Writes the picture of ``alpr-edge unit check --snapshot``."""

from __future__ import annotations

from pathlib import Path

import typer

from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import CaptureError
from alpr_edge.runtime import no_follow
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings import Settings

SUFFIXES = (".png", ".jpg", ".jpeg")


def write_snapshot(unit: Settings, camera_id: str, path: Path, *, as_json: bool) -> None:
    """Take the picture, write it for its owner alone, and say so."""
    import cv2

    from alpr_edge.diagnostics.snapshot import take_snapshot

    if path.suffix.lower() not in SUFFIXES:
        raise CaptureError(f"{path}: expected a file name ending in {', '.join(SUFFIXES)}")
    if path.exists():
        raise CaptureError(f"{path}: already exists; name a new file")
    _, image_bytes = cv2.imencode(path.suffix, take_snapshot(unit, camera_id))
    with (
        io_errors(f"{path}: the picture cannot be written", CaptureError),
        no_follow.opened_folder(path.parent) as folder,
    ):
        no_follow.write_file(folder, path.name, image_bytes.tobytes(), mode=0o600)
    if as_json:
        print_object({"file": path, "bytes": image_bytes.size})
        return
    typer.echo(
        f"{path}: plates that the detector finds are blacked out; check the picture before sharing it.\n"
        "The grid shows tenths of the picture for [[camera]] ignore_areas; areas in force are red."
    )
