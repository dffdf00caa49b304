"""``alpr-edge department people add`` and ``change``."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import NUMBER_MAX, JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage
from alpr_edge.cli.department.people.common import (
    PersonArgument,
    ReasonOption,
    WithoutSessionOption,
    author_of,
    open_change,
    tell_roster,
)
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table
from alpr_edge.domain.days import last_day
from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from datetime import datetime

    from alpr_edge.department.people.changes import ChangePayload
    from alpr_edge.department.people.person_fields import Entry
    from alpr_edge.department.people.registry import PersonOverview
    from alpr_edge.department.people.rosters import RosterState


HEADERS = ("badge", "name", "roles", "status", "CJIS training", "ALPR training", "signs in by")


def list_command(
    directory: DirectoryOption,
    everybody: Annotated[bool, typer.Option("--all", help="Also those who left.")] = False,
    training_ends: Annotated[
        bool, typer.Option("--training-ends", help="Those alone whose training has ended, or ends within 30 days.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List everybody: what they may do, until when, and what they sign in with. No password and no code is shown."""
    from alpr_edge.department.people.registry import open_people
    from alpr_edge.domain.people.trainings import TrainingState, training_state

    author = author_of(directory)
    with open_people(directory) as people:
        overviews = [it for it in people.overviews() if everybody or it.entry.person.status != "left"]
    if training_ends:
        states = [training_state(it.entry.person.training, author.at) for it in overviews]
        overviews = [it for it, state in zip(overviews, states, strict=True) if state is not TrainingState.HOLDS]
    if as_json:
        print_lines(_overview_content(overview) for overview in overviews)
    elif overviews:
        notes = [f"id {overview.entry.person.person_id}" for overview in overviews]
        print_table(HEADERS, [_row(overview) for overview in overviews], notes=notes)
    elif training_ends:
        typer.echo("no training has ended or ends within 30 days")
    else:
        typer.echo("nobody; add somebody with: alpr-edge department people add")


def import_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV whose first line names the columns.")],
    directory: DirectoryOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    reason: ReasonOption = "",
    without_session: WithoutSessionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add and change everybody in a CSV file, or nobody: every faulty line is named first. Nobody is removed."""
    from alpr_edge.department.people.csv_import import PeopleFileError
    from alpr_edge.department.people.registry import open_people

    owner, text = author_of(directory), _read(file)
    is_free = dry_run and without_session is None  # a reason counts for what a dry run would refuse too
    changing = nullcontext(owner) if is_free else open_change(directory, reason, without_session)
    try:
        with changing as author, open_people(directory) as people:
            result, state = people.import_csv(author, text, is_dry_run=dry_run), people.rosters.state()
    except PeopleFileError as error:
        for fault in error.faults:
            typer.echo(f"{file}: {fault}", err=True)
        raise
    if as_json:
        print_object(result)
        return
    would = "would be " if dry_run else ""
    typer.echo(
        f"{would}added {result.added}, {would}changed {result.changed}, unchanged {result.unchanged}; "
        f"not in the file {result.not_in_file}"
    )
    if not dry_run and (result.added or result.changed):
        tell_roster(state)


def changes_command(
    directory: DirectoryOption,
    first: Annotated[int, typer.Option("--from", min=1, max=NUMBER_MAX, help="Number of the first record.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Show who changed what and why, oldest first; a record that was changed or removed is an error.

    So is an end that is not the one in the access log.
    """
    from alpr_edge.department.people.registry import open_people

    author_of(directory)
    with open_people(directory) as people:
        changes, logged_from = people.changes(first), people.logged_from()
    if as_json:
        print_lines(change.model_dump(mode="json") for change in changes)
        return
    for change in changes:
        typer.echo(_line(change))
    typer.echo(f"{count_text(len(changes), 'record')}, each follows the one before it")
    if logged_from:
        typer.echo(f"the access log has them from record {logged_from} on, up to the last")
    elif changes:
        typer.echo("the access log has none of them: an earlier release made them")


def content_of(entry: Entry) -> dict[str, Any]:
    """Give a person as JSON has them."""
    return entry.details | {"units": list(entry.units)}


