"""``alpr-edge department audit show`` and ``report``: the records to review, and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.access.options import PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.audits.words import NumberArgument, audit_line, audit_object, words_of
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.output import print_lines, print_object, print_table, time_text
from alpr_edge.cli.progress import progress_bar

if TYPE_CHECKING:
    from pathlib import Path

    from alpr_edge.department.audits.audit_views import AuditView

_SHOWN = (
    *("number", "person", "happened", "action", "outcome", "shown", "plate", "purpose", "offence", "case"),
    *("stands_out_by", "finding"),
)


def show_command(
    audit: NumberArgument, directory: DirectoryOption, purpose: PurposeOption = "audit", as_json: JsonOption = False
) -> None:
    """Show the records of an audit's sample. With the plates that were searched for; the look is on record."""
    from alpr_edge.department.audits.sample_rows import sample_rows

    view = _view(directory, audit, purpose)
    rows = sample_rows(view.audit, view.records)
    rows = [row | {"plate": _query(view, number)} for number, row in enumerate(rows)]
    if as_json:
        print_lines(rows)
    elif rows:
        cells = [tuple(_cell(row[name]) for name in _SHOWN) for row in rows]
        headers = tuple(name.replace("_", " ") for name in _SHOWN)
        print_table(headers, cells, notes=[str(row["note"]) for row in rows])
    else:
        typer.echo(f"the sample of audit {audit} is empty")


def report_command(
    audit: NumberArgument,
    directory: DirectoryOption,
    as_csv: Annotated[bool, typer.Option("--csv", help="A table of the sample, a line a record.")] = False,
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """Report on an audit, for the file. Shows no plate; ends with 1 where it does not fit the logs.

    It draws the sample again from the logs by the seed, and looks whether the access log has each of its steps.
    """
    from alpr_edge.department.audits.sample_rows import sample_csv, sample_rows

    view = _view(directory, audit, purpose)
    rows = sample_rows(view.audit, view.records)
    if as_csv:
        typer.echo(sample_csv(rows), nl=False)
    elif as_json:
        flags = [] if view.audit.sample is None else list(view.audit.sample.flags)
        checks = {"is_on_record": view.is_on_record, "is_reproduced": view.is_reproduced}
        print_object(audit_object(view.audit) | checks | {"flags": flags, "sample": rows})
    else:
        _print(view, rows)
    if not (view.is_on_record and view.is_reproduced):
        raise typer.Exit(1)


def _view(directory: Path, audit: int, purpose: str) -> AuditView:
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated), progress_bar("records") as show:
        return office.audits.view(authoriser, stated, audit, lambda done, total: show("records", done, total))


def _print(view: AuditView, rows: list[dict[str, Any]]) -> None:
    audit = view.audit
    typer.echo(audit_line(audit))
    how = "given" if audit.draw.is_seed_given else "drawn by the program"
    typer.echo(f"seed {audit.draw.seed}, {how}; days of {audit.draw.zone}")
    for span in audit.draw.spans:
        typer.echo(f"log {span.log_id} of {span.unit_id}: records {span.first} to {span.end - 1}, root {span.root}")
    for number, flag in enumerate(audit.sample.flags if audit.sample else (), 1):
        typer.echo(f"{number}. {words_of(flag.kind)}: {flag.sentence} ({len(flag.records)} records)")
    for row in rows:
        about = f"{row['number']}. record {row['sequence']} of {row['unit']}, {row['person']}: {_access_words(row)}"
        finding = f"{words_of(str(row['finding']))} by {row['reviewer']}" if row["finding"] else "not reviewed"
        typer.echo(f"{about}: {finding}" + (f": {row['text']}" if row["text"] else ""))
    for step in audit.steps:
        note = f": {step.note}" if step.note else ""
        typer.echo(f"{time_text(step.at)} {words_of(step.kind)} by {step.person}{note}")
    for holds, words in (
        (view.is_on_record, "the access log has every step"),
        (view.is_reproduced, "the logs are those of the draw, and the seed draws this sample from them"),
    ):
        typer.secho(words if holds else f"NOT SO: {words}", fg=None if holds else typer.colors.RED)


def _access_words(row: dict[str, Any]) -> str:
    """What was done, what came of it and what for; of a record that is not stored any more, that it is not."""
    if row["outcome"] is None:
        return str(row["action"])
    stated = ", ".join(filter(None, (words_of(row["purpose"]), words_of(row["offence"]), row["case"])))
    return f"{row['action']}, {row['outcome']}, {row['shown']:,} shown, for {stated}"


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _query(view: AuditView, number: int) -> str:
    record = view.records[number]
    return "" if record is None else record.query
