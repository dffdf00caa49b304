"""``alpr-edge settings``: is this file fit for a unit?"""

import json
from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.app.factories import model_faults
from alpr_edge.cli.common import JsonOption
from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings import file_faults, load

app = typer.Typer(help="The unit's settings file.", no_args_is_help=True)


@app.callback()
def _settings() -> None:
    """Keep ``check`` a subcommand while it is the only one."""


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
