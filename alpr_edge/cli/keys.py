"""``alpr-edge keys``: the keys of the store, the lists and the access log."""

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object

app = typer.Typer(help="Keys of the store, the lists and the access log.", no_args_is_help=True)


@app.callback()
def _keys() -> None:
    """Keep ``create`` a subcommand while it is the only one."""


@app.command()
def create(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Create missing keys (mode 0600). Existing keys are never changed."""
    from alpr_edge.cli.access.opening import open_begun_upkeep
    from alpr_edge.services.changes.key_changes import record_keys
    from alpr_edge.settings import load
    from alpr_edge.store.keys import create_keys

    unit = load(settings)
    directory = unit.store.keys_directory
    with open_begun_upkeep(unit) as authoriser:
        paths = create_keys(directory, unit.unit.data_directory)
        if paths:
            record_keys(authoriser, directory)
    if as_json:
        print_object({"keys_directory": directory, "made": paths})
    else:
        typer.echo("\n".join(f"made {path}" for path in paths) or f"{directory}: all keys are there")
