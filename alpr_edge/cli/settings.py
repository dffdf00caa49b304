"""``alpr-edge settings``: check a settings file, and rewrite one of an older release."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.app.factories import model_faults
from alpr_edge.cli.common import JsonOption
from alpr_edge.domain.errors import SettingsError
from alpr_edge.services.settings_migration import migrate_settings
from alpr_edge.settings import file_faults, load

app = typer.Typer(help="The unit's settings file.", no_args_is_help=True)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The settings file.")],
    as_json: JsonOption = False,
) -> None:
    """Check a settings file and the files it names. Lists every fault at once; exit code 2 if there is one."""
    try:
        settings = load(file)
    except SettingsError as error:
        faults = error.faults
    else:
        faults = [*file_faults(settings), *model_faults(settings.vision, settings.unit.data_directory)]
    if as_json:
        typer.echo(json.dumps({"file": str(file), "faults": faults}))
    else:
        for fault in faults:
            typer.echo(f"alpr-edge: {fault}", err=True)
        typer.echo(f"{file}: {f'{len(faults)} faults' if faults else 'fit for use'}")
    if faults:
        raise typer.Exit(SettingsError.exit_code)


@app.command()
def migrate(
    file: Annotated[Path, typer.Argument(help="The settings file.")],
    release: Annotated[
        str, typer.Option(help="Version that the file belongs to; names the copy.", metavar="VERSION")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Rename the keys of an older release; comments stay, and the file as it was is kept beside it."""
    report = migrate_settings(file, release)
    if as_json:
        typer.echo(json.dumps(asdict(report)))
        return
    for old, new in report.renamed.items():
        typer.echo(f"{old} -> {new}")
    done = f"{len(report.renamed)} keys renamed; the file as it was: {report.kept}"
    typer.echo(f"{file}: {done if report.renamed else 'nothing to rename'}")
