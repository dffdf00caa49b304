"""``alpr-edge department audit verify`` and ``list``: the department's own access log (policy 462.6(c))."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.access.options import PurposeOption, Statement
from alpr_edge.cli.common import JsonOption, require_owner
from alpr_edge.cli.department.common import DirectoryOption, require_department
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table, time_text
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import AuditError
from alpr_edge.domain.instants import moment_in
from alpr_edge.runtime.io_errors import io_errors

if TYPE_CHECKING:
    from alpr_edge.department.access_log.log import LoggedRecord
    from alpr_edge.department.inquiries.office import InquiryOffice
    from alpr_edge.domain.access_log.records import AccessRecord

CHECKPOINT_BYTES_MAX = 4096
LIMIT, LIMIT_MAX = 100, 10_000
_HEADERS = ("no", "happened", "person", "action", "plate", "purpose", "offence", "case", "outcome", "shown")


def verify_command(
    directory: DirectoryOption,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="A checkpoint that was kept elsewhere: finds a cut end.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the access log. That no record was changed or left out; shows no plate.

    Keep the line that --json prints elsewhere, and give it to a later run: only so is a cut end found. A file of "audit
    checkpoint" does as well.
    """
    from alpr_edge.department.access_log.verification import check_access_log, open_department_checkpoint
    from alpr_edge.department.inquiries.office import open_office

    require_owner(require_department(directory))
    with open_office(directory) as office, progress_bar("records checked") as show:
        other = None if checkpoint is None else open_department_checkpoint(_note_of(checkpoint), office.log)
        result = check_access_log(office.log, other, lambda done, total: show("records checked", done, total))
        key = office.log.key.text
    if as_json:
        about = {"records": result.records, "key": key, "checkpoint": result.checkpoint}
        print_object({"ok": not result.findings, **about, "findings": result.findings})
    else:
        typer.echo("\n".join(result.findings) or f"{count_text(result.records, 'record')}, as signed")
    if result.findings:
        raise typer.Exit(1)


def list_command(
    directory: DirectoryOption,
    person: Annotated[str, typer.Option("--person", help="Of this person alone: id, badge or e-mail address.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=LIMIT_MAX, help="The newest so many.")] = LIMIT,
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """List the newest records. Needs a sign-in and a role that may see the log; the look is on record."""
    from alpr_edge.access.authorisation.authoriser import AccessSubject
    from alpr_edge.access.authorisation.operations import Operation
    from alpr_edge.domain.access_log.records import parse_record

    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        subject = AccessSubject(note=f"records of {person}" if person else "")
        with authoriser.access(Operation.REPORT_LOG, stated, subject) as access:
            records = [parse_record(each.body) for each in _newest(directory, office, limit, person)]
            access.show(count=len(records))
    if as_json:
        print_lines(record.model_dump(mode="json") for record in records)
    elif records:
        print_table(_HEADERS, [_row(record) for record in records], notes=[_note(record) for record in records])
    else:
        typer.echo("no record yet")


def _newest(directory: Path, office: InquiryOffice, limit: int, person: str) -> list[LoggedRecord]:
    """The newest records; of a person that somebody named: by their id, or by the name that it belongs to."""
    from alpr_edge.department.people.registry import open_people

    if (records := office.log.newest(limit, person)) or not person:
        return records
    with open_people(directory) as people:
        return office.log.newest(limit, people.person_id(person))


def _row(record: AccessRecord) -> tuple[Any, ...]:
    about = (record.query, record.purpose, record.offence, record.case, record.outcome.value, str(record.shown))
    return str(record.sequence), time_text(moment_in(record.happened.utc)), record.person, record.action, *about


def _note(record: AccessRecord) -> str:
    return "; ".join(part for part in (record.reason, record.whole_note, record.address) if part)


def _note_of(path: Path) -> str:
    """The checkpoint that a file holds: as it was signed, or in the line that ``--json`` printed."""
    with io_errors(f"{path}: cannot be read", AuditError), path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(CHECKPOINT_BYTES_MAX)
    try:
        return str(json.loads(text)["checkpoint"])
    except (ValueError, TypeError, KeyError):
        return text
