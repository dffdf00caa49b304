"""The command line: one file for each noun.

Exit codes: 0 done; 1 a deliberate error, one line on stderr; 2 wrong usage or settings; 3 not allowed to see
plates; 130 interrupted.
"""

import typer

from alpr_edge import __version__
from alpr_edge.cli import daemons, drive, keys, models, outbox, read, reads, settings
from alpr_edge.cli.department import app as department
from alpr_edge.cli.error_handling import ErrorHandlingGroup, run_command_line
from alpr_edge.cli.hotlist import app as hotlist
from alpr_edge.cli.unit import app as unit_app
from alpr_edge.runtime.interrupts import run_to_exit
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.runtime.memory import forbid_dumps

app = typer.Typer(
    name="alpr-edge",
    cls=ErrorHandlingGroup,
    help="Number-plate reader for patrol cars: camera to hit in the car, encrypted store, upload with receipts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(daemons.run)
app.command("uplink")(daemons.uplink)
app.command("drive")(drive.drive)
app.command("read")(read.read)
app.add_typer(hotlist.app, name="hotlist")
app.command("reads")(reads.reads)
app.add_typer(outbox.app, name="outbox")
app.add_typer(keys.app, name="keys")
app.add_typer(settings.app, name="settings")
app.add_typer(models.app, name="models")
app.add_typer(department.app, name="department")
app.add_typer(unit_app.app, name="unit")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"alpr-edge {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),  # noqa: ARG001 - its callback prints
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Log every event to stderr, not only trouble."),
) -> None:
    configure_logs(verbose=verbose)


def main() -> None:
    """Console script."""
    forbid_dumps()
    run_to_exit(lambda: run_command_line(app))
