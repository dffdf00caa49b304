"""``alpr-edge unit check``: is this unit fit for a shift."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object, print_table
from alpr_edge.domain.diagnostics.checks import GROUPS, Check, Grade
from alpr_edge.domain.errors import CaptureError, StoreError
from alpr_edge.runtime import no_follow
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings import Settings, load

if TYPE_CHECKING:
    from alpr_edge.diagnostics.runner import Report


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


_COLOURS = {Grade.GREEN: "green", Grade.AMBER: "yellow", Grade.RED: "red", Grade.SKIPPED: "bright_black"}
_SKIP_HELP = f"Checks to skip, separated by commas: {', '.join(GROUPS)}. The result names them."
SnapshotOption = Annotated[
    Path | None,
    typer.Option("--snapshot", help="Only write a picture without plates, to choose ignore_areas by."),
]
CameraOption = Annotated[
    str, typer.Option("--camera", help="With --aim or --snapshot: the camera; default: the first.")
]


def check_command(
    skip: Annotated[str, typer.Option("--skip", help=_SKIP_HELP)] = "",
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="Write a certificate of fitness: one HTML page.")
    ] = None,
    verify_file: Annotated[
        Path | None, typer.Option("--verify", help="Only verify that a certificate of fitness is unchanged.")
    ] = None,
    card_m: Annotated[
        float | None, typer.Option("--card-m", min=0.2, max=100, help="Meters from lens to test card, if measured.")
    ] = None,
    microphone: Annotated[
        str | None, typer.Option("--microphone", help="ALSA capture device; default: the player's.")
    ] = None,
    aim: Annotated[bool, typer.Option("--aim", help="Only show a line for each picture, to aim by.")] = False,
    snapshot: SnapshotOption = None,
    camera: CameraOption = "",
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=3600, help="With --aim: duration.")] = 120.0,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Check whether this unit is fit for a shift: cameras, receiver, clock, sound, lists, disk, department and more.

    Works whether or not alpr-edge run is running. Exit code 0 if everything is green or amber, 1 if anything is red.
    """
    from alpr_edge.diagnostics.report import verify

    unit = load(settings)
    if verify_file is not None:
        authority = unit.uplink.ca_file
        finding = verify(verify_file, authority if authority.exists() else None)
        print_object({"file": verify_file, "unchanged": True, "finding": finding}) if as_json else typer.echo(finding)
    elif snapshot is not None:
        write_snapshot(unit, camera, snapshot, as_json=as_json)
    elif aim:
        _aim(unit, camera, seconds, as_json=as_json)
    else:
        _show_report(_run_checks(unit, skip, microphone, card_m), unit, certificate, as_json=as_json)


def _show_report(report: Report, unit: Settings, certificate: Path | None, *, as_json: bool) -> None:
    """Write the certificate, show the result, and end with 1 where anything is red."""
    from alpr_edge.diagnostics.report import page, report_values

    if certificate is not None:
        _write(certificate, page(report, unit.uplink))
    typer.echo(json.dumps(report_values(report))) if as_json else _print(report, certificate)
    if report.grade is Grade.RED:
        raise typer.Exit(1)


def _run_checks(unit: Settings, skip: str, microphone: str | None, card_m: float | None) -> Report:
    """Check, with a line on a terminal that shows what has ended."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    from alpr_edge.diagnostics.runner import examine

    names = [name.strip() for name in skip.split(",") if name.strip()]
    console = Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("checking", total=None)
        return examine(
            unit,
            names,
            microphone=microphone,
            card_m=card_m,
            tell=lambda name: progress.update(task, description=f"{name} done"),
        )


def _aim(unit: Settings, camera: str, seconds: float, *, as_json: bool) -> None:
    from alpr_edge.diagnostics.aim import picture_values

    is_live = sys.stdout.isatty() and not as_json
    try:
        for view in picture_values(unit, camera, seconds):
            if as_json:
                fields = {"plate_px": view.plate_px, "focus": view.focus, "card_read": view.card_read}
                typer.echo(json.dumps(fields))
            else:
                typer.echo(f"\r{view.line:100}" if is_live else view.line, nl=not is_live)
    except KeyboardInterrupt:
        pass  # the way to end it
    if is_live:
        typer.echo("")


def _print(report: Report, certificate: Path | None) -> None:
    from alpr_edge.diagnostics.report import VERDICTS

    rows = [(check.name, check.grade.value, check.finding, _advice(check)) for check in report.checks]
    colours = [None if check.grade is Grade.GREEN else _COLOURS[check.grade] for check in report.checks]
    print_table(("check", "verdict", "measured", "limit; what to do"), rows, colours)
    counts = {grade: sum(check.grade is grade for check in report.checks) for grade in Grade}
    tally = ", ".join(f"{count} {grade.value}" for grade, count in counts.items() if count)
    state = "running: judged by its health and its reads" if report.running else "not running"
    typer.echo(f"{report.unit_id}: {VERDICTS[report.grade]} ({tally}); alpr-edge run was {state}")
    if report.left_out:
        typer.echo(f"not checked: {', '.join(report.left_out)}")
    if certificate is not None:
        typer.echo(f"certificate of fitness: {certificate}")


def _advice(check: Check) -> str:
    return "; ".join(part for part in (check.limit, check.todo) if part)


def _write(path: Path, content: str) -> None:
    """Replace the file as a whole."""
    with (
        io_errors(f"{path}: the certificate cannot be written", StoreError),
        no_follow.opened_folder(path.parent) as folder,
    ):
        no_follow.write_file(folder, path.name, content.encode(), mode=0o644)
