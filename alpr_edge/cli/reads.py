"""``alpr-edge reads``: what the unit has read lately (policy 462.6(a))."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_store_access
from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_lines, print_object, print_table, time_text
from alpr_edge.domain.timeline import Basis, Placement

if TYPE_CHECKING:
    from alpr_edge.domain.hits import Hit
    from alpr_edge.services.reads import ShownRead

app = typer.Typer()

_NOTES = {
    Basis.OWN: "",
    Basis.PLACED: ", clock set later",
    Basis.SINGLE: ", not sure",
    Basis.CLOCK: ", not sure",
    Basis.DISPUTED: ", not sure: its clocks contradict each other",
    Basis.NONE: "",
}
"""What is said beside a time, by the evidence for it."""


@app.callback(invoke_without_command=True)
def reads(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Number of reads, newest first.")] = 20,
    hits: Annotated[bool, typer.Option("--hits", help="Only reads that are on a hotlist.")] = False,
    show_all: Annotated[bool, typer.Option("--all", help="Include reads that were corrected later.")] = False,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Show the newest reads, one vehicle per line; "holds place" takes their ids.

    A corrected read is left out unless --all is given; JSON has it with the id of its correction. "clock set later":
    the time was computed once the clock was known. Uncertain characters are in brackets. "by a person": an officer
    corrected the text at the page.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context, context.invoked_subcommand)
        return
    from alpr_edge.services.reads import WantedReads, recent_reads
    from alpr_edge.settings import load

    unit = load(settings)
    wanted = WantedReads(limit, hits_only=hits, with_corrected=show_all or as_json)
    with open_store_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose, store):
        newest = recent_reads(store, authoriser, known_purpose, unit.hotlist, wanted)
    if as_json:
        print_lines(map(_read_fields, newest))
    elif newest:
        _print_reads(newest)
    else:
        typer.echo("no reads yet" if not hits else "no read was on a hotlist")


def _refuse_options(context: typer.Context, command: str) -> None:
    """End as wrong usage where options stand before a command, which would not get them: another unit's settings, say.

    What the environment says counts for both.
    """
    sources = {parameter: context.get_parameter_source(str(parameter.name)) for parameter in context.command.params}
    given = [parameter.opts[0] for parameter, source in sources.items() if source and source.name == "COMMANDLINE"]
    if given:
        context.fail(f"put {', '.join(given)} behind {command}")


@app.command()
def picture(
    read: Annotated[str, typer.Argument(metavar="ID", help="Id of the read, as `alpr-edge reads` shows it.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to write (JPEG); one that exists is never replaced.")
    ],
    plate: Annotated[bool, typer.Option("--plate", help="Only the plate, instead of the whole picture.")] = False,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Write a read's picture to a new file. Only you can read it (mode 0600)."""
    from alpr_edge.domain.reads import EvidenceKind
    from alpr_edge.services.read_pictures import PictureFiles
    from alpr_edge.settings import load

    unit = load(settings)
    kind = EvidenceKind.CROP if plate else EvidenceKind.SCENE
    with open_store_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose, store):
        size = PictureFiles(store, unit).write(authoriser, known_purpose, read, kind, file)
    if as_json:
        print_object({"read_id": read, "kind": kind, "file": file, "bytes": size})
    else:
        typer.echo(f"{file}: the picture of {read}, {size} bytes; it shows a plate: delete it after use")


def _read_fields(shown_read: ShownRead) -> dict[str, object]:
    """The read as it was stamped, and where its boot's pairs place it."""
    from alpr_edge.app.replay.output import read_line

    return read_line(shown_read.read) | {
        "utc_source": shown_read.read.last_seen.utc_source,
        "placed": {
            "first_seen": _placement_fields(shown_read.first_seen),
            "last_seen": _placement_fields(shown_read.last_seen),
        },
        "vote_count": shown_read.read.vote_count,
        "closed": shown_read.closed,
        "missing_evidence": shown_read.missing_evidence,
        "hits": [str(hit.entry.reason) for hit in shown_read.hits],
        "withdrawn_hits": [str(hit.entry.reason) for hit in shown_read.withdrawn],
        "superseded_by": shown_read.superseded_by,
    }


def _placement_fields(placement: Placement) -> dict[str, object]:
    return {
        "utc": placement.utc,
        "uncertainty_ms": None if placement.uncertainty_ms is None else round(placement.uncertainty_ms, 1),
        "basis": placement.basis,
        "sure": placement.sure,
    }


def _time_cell(shown_read: ShownRead) -> str:
    """When the vehicle was last seen: by the evidence, else as it was stamped, and how far that can be trusted."""
    placement = shown_read.last_seen
    return time_text(placement.utc or shown_read.read.last_seen.utc) + _NOTES[placement.basis]


def _print_reads(newest: list[ShownRead]) -> None:
    headers = "seen", "plate", "sure", "camera", "place", "hit"
    print_table(headers, [_row(shown_read) for shown_read in newest], notes=[_note(shown) for shown in newest])


def _note(shown_read: ShownRead) -> str:
    read = shown_read.read
    note = f"id {read.read_id}"
    if read.corrected_by is not None:
        note = f"{note}, the text by {read.corrected_by} in place of {read.supersedes}"
    if read.earlier_texts:
        note = f"{note}, also read as {', '.join(earlier.plate for earlier in read.earlier_texts)}"
    return f"{note}, corrected by {shown_read.superseded_by}" if shown_read.superseded_by else note


def _hit_words(hit: Hit, shown_read: ShownRead) -> str:
    return hit.entry.reason.replace("_", " ") + (" (withdrawn)" if hit in shown_read.withdrawn else "")


def _row(shown_read: ShownRead) -> tuple[str, ...]:
    from alpr_edge.cli.plate_text import plate_text

    read, place = shown_read.read, shown_read.read.position
    return (
        _time_cell(shown_read),
        plate_text(read.text, read.alternatives, is_certain=read.certain),
        f"{read.confidence:.0%}" if read.corrected_by is None else "by a person",
        read.camera_id,
        f"{place.lat_deg:.5f} {place.lon_deg:.5f}" if place else "",
        ", ".join(_hit_words(hit, shown_read) for hit in shown_read.hits),
    )
