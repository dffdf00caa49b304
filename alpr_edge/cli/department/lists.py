"""``alpr-edge department publish``, ``lists``, ``withdraw`` and ``audience``: the hotlists for the units."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.caller import caller
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.consent import YesOption, require_consent
from alpr_edge.cli.department.common import DirectoryOption, open_storage, require_department
from alpr_edge.cli.hotlist.feed_words import unknown_words_json, unknown_words_lines
from alpr_edge.cli.output import count_text, print_lines, print_object, time_text
from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from alpr_edge.department.hotlists import ListRepository, PublishedList
    from alpr_edge.department.list_requests import ListRequest
    from alpr_edge.department.publishing.feed_check import FeedCheck
    from alpr_edge.department.publishing.list_state import ListStanding, UnitHolding
    from alpr_edge.domain.protocol.items import ListChange


NOT_COMPARED = "the list before could not be read again, so all of it counts as added"


def standing_content(standing: ListStanding) -> dict[str, Any]:
    """How a list stands, as JSON has it."""
    newest, record = standing.newest, standing.record
    return {
        "source": standing.source,
        "serial": None if newest is None else newest.serial,
        "change": None if newest is None else newest.change.value,
        "published_at": None if newest is None else newest.published_at,
        "published": None if record is None else record.model_dump(),
        "is_checked": standing.is_checked,
        "units": standing.audience,
        "requests": [
            {
                "unit": each.unit_id,
                "serial": each.serial,
                "requested_at": each.asked_at,
                "since": each.since,
                "holding": each.holding.value,
                "entries": each.entries,
            }
            for each in standing.units
            if each.serial is not None
        ],
        "never_asked": [each.unit_id for each in standing.units if each.serial is None],
    }


def standing_text(standing: ListStanding) -> str:
    """How a list stands, for a person: a line, and one for each unit."""
    newest, record = standing.newest, standing.record
    if newest is None:
        words = "nothing is published, and units ask for it" if standing.units else "nothing is published"
    else:
        words = f"serial {newest.serial}, published {time_text(newest.published_at)}"
        words += f" by {record.by}" if record is not None else ""
        if record is not None and record.entries is not None:
            words += f", {count_text(record.entries, 'entry', 'entries')}"
        words += f", for {audience_text(standing.audience)}"
    return "\n".join([f"{standing.source}: {words}", *(f"  {_unit_text(each)}" for each in standing.units)])


def check_content(check: FeedCheck) -> dict[str, Any]:
    """What a check found, as JSON has it."""
    names = ("entries", "added", "removed", "changed", "read", "rejected", "skipped_junk", "withheld", "duplicates")
    lines = [
        {"line": each.line, "lines": each.lines, "column": each.column, "reason": each.reason}
        for each in check.rejected_lines
    ]
    more = {"issued": check.issued, "is_signed": check.is_signed, "is_compared": check.is_compared}
    counts = {name: getattr(check, name) for name in names} | unknown_words_json(check)
    return counts | more | {"rejected_lines": lines}


def check_text(check: FeedCheck) -> str:
    """What a check found, for a person."""
    issued = f"issued {time_text(check.issued)}" if check.issued else "the feed does not say when it was made"
    entries = count_text(check.entries, "entry", "entries")
    difference = f"{check.added:,} added, {check.removed:,} removed, {check.changed:,} changed"
    lines_read, duplicates = count_text(check.read, "line"), count_text(check.duplicates, "duplicate")
    lines = [
        f"{check.source}: {entries}: {difference}; {issued}",
        f"{lines_read} read, {check.rejected:,} rejected, {check.skipped_junk:,} without a real plate, {duplicates}",
    ]
    if check.is_signed:
        lines.append("its maker's signature holds")
    if check.withheld:
        lines.append(f"{check.withheld:,} left out: the settings do not let in their reason")
    lines += unknown_words_lines(check)
    if not check.is_compared:
        lines.append(NOT_COMPARED)
    lines += [f"  line {each.line}, column {each.column}: {each.reason}" for each in check.rejected_lines]
    if check.rejected > sum(each.lines for each in check.rejected_lines):
        lines.append("  and more")
    return "\n".join(lines)


def audience_text(audience: frozenset[str] | None) -> str:
    """Which units a list is meant for, in words."""
    return "all units" if audience is None else ", ".join(sorted(audience)) or "no unit"


def _unit_text(unit: UnitHolding) -> str:
    if unit.serial is None:
        return f"{unit.unit_id} never asked for it"
    words = f"{unit.unit_id} had serial {unit.serial or 'none'} when it last asked, {time_text(unit.asked_at)}"
    if unit.since is not None:
        words += f"; since {time_text(unit.since)}"
    return words + ("; the newest is sent, not yet fetched" if unit.holding == "waiting" else "")


NewSourceOption = Annotated[
    bool, typer.Option("--new-source", help="Also under a name that no unit has asked for yet.")
]
ForOption = Annotated[
    list[str] | None,
    typer.Option("--for", help="A unit that the list is meant for from now on. Left out: as before; at first all."),
]

ShrinkOption = Annotated[bool, typer.Option("--accept-shrink", help="Accept a feed much smaller, on the units too.")]
GrowthOption = Annotated[bool, typer.Option("--accept-growth", help="Accept a feed much larger, on the units too.")]


def publish_command(
    feed: Annotated[Path, typer.Argument(metavar="FILE", help="The feed, as the units' settings lay it out.")],
    directory: DirectoryOption,
    source: Annotated[str, typer.Option("--source", help="Name of the list, as in the units' settings.")],
    additions: Annotated[bool, typer.Option("--additions", help="Adds to the list published before.")] = False,
    removals: Annotated[bool, typer.Option("--removals", help="Takes from the list published before.")] = False,
    units: ForOption = None,
    new_source: NewSourceOption = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and compare it as [[feed]] says, and publish nothing.")
    ] = False,
    accept_shrink: ShrinkOption = False,
    accept_growth: GrowthOption = False,
    as_json: JsonOption = False,
) -> None:
    """Publish a hotlist; each unit it is meant for learns of it within half a minute and fetches it at once.

    Where department.toml has a [[feed]] of this name it is checked before, as the units will, and compared.
    """
    from alpr_edge.cli.hotlist.common import import_progress
    from alpr_edge.department.pki.known_units import require_units
    from alpr_edge.department.publishing.feed_check import FeedToPublish
    from alpr_edge.department.publishing.list_publisher import ListPublisher

    kind = _change_of(additions=additions, removals=removals)
    new = FeedToPublish(feed, source, kind, accept_shrink=accept_shrink, accept_growth=accept_growth)
    with open_storage(directory) as storage, import_progress() as progress:
        if not new_source and source not in storage.lists.audiences():
            _check_source(source, storage.list_requests.all(), directory)
        require_units(storage.units, units or ())
        publisher, new = ListPublisher(directory, storage.database), dataclasses.replace(new, progress=progress)
        check = publisher.check(new)
        published = None if dry_run else publisher.publish(new, f"login:{caller()}", check, units or None)
        audience = storage.lists.audiences().get(source)
    if check is None and dry_run:
        raise DepartmentError(f"{source}: cannot be checked: department.toml has no [[feed]] with this name")
    _tell_published(published, check, source, audience, as_json=as_json)


def lists_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show the published lists: by whom, for whom, and what each unit has since when."""
    from alpr_edge.department.publishing.list_publisher import ListPublisher

    with open_storage(directory) as storage:
        standings = ListPublisher(directory, storage.database).standings()
    if as_json:
        print_lines(standing_content(each) for each in standings)
        return
    for each in standings:
        typer.echo(standing_text(each))
    if not standings:
        typer.echo("no lists; publish one with: alpr-edge department publish FEED --source NAME")


