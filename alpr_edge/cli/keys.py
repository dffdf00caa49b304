"""``alpr-edge keys``: the keys of the store, the lists and the access log."""

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, SettingsOption
from alpr_edge.settings import load
from alpr_edge.store.keys import create_keys

app = typer.Typer(help="Keys of the store, the lists and the access log.", no_args_is_help=True)


@app.callback()
def _keys() -> None:
    """Keep ``create`` a subcommand while it is the only one."""


@app.command()
def create(settings: SettingsOption = DEFAULT_SETTINGS) -> None:
    """Make the keys that are missing (mode 0600); one that exists is never touched."""
    directory = load(settings).store.keys_directory
    made = create_keys(directory)
    for path in made:
        typer.echo(f"made {path}")
    if not made:
        typer.echo(f"{directory}: all keys are there")
