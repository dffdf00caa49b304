"""``alpr-edge hotlist rollback``, ``drop``, ``dismiss`` and ``changes``: change a list by hand, and see who did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge import settings as settings_file
from alpr_edge.cli.access.opening import open_access, open_upkeep
from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.consent import YesOption, require_consent
from alpr_edge.cli.hotlist.common import open_lists
from alpr_edge.cli.output import count_text, print_lines, print_object, time_text
from alpr_edge.domain.instants import moment_in

if TYPE_CHECKING:
    from alpr_edge.services.list_changes import RemovedList

SourceArgument = Annotated[str, typer.Argument(metavar="SOURCE", help="Name of the list.")]


def rollback(source: SourceArgument, as_json: JsonOption = False, settings: SettingsOption = DEFAULT_SETTINGS) -> None:
    """Return to the generation before the live one. A running unit refreshes within a second or two."""
    from alpr_edge.services import list_changes

    unit = settings_file.load(settings)
    with open_upkeep(unit) as authoriser, open_lists(unit, migrate=False) as lists:
        live = list_changes.roll_back_list(lists, authoriser, source).generation
    if as_json:
        print_object({"source": source, "generation": live.serial, "issued": live.issued_at, "entries": live.entries})
    else:
        issued_at = f", issued {time_text(live.issued_at)}" if live.issued_at else ""
        entries = count_text(live.entries, "entry", "entries")
        typer.echo(f"{source}: generation {live.serial} is live again, {entries}{issued_at}")


def drop(
    source: SourceArgument,
    *,
    yes: YesOption = False,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Remove a list with all its generations. The unit no longer matches its plates."""
    from alpr_edge.services import list_changes
    from alpr_edge.store.hotlists.download_spool import DownloadSpool
    from alpr_edge.store.keys import load_key

    unit = settings_file.load(settings)
    is_in_settings = unit.hotlist.source_of(source) is not None
    require_consent(_question(source, is_in_settings=is_in_settings), yes=yes)
    incoming = DownloadSpool(unit.unit.data_directory, load_key("outbox", unit.store.keys_directory))
    with open_upkeep(unit) as authoriser, open_lists(unit, migrate=False) as lists:
        removed_list = list_changes.drop_list(lists, incoming, authoriser, source)
    if as_json:
        print_object(removed_list)
    else:
        typer.echo(_drop_text(removed_list, is_in_settings=is_in_settings))


def dismiss(source: SourceArgument, as_json: JsonOption = False, settings: SettingsOption = DEFAULT_SETTINGS) -> None:
    """Dismiss a list's refused feed: no trouble for it any more. The list in use stays in use, and ages."""
    from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
    from alpr_edge.services import list_changes

    unit = settings_file.load(settings)
    directory = unit.unit.data_directory / LISTS_DIRECTORY
    with open_upkeep(unit) as authoriser:
        report = list_changes.dismiss_refusal(directory, authoriser, source)
    if as_json:
        print_object({"source": source, "refusal": report.refused, "refused_at": report.at})
    else:
        typer.echo(f"{source}: dismissed: {report.refused}")


def changes(
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Show who changed lists by hand, or had covert entries shown, the oldest first."""
    from alpr_edge.services.changes.list_history import list_changes_by_hand
    from alpr_edge.store.access_log.log import open_access_log

    unit = settings_file.load(settings)
    with (
        open_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose),
        open_access_log(unit, migrate=False) as log,
    ):
        lines = list_changes_by_hand(log, authoriser, known_purpose)
    if as_json:
        print_lines(lines)
        return
    typer.echo("\n".join(map(_change_text, lines)) or "no list was changed by hand yet")


def _change_text(line: dict[str, Any]) -> str:
    """A line of the history in words; what was not asked for is left out."""
    details = [
        name if value is True else f"{name} {value}"
        for name, value in line.items()
        if name not in {"at", "actor", "action"} and value is not False and value not in (None, "")
    ]
    words = ", ".join([str(line.get("action")), *details]).replace("_", " ")
    at = moment_in(line.get("at"))
    return f"{'at an unknown time' if at is None else time_text(at)} {line.get('actor')}: {words}"


def _question(source: str, *, is_in_settings: bool) -> str:
    again = "; the settings name it: its next feed brings it back" if is_in_settings else ""
    return f"remove list {source}? the unit no longer matches its plates{again}"


def _drop_text(removed_list: RemovedList, *, is_in_settings: bool) -> str:
    counts = (
        count_text(removed_list.generations, "generation"),
        count_text(removed_list.entries, "live entry", "live entries"),
    )
    again = "; the settings name it, so its next feed brings it back" if is_in_settings else ""
    return f"{removed_list.source}: removed, {' with '.join(counts)}{again}"
