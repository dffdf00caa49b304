"""``alpr-edge drive``: replays a recording through the unit's composition."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import JsonOption, private_files
from alpr_edge.domain.errors import AlprEdgeError, CaptureError
from alpr_edge.domain.instants import to_utc
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings import Settings, load

if TYPE_CHECKING:
    from alpr_edge.app.replay import replay
    from alpr_edge.app.replay.output import Summary
    from alpr_edge.app.replay.recording import LaterList

LATER_S_MAX = 86_400.0
READS_PRINTED_MAX = 200


class Pace(StrEnum):
    """How a recording is played."""

    FAST = "fast"
    REAL = "real"


def drive(
    source: Annotated[
        str, typer.Option("--source", help="Video file, folder of pictures, or simulated[:SEED].", show_default=False)
    ],
    nmea: Annotated[Path | None, typer.Option("--nmea", help="NMEA log of the drive's receiver.")] = None,
    hotlist: Annotated[Path | None, typer.Option("--hotlist", help="Hotlist: generic CSV or CLEW table.")] = None,
    later_list: Annotated[
        str | None, typer.Option("--later-list", help="FILE@SECONDS: a list that goes live during the drive.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("out/drive"),
    pace: Annotated[Pace, typer.Option("--pace", help="fast drops no frame and is repeatable.")] = Pace.FAST,
    start: Annotated[
        str | None, typer.Option("--start", help="Start time (UTC) if there is no NMEA log; default: the file's time.")
    ] = None,
    fps: Annotated[float, typer.Option("--fps", min=0.01, max=240, help="Frames per second of a folder.")] = 10.0,
    settings: Annotated[
        Path | None, typer.Option("--settings", help="Thresholds and uplink; default: built in, no uplink.")
    ] = None,
    upload_timeout: Annotated[
        float, typer.Option("--upload-timeout", min=0, max=3600, help="Seconds to wait for the upload.")
    ] = 120.0,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier drive in the folder.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Replay a recording: read, match, sound to a wav file, store, upload, and summarize."""
    from alpr_edge.app.factories import open_vision_models
    from alpr_edge.app.replay import replay
    from alpr_edge.app.replay.recording import open_recording

    unit_settings = Settings() if settings is None else load(settings)
    began = _parse_start(start)
    vision_models = open_vision_models(unit_settings.vision, unit_settings.unit.data_directory)
    later = None if later_list is None else _parse_later_list(later_list)
    _check_folder(out, force=force, used=(Path(source), nmea, hotlist, later and later.path))
    with private_files(), _new_folder(out):
        recording = open_recording(source, fps=fps, nmea=nmea, hotlist=hotlist, scratch=out)
        recording = recording if later is None else replace(recording, later_list=later)
        recording.length()  # what is no video says so here, while an earlier drive can still be put back
    begin = began or recording.start_time
    plan = replay.ReplayPlan(recording, vision_models, out, unit_settings, begin, pace is Pace.REAL, upload_timeout)
    with _remove_if_failed(out), _report_interrupt(out, as_json=as_json):
        summary, faults = _with_progress(plan)
    if not as_json:
        typer.echo("\n".join(read_lines(load_lines(out / "reads.jsonl"))))
    typer.echo(json.dumps(asdict(summary)) if as_json else _summary_text(summary, out))
    _tell_faults(faults)


@contextmanager
def _new_folder(out: Path) -> Iterator[None]:
    """An empty folder for the replay; an earlier one goes once the recording is open, and stays where that fails."""
    with io_errors(f"{out}: cannot be made", CaptureError):
        out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, aside, ignore_errors=True)
        on_failure = stack.enter_context(ExitStack())
        with io_errors(f"{out}: cannot be made", CaptureError):
            if out.exists() and any(out.iterdir()):
                out.rename(aside / "earlier")
                on_failure.callback((aside / "earlier").rename, out)
            out.mkdir(mode=0o700, exist_ok=True)
        on_failure.callback(shutil.rmtree, out, ignore_errors=True)
        yield
        on_failure.pop_all()


@contextmanager
def _remove_if_failed(out: Path) -> Iterator[None]:
    """Remove the folder of a replay that failed before anything was read: it would be in the way of the next one."""
    try:
        yield
    except AlprEdgeError:
        reads = out / "reads.jsonl"
        if not reads.exists() or not reads.stat().st_size:
            shutil.rmtree(out, ignore_errors=True)
        raise


@contextmanager
def _report_interrupt(out: Path, *, as_json: bool) -> Iterator[None]:
    """Print the reads of an interrupted replay, and where they are."""
    try:
        yield
    except KeyboardInterrupt:
        if not as_json:
            typer.echo("\n".join(read_lines(load_lines(out / "reads.jsonl"))))
        typer.echo(f"alpr-edge: interrupted; {out} holds the reads made until then", err=True)
        raise


