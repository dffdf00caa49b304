"""``alpr-edge hotlist list``: the entries of an imported list, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge import settings as settings_file
from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.hotlist.common import entry_json, open_lists
from alpr_edge.cli.output import print_lines, time_text

if TYPE_CHECKING:
    from alpr_edge.domain.hits import HotlistEntry
    from alpr_edge.services.list_entries import ListPage


def list_entries(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Name of the list.")],
    *,
    first: Annotated[int, typer.Option("--from", min=1, help="Number of the first entry to show.")] = 1,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most entries to show.")] = 100,
    covert: Annotated[bool, typer.Option("--covert", help="Show covert entries too.")] = False,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Show the entries of a list in the order of their plates. The access is recorded before they are shown."""
    from alpr_edge.services.list_entries import PageQuery, show_list

    unit = settings_file.load(settings)
    with (
        open_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose),
        open_lists(unit, migrate=False) as lists,
    ):
        query = PageQuery(source, first, limit, covert)
        page = show_list(lists, authoriser, known_purpose, query, unit.hotlist)
    if as_json:
        serial = page.generation.serial
        print_lines({"number": number, "generation": serial} | entry_json(entry) for number, entry in page.entries)
    else:
        typer.echo("\n".join([*(f"{number}: {_entry_text(entry)}" for number, entry in page.entries), _end_text(page)]))


def _end_text(page: ListPage) -> str:
    title = f"{page.generation.source} generation {page.generation.serial}"
    if page.next is not None:
        return f"{title}; for more: --from {page.next}"
    return f"{title}; end of the list" if page.entries else f"{title}: no entry to show"


def _entry_text(entry: HotlistEntry) -> str:
    parts = [f"{entry.text} {entry.state or '--'}", entry.reason.replace("_", " ")]
    parts += [text for text in (entry.record_id, entry.vehicle, entry.remarks) if text]
    parts += [f"from {time_text(entry.effective)}"] if entry.effective else []
    parts += [f"until {time_text(entry.expires)}"] if entry.expires else []
    parts += [str(limit) for limit in (entry.area, entry.hours) if limit]
    return ", ".join([*parts, *(["covert"] if entry.covert else [])])
