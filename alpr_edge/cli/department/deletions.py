"""``alpr-edge department purge`` and ``deletions``: delete what was kept long enough, and show what was deleted."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from alpr_edge.domain.collection.deletion_runs import DeletionRun

_HOLDS_HELP = "After a restore: holds placed since were placed again; where you looked for them, for the access log."

app = typer.Typer(help="Show what was deleted, and check its record. Shows no plates.", no_args_is_help=True)


def purge_command(
    directory: DirectoryOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what is due, and delete nothing.")] = False,
    is_clock_trusted: Annotated[
        bool,
        typer.Option(
            "--clock-is-right", help="Even if nothing is known of the last week; holds for a week, on record."
        ),
    ] = False,
    holds_checked: Annotated[
        str | None,
        typer.Option("--holds-checked", metavar="TEXT", help=_HOLDS_HELP),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Delete the reads that were kept for as long as the policy says (462.5), with their hits and pictures.

    What is held stays, however often this runs. Refused where this computer's clock is a week ahead of all that is
    known, and after a restore until --holds-checked. What was deleted goes on record: by whom, which rule, how many.
    """
    from alpr_edge.cli.caller import caller

    if holds_checked is not None:
        _confirm_holds(directory, holds_checked, dry_run=dry_run)
    with open_storage(directory) as storage:
        purge = storage.open_purge(is_clock_trusted=is_clock_trusted)
        if dry_run:
            due = purge.due()
            texts = f"due: {count_text(due.reads, 'read')}; {due.held} more are old enough and held"
            print_object(asdict(due)) if as_json else typer.echo(texts)
            if due.refused and not as_json:
                typer.secho(f"warning: a run would be refused: {due.refused}", fg=typer.colors.YELLOW)
            return
        with progress_bar("reads deleted") as show:
            run = purge.run(f"login:{caller()}", lambda count: show("reads deleted", count, None))
    print_object(asdict(run)) if as_json else typer.echo(_text(run))


@app.command("list")
def list_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """List what was deleted. When, by whom, under which rule, how many."""
    with open_storage(directory) as storage:
        runs: list[dict[str, Any]] = [json.loads(run.record) for run in storage.deletions()]
    if as_json:
        print_lines(runs)
    elif runs:
        headers = "no", "ended", "by", "reads", "hits", "pictures", "held", "state", "days"
        print_table(headers, [_row(run) for run in runs], notes=[_note(run) for run in runs])
    else:
        typer.echo("nothing was deleted")


@app.command("verify")
def verify_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Check the record of deletions. That nothing of it was changed or left out since the department signed it."""
    from alpr_edge.department.retention.deletion_mark import check_deletions
    from alpr_edge.department.unit_logs.witness import Witness

    with open_storage(directory) as storage:
        runs, key = storage.deletions(), storage.logs.witness_key
    check_deletions(runs, Witness(directory))
    about = {"ok": True, "records": len(runs), "key": key.text, "checkpoint": runs[-1].checkpoint if runs else None}
    print_object(about) if as_json else typer.echo(f"{count_text(len(runs), 'record')} of deletions, as signed")


def _confirm_holds(directory: Path, reason: str, *, dry_run: bool) -> None:
    """Put on record that the holds which a restore lost were placed again."""
    from alpr_edge.cli.department.inquiries.opening import open_authorised
    from alpr_edge.department.holds.unknown_holds import confirm_holds

    if dry_run:
        raise DepartmentError("--dry-run changes nothing: give --holds-checked without it")
    with open_authorised(directory) as (_, authoriser), open_storage(directory) as storage:
        confirm_holds(storage.database, authoriser, reason)


def _text(run: DeletionRun) -> str:
    return (
        f"deleted: {count_text(run.reads, 'read')}, {count_text(run.hits, 'hit')}, "
        f"{count_text(run.pictures, 'picture')}; {run.held} more are old enough and held"
    )


def _row(run: dict[str, Any]) -> tuple[str, ...]:
    counts = (str(run[name]) for name in ("reads", "hits", "pictures", "held"))
    days = f"{run['read_days']:g}, hits {run['hit_days']:g}"
    return str(run["number"]), run["ended"], run["by"], *counts, run["state"], days


def _note(run: dict[str, Any]) -> str:
    verified = "" if run["is_law_verified"] else "; not compared with the text of the law"
    broke_off = "" if run["is_whole"] else "broke off; "
    confirmed = "the clock was said to be right; " if run.get("is_clock_confirmed") else ""
    return f"{broke_off}{confirmed}{run['law']}{verified}; digest of the ids {run['ids_digest']}"
