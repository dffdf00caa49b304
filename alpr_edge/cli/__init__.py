"""The command line: one file for each noun, imported when its command is used.

Exit codes: 0 done; 1 a deliberate error, one line on stderr; 2 wrong usage or settings; 3 not allowed; 130
interrupted; 141 nobody reads the output any more.
"""

import os
import sys

import typer

from alpr_edge import __version__
from alpr_edge.cli.error_handling import ErrorHandlingGroup, run_command_line
from alpr_edge.cli.lazy import LazyTarget, lazy_app
from alpr_edge.runtime.process_end import run_to_exit

PROGRAM = "alpr-edge"
HELP_OPTIONS = frozenset({"-h", "--help"})
PLAIN_TERMINALS = frozenset({"dumb", "unknown"})
"""Values of TERM for a terminal that knows no colours."""

app = lazy_app(
    {
        "run": LazyTarget("alpr_edge.cli.daemons:run", "Read plates: cameras to outbox"),
        "uplink": LazyTarget("alpr_edge.cli.daemons:uplink", "Send the outbox to the department's storage"),
        "console": LazyTarget("alpr_edge.cli.daemons:console", "Serve the page for officers: hits, live"),
        "drive": LazyTarget("alpr_edge.cli.drive:drive", "Replay a recording: reads, hits, tones, store, upload"),
        "read": LazyTarget("alpr_edge.cli.read:read", "Read the plates in photos"),
        "sign-in": LazyTarget(
            "alpr_edge.cli.access.sign_in:sign_in_command", "Sign in with password and authenticator code"
        ),
        "sign-out": LazyTarget("alpr_edge.cli.access.sign_out:sign_out_command", "End or lock your session"),
        "hotlist": LazyTarget("alpr_edge.cli.hotlist.app:app", "Import lists, show their age, look up plates"),
        "reads": LazyTarget("alpr_edge.cli.reads:app", "Show the newest reads, or the picture of one"),
        "holds": LazyTarget("alpr_edge.cli.holds.app:app", "Keep reads from being deleted, for a case"),
        "canvass": LazyTarget("alpr_edge.cli.canvass.app:app", "Keep every plate around a crime scene"),
        "outbox": LazyTarget("alpr_edge.cli.outbox:app", "Show and move items for the department"),
        "report": LazyTarget("alpr_edge.cli.report.app:app", "Report counts of reads, hits and searches"),
        "audit": LazyTarget("alpr_edge.cli.audit.app:app", "Verify the access log, prove and report on its records"),
        "evidence": LazyTarget("alpr_edge.cli.evidence.app:app", "Export evidence as packages, and verify them"),
        "accounts": LazyTarget("alpr_edge.cli.accounts.app:app", "Manage the people of a unit without a department"),
        "keys": LazyTarget("alpr_edge.cli.keys:app", "Make the keys of the store, lists and access log"),
        "settings": LazyTarget("alpr_edge.cli.settings:app", "Write, check or migrate the settings file"),
        "models": LazyTarget("alpr_edge.cli.models:app", "Verify, add and choose model files"),
        "sound": LazyTarget("alpr_edge.cli.sound.app:app", "Make the spoken phrases after a tone"),
        "department": LazyTarget("alpr_edge.cli.department.app:app", "Run the department's storage"),
        "unit": LazyTarget("alpr_edge.cli.unit.app:app", "Enroll, check and maintain this unit"),
    },
    base=ErrorHandlingGroup,
    name=PROGRAM,
    help="License-plate reader for patrol cars: camera to hit in the car, encrypted store, upload with receipts.",
    context_settings={"help_option_names": sorted(HELP_OPTIONS)},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"alpr-edge {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),  # noqa: ARG001 - its callback prints
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Log every event to stderr, not only problems."),
) -> None:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") in PLAIN_TERMINALS:
        context.color = False  # of the commands below it as well
    if not HELP_OPTIONS.isdisjoint(sys.argv):
        return  # nothing will be logged, and the library of the logs takes its time to load
    from alpr_edge.runtime.logs import configure_logs

    configure_logs(verbose=verbose)


def main() -> None:
    """Console script."""
    from alpr_edge.runtime.memory import forbid_dumps

    forbid_dumps()
    run_to_exit(lambda: run_command_line(lambda: app(prog_name=PROGRAM)))
