"""``alpr-edge audit verify`` and ``key``: is the access log as it was written, and by which key is it signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.audit.common import key_of, read_file
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, require_owner
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import progress_bar

if TYPE_CHECKING:
    from alpr_edge.store.access_log.audits import AuditResult

_CHECKPOINT_HELP = "A checkpoint of this log that was kept elsewhere."
_KEY_HELP = "The log's public key as kept elsewhere, or a file with it; default: the key in the log."


def verify(
    checkpoint: Annotated[Path | None, typer.Option("--checkpoint", metavar="FILE", help=_CHECKPOINT_HELP)] = None,
    key: Annotated[str, typer.Option("--key", help=_KEY_HELP)] = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Verify every record against its tree and all checkpoints. Shows no record; exit code 1 if anything is wrong.

    If the end of the log was cut off together with its checkpoints, only a checkpoint kept elsewhere shows it, such as
    the department's.
    """
    from alpr_edge.services.audit.log_audits import verify_log
    from alpr_edge.settings import load
    from alpr_edge.store.access_log.log import open_access_log

    unit = load(settings)
    require_owner(unit.unit.data_directory)
    kept = None if checkpoint is None else read_file(checkpoint)
    with open_access_log(unit, migrate=False) as log, progress_bar("Verifying") as show:
        known_key = key_of(key) if key else None
        result = verify_log(log, known_key, kept, lambda done, total: show("Verifying", done, max(total, 1)))
    if as_json:
        print_object({"ok": not result.findings, "result": result})
    else:
        _print(result)
    if result.findings:
        raise typer.Exit(1)


def show_key(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Show the public key that signs the log's checkpoints. A kept copy shows if the log is replaced."""
    from alpr_edge.services.audit.log_audits import key_of_log
    from alpr_edge.settings import load
    from alpr_edge.store.access_log.log import open_access_log

    unit = load(settings)
    require_owner(unit.unit.data_directory)
    with open_access_log(unit, migrate=False) as log:
        text = key_of_log(log).text
    print_object({"log": log.origin, "key": text}) if as_json else typer.echo(text)


def _print(result: AuditResult) -> None:
    for finding in result.findings:
        typer.secho(finding, fg=typer.colors.RED)
    counts = f"{count_text(result.records, 'record')}, {count_text(result.checkpoints, 'checkpoint')}"
    by = f"the department cosigned {count_text(result.cosigned, 'record')}" if result.cosigned else "none is cosigned"
    typer.echo(f"{counts}; {by}: {'NOT as written' if result.findings else 'all as written'}")