def _overview_content(overview: PersonOverview) -> dict[str, Any]:
    about = {"has_password": overview.has_password, "passkeys": overview.passkeys, "is_locked": overview.is_locked}
    about["has_single_sign_on"] = overview.has_single_sign_on
    return content_of(overview.entry) | about


def _row(overview: PersonOverview) -> list[str]:
    person = overview.entry.person
    ways = ["password and code"] * overview.has_password
    ways += [count_text(overview.passkeys, "passkey")] * bool(overview.passkeys)
    ways += ["single sign-on"] * overview.has_single_sign_on
    status = f"{person.status}{', locked' if overview.is_locked else ''}"
    return [
        person.badge,
        person.name,
        ", ".join(sorted(person.roles)) or "none",
        status,
        _date(person.training.cjis_until),
        _date(person.training.alpr_until),
        ", ".join(ways) or "nothing yet",
    ]


def _date(moment: datetime | None) -> str:
    return "none" if moment is None else f"to {last_day(moment)}"


def _line(change: ChangePayload) -> str:
    parts = [f"{name} {change.old.get(name, '-')!r} -> {value!r}" for name, value in change.new.items()]
    about = "; ".join(parts) if change.action != "add" else change.new.get("name", "")
    reason = f" ({change.reason})" if change.reason else ""
    return f"{change.sequence:>6} {change.at} {change.author} {change.action} {change.person_id} {about}{reason}"


def _read(file: Path) -> str:
    from alpr_edge.department.people.csv_import import FILE_BYTES_MAX

    try:
        with file.open("rb") as stream:
            content = stream.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise DepartmentError(f"{file}: cannot be read: {error.strerror}") from None
    if len(content) > FILE_BYTES_MAX:
        raise DepartmentError(f"{file}: over {FILE_BYTES_MAX >> 20} MiB")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise DepartmentError(f"{file}: not UTF-8; save it as CSV in UTF-8") from None


Email = Annotated[str | None, typer.Option("--email", help="E-mail address; signs in as well as the badge.")]
Ori = Annotated[str | None, typer.Option("--ori", help="Originating agency identifier.")]
Title = Annotated[str | None, typer.Option("--title", help="Job title or designation (policy 462.3.1(a)).")]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        help="officer, supervisor, alpr_administrator, records, technician, auditor, training_supervisor, commander; "
        "give it again for several.",
    ),
]
Sworn = Annotated[bool | None, typer.Option("--sworn/--civilian", help="Whether they are sworn.")]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", help="Whose data they may see: department, state, federal; give it again for several."),
]
Covert = Annotated[bool | None, typer.Option("--covert/--no-covert", help="Whether they may see covert entries.")]
CjisUntil = Annotated[str | None, typer.Option("--cjis-until", help="End of the CJIS training, as 2027-06-30.")]
AlprUntil = Annotated[str | None, typer.Option("--alpr-until", help="End of the ALPR training, likewise.")]
_ORGANISATION_HELP = "The department, as department.toml names it; others by an exception alone (policy 462.7)."
ValidUntil = Annotated[str | None, typer.Option("--valid-until", help="End of the account. Left out: a year.")]
NewValidUntil = Annotated[str | None, typer.Option("--valid-until", help="End of the account.")]
ApprovedBy = Annotated[str | None, typer.Option("--approved-by", help="Who approved the account. Left out: you.")]
NewApprovedBy = Annotated[str | None, typer.Option("--approved-by", help="Who approved the account.")]
MayUnlock = Annotated[
    bool | None, typer.Option("--may-unlock/--may-not-unlock", help="A supervisor who unlocks accounts in a car.")
]
Units = Annotated[
    list[str] | None, typer.Option("--unit", help="A unit that they may use; give it again. Left out: all of them.")
]
NewStatus = Annotated[
    str | None, typer.Option("--status", help="active, to bring a suspended person back; others as by people suspend.")
]
NewUnits = Annotated[
    list[str] | None, typer.Option("--unit", help="A unit that they may use; give it again; an empty text: all.")
]


