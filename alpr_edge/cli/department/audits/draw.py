"""``alpr-edge department audit plan`` and ``draw``: what is due, and the sample of the next audit."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.access.options import PurposeOption, Statement
from alpr_edge.cli.common import JsonOption, require_owner
from alpr_edge.cli.department.audits.words import audit_line, audit_object, words_of
from alpr_edge.cli.department.common import DirectoryOption, require_department
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import progress_bar

_PERIOD_HELP = "Its days: 2026-11, 2026-Q4 or 2026-11-01/2026-11-30; left out: all that are over and in no audit."
_SEED_HELP = "Hexadecimal digits to draw by, such as thrown with dice before witnesses; left out: drawn here."


def plan_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show which audits there are, and what is due. No plate."""
    from alpr_edge.department.inquiries.office import open_office

    require_owner(require_department(directory))
    with open_office(directory) as office:
        schedule, rules, audits = office.audits.schedule(), office.audits.rules, office.audits.read_all()
    if as_json:
        days = {"begin": _text(schedule.begin), "due": _text(schedule.due), "warnings": list(schedule.warnings)}
        print_object({"rules": rules, **days, "audits": [audit_object(audit) for audit in audits]})
        return
    within = count_text(rules.sign_off_days, "day")
    typer.echo(f"every {count_text(rules.interval_days, 'day')} ({rules.source})")
    typer.echo(f"all that stands out, and {rules.share_percent} % of the rest; signed off within {within}")
    for audit in audits:
        typer.echo(audit_line(audit))
    due = "nothing was looked at yet" if schedule.due is None else f"the next begins with {schedule.begin}"
    typer.echo(due if schedule.due is None else f"{due} and is due by {schedule.due}")
    for line in schedule.warnings:
        typer.secho(f"warning: {line}", fg=typer.colors.YELLOW)


def draw_command(
    directory: DirectoryOption,
    period: Annotated[str, typer.Option("--period", metavar="DAYS", help=_PERIOD_HELP)] = "",
    seed: Annotated[str, typer.Option("--seed", metavar="HEX", help=_SEED_HELP)] = "",
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """Draw the next audit's sample by a recorded seed. One that broke off goes on by its own seed.

    The seed stands in the access log before anything is drawn by it. All that stands out is in the sample, and a share
    of the rest, over the department's log and those of the units.
    """
    from alpr_edge.domain.audits.samples import parse_seed

    given = parse_seed(seed) if seed else None
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated), progress_bar("records") as show:
        audit = office.audits.draw(authoriser, stated, period, given, lambda *counts: show("records", *counts))
    if as_json:
        print_object(audit_object(audit))
        return
    typer.echo(audit_line(audit))
    typer.echo(f"seed {audit.draw.seed}, {'given' if audit.draw.is_seed_given else 'drawn here'}, on record before")
    assert audit.sample is not None, "it was drawn"
    for flag in audit.sample.flags:
        typer.echo(f"{words_of(flag.kind)}: {flag.sentence}")


def _text(day: object) -> str | None:
    return None if day is None else str(day)
