"""``alpr-edge unit aim``: which distances a lens, an angle and a shutter are good for."""

from typing import Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.output import print_object, print_table
from alpr_edge.domain.diagnostics.camera_aim import Aim, Optics, Verdict, aim, reach

DISTANCES_M = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30)
_COLOURS = {Verdict.GOOD: "green", Verdict.FAIR: "yellow", Verdict.UNFIT: "red"}


def aim_command(
    focal_mm: Annotated[float, typer.Option("--lens-mm", min=1, max=300, help="Focal length of the lens.")] = 16.0,
    sensor_mm: Annotated[
        float, typer.Option("--sensor-mm", min=1, max=40, help="Width of the sensor area in the picture, mm.")
    ] = 5.02,
    width_px: Annotated[int, typer.Option("--width-px", min=320, max=7680, help="Width of the picture.")] = 1280,
    angle: Annotated[
        float, typer.Option("--angle", min=0, max=75, help="Angle between view and path, degrees.")
    ] = 25.0,
    shutter_us: Annotated[float, typer.Option("--shutter-us", min=10, max=40_000, help="Exposure.")] = 400.0,
    speed_kmh: Annotated[
        float, typer.Option("--speed-kmh", min=0, max=300, help="Speed relative to the camera.")
    ] = 60.0,
    as_json: JsonOption = False,
) -> None:
    """Show pixels on a plate and blur by distance. The defaults: a 1/2.9 inch sensor behind a 16 mm lens."""
    optics = Optics(focal_mm, sensor_mm, width_px)
    aims = [aim(optics, float(metres), angle, shutter_us, speed_kmh) for metres in DISTANCES_M]
    if as_json:
        print_object({"view_degrees": round(optics.view_degrees, 2), "distances": aims})
        return
    _print_aims(aims)
    typer.echo(f"the view is {optics.view_degrees:.1f} degrees wide")
    fit = reach(aims)
    typer.echo("no plate can be read: shorten the exposure or the angle" if fit is None else _reach_text(fit))


def _reach_text(fit: tuple[float, float]) -> str:
    return f"plates can be read from {fit[0]:g} to {fit[1]:g} m; set the sharpest focus to the middle of that range"


def _print_aims(aims: list[Aim]) -> None:
    rows = [
        (
            f"{row.distance_m:g}",
            f"{row.plate_px:.0f}",
            f"{row.blur_px:.1f}",
            f"{row.blur_strokes:.2f}",
            row.verdict,
        )
        for row in aims
    ]
    headers = "meters", "px on a plate", "blur px", "blur in strokes", "fit"
    print_table(headers, rows, [_COLOURS[row.verdict] for row in aims])