def add_command(
    directory: DirectoryOption,
    name: Annotated[str, typer.Option("--name", help="As it stands on record (Civil Code 1798.90.52).")],
    badge: Annotated[str, typer.Option("--badge", help="They sign in with it.")],
    organisation: Annotated[str, typer.Option("--agency", help=_ORGANISATION_HELP)],
    person_id: Annotated[str, typer.Option("--id", help="Never given to anybody else. Left out: a new one.")] = "",
    email: Email = None,
    ori: Ori = None,
    title: Title = None,
    roles: Roles = None,
    sworn: Sworn = None,
    sources: Sources = None,
    covert: Covert = None,
    cjis_training_until: CjisUntil = None,
    alpr_training_until: AlprUntil = None,
    valid_until: ValidUntil = None,
    approved_by: ApprovedBy = None,
    may_unlock: MayUnlock = None,
    units: Units = None,
    reason: ReasonOption = "",
    without_session: WithoutSessionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add somebody. What is not said is not allowed; they get in once they followed an invitation."""
    texts = texts_of(**locals())
    from alpr_edge.department.people.registry import open_people

    with open_change(directory, reason, without_session) as author, open_people(directory) as people:
        entry, state = people.add(author, texts), people.rosters.state()
    _warn_of_strangers(directory, units)
    _tell(entry, "added", state, as_json=as_json)
    if not as_json:
        typer.echo(f"next: alpr-edge department people invite {entry.person.person_id}")


def change_command(
    person: PersonArgument,
    directory: DirectoryOption,
    name: Annotated[str | None, typer.Option("--name", help="As it stands on record.")] = None,
    badge: Annotated[str | None, typer.Option("--badge", help="They sign in with it.")] = None,
    organisation: Annotated[str | None, typer.Option("--agency", help=_ORGANISATION_HELP)] = None,
    email: Email = None,
    ori: Ori = None,
    title: Title = None,
    roles: Roles = None,
    sworn: Sworn = None,
    sources: Sources = None,
    covert: Covert = None,
    cjis_training_until: CjisUntil = None,
    alpr_training_until: AlprUntil = None,
    status: Annotated[
        str | None,
        typer.Option(
            "--status", help="active, to bring a suspended person back; suspended or left, as people suspend does it."
        ),
    ] = None,
    valid_until: NewValidUntil = None,
    approved_by: NewApprovedBy = None,
    may_unlock: MayUnlock = None,
    units: NewUnits = None,
    reason: ReasonOption = "",
    without_session: WithoutSessionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what is said and leave the rest. A list is replaced as a whole; an empty text clears it or a date."""
    texts = texts_of(**locals())
    from alpr_edge.department.people.registry import open_people

    if not texts:
        raise DepartmentError("say what changes; see: alpr-edge department people change --help")
    with open_change(directory, reason, without_session, person) as author, open_people(directory) as people:
        entry, state = people.change(author, person, texts), people.rosters.state()
    _warn_of_strangers(directory, units)
    _tell(entry, "changed", state, as_json=as_json)


def texts_of(**options: object) -> dict[str, str]:
    """Give what was said as texts by column, of a command's options, which are named as the columns are."""
    from alpr_edge.department.people.person_fields import COLUMNS

    texts = {}
    for column in COLUMNS:
        value = options.get(column)
        if isinstance(value, bool):
            texts[column] = "yes" if value else "no"
        elif isinstance(value, str):
            texts[column] = value
        elif isinstance(value, list):
            texts[column] = " ".join(value)
    return texts


def _warn_of_strangers(directory: Path, units: list[str] | None) -> None:
    """Say which units were never invited: it may be a typing error, or people are entered before their units."""
    from alpr_edge.department.pki.known_units import unknown_units

    named = [unit for text in units or () for unit in text.split()]
    if not named:
        return
    with open_storage(directory) as storage:
        for unit in unknown_units(storage.units, named):
            typer.echo(f"warning: {unit}: there is no such unit yet; see: alpr-edge department unit list", err=True)


def _tell(entry: Entry, done: str, state: RosterState | None, *, as_json: bool) -> None:
    if as_json:
        print_object(content_of(entry))
        return
    person = entry.person
    typer.echo(f"{person.name}, badge {person.badge}, id {person.person_id}: {done}")
    tell_roster(state)
