"""What data a request is about, as people type it: times, area, pictures; plates never on the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.domain.releases.requests import ReleasePictures

PLATES_QUESTION = "Plates that the request is about, with commas"
TIME_HELP = "Begin of the time asked for, such as 2026-05-04T18:00; without a zone by this computer's clock."
_AREA_HELP = "Where the car was: LATITUDE,LONGITUDE,METRES, or three corners and more; empty: anywhere."
AreaOption = Annotated[str, typer.Option("--area", help=_AREA_HELP)]
PicturesOption = Annotated[
    ReleasePictures, typer.Option("--pictures", help="Pictures of the plates alone, or scenes, which show others too.")
]
