"""``alpr-edge accounts import``: many people at once, by the same file as a department takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.cli.access.options import BreakGlassOption
from alpr_edge.cli.accounts.common import open_people
from alpr_edge.cli.caller import caller
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.io_errors import io_errors


def import_command(
    file: Annotated[Path, typer.Argument(metavar="CSV", help="File whose first line names the columns.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the changes without making them.")] = False,
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Add and change people from a CSV file; others stay unchanged. If any line is faulty, nothing is done."""
    from alpr_edge.department.people.changes import Author
    from alpr_edge.department.people.csv_import import FILE_BYTES_MAX, PeopleFileError, plan_import
    from alpr_edge.department.people.person_fields import Entry

    with io_errors(f"{file}: cannot be read", StoreError), file.open("rb") as source:
        content = source.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        raise StoreError(f"{file}: longer than {FILE_BYTES_MAX} bytes; is it a list of people?")
    with open_people(settings, break_glass, migrate=True) as people:
        entries = [Entry.of(person) for person in people.everybody()]
        people.roster.require_own()
        try:
            plan = plan_import(content.decode(errors="replace"), entries, Author(caller(), people.roster.now))
        except PeopleFileError as error:
            for fault in error.faults:
                typer.echo(f"alpr-edge: {file}: {fault}", err=True)
            raise
        if not dry_run and (plan.added or plan.changed):
            changed = ((before.person, after.person) for before, after in plan.changed)
            people.take_over((entry.person for entry in plan.added), changed)
    if as_json:
        print_object(plan.result)
    else:
        verb = "would be" if dry_run else "were"
        typer.echo(f"{count_text(len(plan.added), 'person', 'people')} {verb} added, {len(plan.changed)} changed")
