"""``alpr-edge department exchange import``: reads of another system, from CSV with pictures."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import progress_bar

if TYPE_CHECKING:
    from alpr_edge.department.interchange.import_runs import ImportCounts


def import_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The CSV; its first line names the columns.")],
    directory: DirectoryOption,
    map_name: Annotated[str, typer.Option("--map", help="A map: a file, or a name of `exchange formats`.")],
    source: Annotated[str, typer.Option("--source", help="The name of the other system, which each read keeps.")],
    images: Annotated[
        Path | None, typer.Option("--images", metavar="DIR", help="The folder of the pictures that the map names.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Where rejected lines are listed; default: FILE.rejects.csv.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, and store nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Import another system's reads from CSV. Each says where it is from; none is certain or verified.

    What is older than the settings keep reads, counted from its capture, is not taken. A file imported again, or after
    a failure, stores each read once. Ends with 1 when lines were rejected: they are listed with their reasons.
    """
    from alpr_edge.cli.caller import caller
    from alpr_edge.department.interchange.import_files import ImportFiles
    from alpr_edge.department.interchange.import_map import load_map
    from alpr_edge.department.interchange.read_import import ReadImport
    from alpr_edge.department.settings import load_periods

    rules, days = load_map(map_name), load_periods(directory).read_days
    files = ImportFiles(file, images, rejects or file.with_name(f"{file.name}.rejects.csv"))
    with open_storage(directory) as storage, progress_bar("rows") as show:
        read_import = ReadImport(storage, source, rules, days)
        counts = read_import.run(files, f"login:{caller()}", lambda rows: show("rows", rows, None), is_dry=dry_run)
    about = {"dry_run": dry_run, "read_days": days, "rejects": str(files.rejects) if counts.rejected else None}
    print_object(dataclasses.asdict(counts) | about) if as_json else typer.echo(_text(counts, days, is_dry=dry_run))
    if counts.rejected:
        typer.echo(f"alpr-edge: {files.rejects} lists the rejected lines with their reasons", err=True)
        raise typer.Exit(1)


def _text(counts: ImportCounts, days: float, *, is_dry: bool) -> str:
    stored = f"{count_text(counts.stored, 'read')} {'would be stored' if is_dry else 'stored'}"
    return (
        f"{count_text(counts.rows, 'row')}: {stored} with {count_text(counts.pictures, 'picture')}, "
        f"{counts.before:,} stored before, {counts.too_old:,} older than {days:g} days and not taken, "
        f"{counts.rejected:,} rejected"
    )