def withdraw_command(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Name of the list.")],
    directory: DirectoryOption,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Stop handing out a list. Units keep what they have until it is removed there: alpr-edge hotlist drop NAME."""
    from alpr_edge.department.hotlists import LISTS_NAME, ListRepository

    repository = ListRepository(require_department(directory) / LISTS_NAME)
    if not repository.steps_of(source):
        raise DepartmentError(f"{source}: no such list is published; see: alpr-edge department lists")
    require_consent(f"withdraw {source}? no unit can fetch it then; what units have stays with them", yes=yes)
    serial = repository.withdraw(source)
    if as_json:
        print_object({"source": source, "withdrawn_serial": serial})
    else:
        typer.echo(f"{source}: withdrawn; units keep what they have until: alpr-edge hotlist drop {source}")


def audience_command(
    directory: DirectoryOption,
    source: Annotated[str, typer.Option("--source", help="Name of the list. Left out: show all of them.")] = "",
    units: Annotated[
        list[str] | None, typer.Option("--for", help="A unit that it is meant for; give it again.")
    ] = None,
    everybody: Annotated[bool, typer.Option("--for-all", help="It is meant for all units.")] = False,
    new_source: NewSourceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show, or with --for or --for-all change, which units a list is meant for; no other is told of it or can fetch it.

    A unit that has fetched it already keeps what it holds until it is removed there.
    """
    from alpr_edge.department.hotlists import LISTS_NAME, ListRepository
    from alpr_edge.department.pki.known_units import require_units

    repository = ListRepository(require_department(directory) / LISTS_NAME)
    if units or everybody:
        with open_storage(directory) as storage:
            if source and not new_source and source not in repository.audiences():
                _check_source(source, storage.list_requests.all(), directory)
            require_units(storage.units, units or ())
        _change(repository, source, units or [], everybody=everybody)
    elif source and source not in repository.audiences():
        raise DepartmentError(f"{source}: there is no such list; see: alpr-edge department lists")
    audiences = {name: audience for name, audience in repository.audiences().items() if source in {"", name}}
    if as_json:
        print_lines({"source": name, "units": audience} for name, audience in audiences.items())
        return
    for name, audience in audiences.items():
        typer.echo(f"{name}: {audience_text(audience)}")


def _change_of(*, additions: bool, removals: bool) -> ListChange:
    """What a feed does to the list, by the options."""
    from alpr_edge.domain.protocol.items import ListChange

    if additions and removals:
        raise DepartmentError("--additions and --removals exclude each other; publish two feeds")
    return ListChange.ADDITIONS if additions else ListChange.REMOVALS if removals else ListChange.COMPLETE


def _tell_published(
    published: PublishedList | None,
    check: FeedCheck | None,
    source: str,
    audience: frozenset[str] | None,
    *,
    as_json: bool,
) -> None:
    """Print what the check found, and what was published for whom; None: nothing was."""
    if as_json:
        about = {"serial": published and published.serial, "change": published and published.change.value}
        print_object({"source": source} | about | ({} if check is None else {"check": check_content(check)}))
        return
    if check is not None:
        typer.echo(check_text(check))
    if published is None:
        typer.echo(f"{source}: dry run, nothing is published")
        return
    change = published.change.value
    typer.echo(f"{source}: serial {published.serial} is published ({change}) for {audience_text(audience)}")
    if check is None:
        typer.echo("it was not checked here: department.toml has no [[feed]] with this name; the units check it")


def _check_source(source: str, requests: list[ListRequest], directory: Path) -> None:
    """Refuse a name that no unit has: a typing error would reach nobody.

    On the first day no unit has asked for any list; then [[feed]] of the settings says which names are meant.
    """
    from alpr_edge.department.settings import load_department_file

    names = sorted({request.source for request in requests})
    if source in names:
        return
    if names:
        found = f"no unit has asked for a list of this name; units ask for: {', '.join(names)}"
    elif source in {feed.name for feed in load_department_file(directory).feed}:
        typer.echo(f"alpr-edge: no unit has asked for a list yet; they must have {source} in their settings", err=True)
        return
    else:
        found = "no unit has asked for a list yet, and department.toml has no [[feed]] with this name"
    raise DepartmentError(
        f"{source}: {found}. If the name is right and units will have it in their settings, add --new-source"
    )


def _change(repository: ListRepository, source: str, units: list[str], *, everybody: bool) -> None:
    if units and everybody:
        raise DepartmentError("--for and --for-all exclude each other")
    if not source:
        raise DepartmentError("say which list with --source")
    repository.set_audience(source, None if everybody else units)