def load_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines, [] if it is missing; leaves out a last line that was cut short."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def read_lines(reads: Sequence[dict[str, Any]]) -> list[str]:
    """Return a table of the first reads: time, plate, confidence, frames, and other texts that were considered."""
    if not reads:
        return ["No plate was read."]
    lines = [f"  {'first seen (UTC)':19}  {'plate':9}  {'sure':>5}  {'frames':>6}  note"]
    ordered = sorted(reads, key=lambda read: (read["first_seen"], read["read_id"]))
    for read in ordered[:READS_PRINTED_MAX]:
        time, frames = read["first_seen"][:19].replace("T", " "), read["last_frame"] - read["first_frame"] + 1
        line = f"  {time}  {read['plate']:9}  {read['confidence']:5.0%}  {frames:6}  {_read_note(read)}"
        lines.append(line.rstrip())
    if len(reads) > READS_PRINTED_MAX:
        lines.append(f"  ... and {len(reads) - READS_PRINTED_MAX:,} more in reads.jsonl")
    return lines


def _read_note(read: dict[str, Any]) -> str:
    """Return the text that the first frames gave, or the second most likely text."""
    if read["earlier_texts"]:
        return f"at first {read['earlier_texts'][-1]['plate']}, until more frames said otherwise"
    if read["alternatives"]:
        best = read["alternatives"][0]
        return f"or {best['plate']} ({best['confidence']:.0%})"
    return ""


def _tell_faults(faults: Sequence[str]) -> None:
    """Tell what went wrong, and end with 1 where anything did."""
    for fault in faults:
        typer.echo(f"alpr-edge: {fault}", err=True)
    if faults:
        raise typer.Exit(1)


def _parse_later_list(text: str) -> LaterList:
    from alpr_edge.app.replay.recording import LaterList

    path, _, seconds = text.rpartition("@")
    try:
        later = LaterList(Path(path), float(seconds))
    except ValueError:
        later = LaterList(Path(path), -1.0)
    if not path or not 0 <= later.after_s <= LATER_S_MAX:
        raise CaptureError(f"--later-list {text}: expected a file and seconds of the drive, for example amber.csv@12.5")
    if not later.path.is_file():
        raise CaptureError(f"--later-list {text}: there is no file {path}")
    return later


def _parse_start(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return to_utc(moment.replace(tzinfo=moment.tzinfo or UTC))
    except ValueError:
        raise CaptureError(f"--start {text}: not a time; write it as 2026-03-01T08:30:00Z") from None


def _check_folder(out: Path, *, force: bool, used: Sequence[Path | None]) -> None:
    """Refuse a folder that holds other things, an earlier replay unless it may be replaced, or what the drive is of."""
    if out.exists() and not out.is_dir():
        raise CaptureError(f"{out}: is a file; give --out a folder")
    if out.exists() and any(out.iterdir()):
        if not (out / "reads.jsonl").exists():
            raise CaptureError(f"{out}: holds other files; give --out an empty or new folder")
        if not force:
            raise CaptureError(f"{out}: holds an earlier drive; give another --out, or --force to replace it")
        for path in used:
            if path is not None and path.exists() and path.resolve().is_relative_to(out.resolve()):
                raise CaptureError(f"{path}: is inside the folder that the drive replaces; give another --out")


def _with_progress(plan: replay.ReplayPlan) -> tuple[Summary, list[str]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from alpr_edge.app.replay import replay

    columns: tuple[Any, ...] = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        frames = bars.add_task("Driving", total=None)
        upload = bars.add_task("Uploading", total=None, visible=False)
        most = 0

        def on_frame(done: int, total: int | None) -> None:
            bars.update(frames, completed=done, total=total)

        def on_upload(waiting: int) -> None:
            nonlocal most
            most = max(most, waiting)
            bars.update(upload, completed=most - waiting, total=most, visible=True)

        return replay.drive(plan, replay.Progress(on_frame, on_upload))


def _summary_text(summary: Summary, out: Path) -> str:
    """The summary for a person."""
    upload_text = (
        f"{summary.uploaded} items uploaded, {summary.receipts} receipts, {summary.outbox_left} left in the outbox"
        if summary.uploaded or not summary.outbox_left
        else f"nothing uploaded (no department answered); {summary.outbox_left} items wait in the outbox"
    )
    return "\n".join(
        [
            f"{summary.frames} frames driven, {summary.frames_dropped} dropped"
            + (f", {summary.frames_lost} lost to failures" if summary.frames_lost else ""),
            f"{summary.reads} reads",
            f"{summary.hits} hits on the hotlist, {summary.alerts} alerts sounded",
            upload_text,
            f"In {out} (only you can read it: it holds plates):",
            "  reads.jsonl  hits.jsonl  stills/  alerts.wav  summary.json  unit/ (the encrypted store)",
        ]
    )
