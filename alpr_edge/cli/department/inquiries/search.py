"""``alpr-edge department search``: the reads of all units by plate, place or unit, for a purpose and on record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.access.options import CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table, time_text
from alpr_edge.cli.plate_entry import STANDARD_INPUT, PlateArgument, typed_plate
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.instants import typed_moment
from alpr_edge.domain.plates import typed_plates

if TYPE_CHECKING:
    from datetime import datetime

    from alpr_edge.access.authorisation.authoriser import Authoriser
    from alpr_edge.department.inquiries.office import InquiryOffice
    from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
    from alpr_edge.department.search.pages import FoundRead, UnseenReads
    from alpr_edge.domain.permissions.purposes import Purpose

LIMIT, LIMIT_MAX = 50, 1_000
PAGES_MAX = 100
"""Pages of one command at most; one may be empty and yet have a next one."""
_HEADERS = ("seen", "plate", "sure", "state", "unit", "camera", "place")
_QUESTION = "Plate, a part of one with ? and *, or several with commas"
_AREA_HELP = "Latitude,longitude,metres; or the corners of a polygon with blanks between them."
_TIME_HELP = "Such as 2026-05-04T18:00; without a zone by this computer's clock."
AreaOption = Annotated[str, typer.Option("--area", help=_AREA_HELP)]
BeginOption = Annotated[str, typer.Option("--from", metavar="TIME", help=_TIME_HELP)]
EndOption = Annotated[str, typer.Option("--to", metavar="TIME", help="Up to then; a date alone: to its end.")]
UnitOption = Annotated[str, typer.Option("--unit", help="The unit that read it, or that reads were imported as.")]
CameraOption = Annotated[str, typer.Option("--camera", help="Its camera.")]
StateOption = Annotated[str, typer.Option("--state", help="Leave out plates read as of another state; two letters.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=LIMIT_MAX, help="Most reads.")]


@dataclass(frozen=True, slots=True)
class FoundReads:
    """What a command shows."""

    reads: list[FoundRead]
    unseen: UnseenReads
    has_more: bool


def search_command(
    directory: DirectoryOption,
    plate: PlateArgument = "",
    area: AreaOption = "",
    begin: BeginOption = "",
    end: EndOption = "",
    unit: UnitOption = "",
    camera: CameraOption = "",
    state: StateOption = "",
    untimed: Annotated[bool, typer.Option("--untimed", help="Those whose time is not sure, instead.")] = False,
    limit: LimitOption = LIMIT,
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    as_json: JsonOption = False,
) -> None:
    """Search the reads of all units. It needs a sign-in and a purpose, and is on record.

    The plate is asked for, or read from standard input; with --area or --unit only where - is given.
    """
    from dataclasses import replace

    from alpr_edge.department.inquiries.read_inquiries import check_inquiry

    search = replace(typed_search(plate, area, (begin, end), unit, camera, state), is_untimed=untimed)
    check_inquiry(search)
    with open_inquiry(directory, Statement(purpose, offence, case)) as (office, authoriser, stated):
        found = look(office, authoriser, stated, search, limit)
    print_found(found, as_json=as_json)


def typed_search(
    plate: str, area: str, period: tuple[str, str], unit: str, camera: str, state: str
) -> DepartmentSearch:
    """The search of the options; its plate is asked for, or read from standard input.

    Args:
        plate: the argument, which is no plate; empty: one is asked for where neither area nor unit is given.
        state: the state that plates may be of.
    """
    from alpr_edge.department.search.criteria import DepartmentSearch

    wants_plate = plate or not (area or unit)
    return DepartmentSearch(
        plates=typed_plates(typed_plate(plate or STANDARD_INPUT, _QUESTION)) if wants_plate else (),
        period=typed_period(*period),
        area=None if not area else _area(area),
        unit_id=unit or None,
        camera_id=camera or None,
        state=state.strip().upper() or None,
    )


def look(
    office: InquiryOffice, authoriser: Authoriser, purpose: Purpose, search: DepartmentSearch, limit: int
) -> FoundReads:
    """Page after page up to a limit, each of them on record."""
    from alpr_edge.department.search.pages import PAGE_READS

    reads: list[FoundRead] = []
    place = None
    with progress_bar("reads found") as show:
        for _ in range(PAGES_MAX):
            size = min(PAGE_READS, limit - len(reads))
            page = office.reads.page(authoriser, purpose, search, place, size)
            reads += page.reads
            place = page.next
            if place is None or len(reads) == limit:
                break
            show("reads found", len(reads), limit)
    if not reads and search.unit_id and not office.reads.knows_unit(search.unit_id):
        raise SearchError(f"{search.unit_id}: there is no such unit; see: alpr-edge department unit list")
    return FoundReads(reads, page.unseen, place is not None)


def typed_period(begin: str, end: str, options: str = "--from and --to") -> SearchPeriod | None:
    """The time of two options, by their names; None: none was given. Raises SearchError."""
    from alpr_edge.department.search.criteria import SearchPeriod

    if not begin and not end:
        return None
    if not begin or not end:
        raise SearchError(f"a time needs both ends: {options}")
    return SearchPeriod(_moment(begin, options), _moment(end, options, is_end=True))


def _moment(text: str, options: str, *, is_end: bool = False) -> datetime:
    try:
        return typed_moment(text, is_end=is_end)
    except ValueError:
        raise SearchError(f"{options} are a date and a time, such as 2026-05-04T18:00") from None


def _area(text: str) -> Any:  # noqa: ANN401 - a circle or a polygon
    from alpr_edge.domain.ground.areas import parse_ground_area

    try:
        return parse_ground_area(text)
    except ValueError as error:
        raise SearchError(f"--area: {error}") from None


def print_found(found: FoundReads, *, as_json: bool) -> None:
    """Print what was found, and what could not be seen."""
    _print_json(found) if as_json else _print(found)


def _print_json(found: FoundReads) -> None:
    """The reads, and at the end what could not be seen."""
    print_lines(map(asdict, found.reads))
    print_object({"unseen": asdict(found.unseen), "has_more": found.has_more})


def _print(found: FoundReads) -> None:
    if found.reads:
        print_table(_HEADERS, [_row(read) for read in found.reads], notes=[_note(read) for read in found.reads])
    else:
        typer.echo("no read found")
    if found.has_more:
        typer.echo("there is more; raise --limit, or search by more")
    for line in unseen_lines(found.unseen):
        typer.echo(line)


def _row(read: FoundRead) -> tuple[str, ...]:
    place = "" if read.lat_deg is None or read.lon_deg is None else f"{read.lat_deg:.5f},{read.lon_deg:.5f}"
    seen = "not sure" if read.seen_at is None else time_text(read.seen_at)
    plate = read.plate if read.correction is None else f"{read.plate} -> {read.correction.plate}"
    return seen, plate, _sureness(read), read.state or "", read.unit_id, read.camera_id, place


def _sureness(read: FoundRead) -> str:
    """How sure the text that holds is, as far as a search knows."""
    if read.correction is not None:
        return "by a person" if read.correction.corrected_by else "corrected"
    return f"{read.confidence:.0%}" if read.corrected_by is None else "by a person"


def _note(read: FoundRead) -> str:
    parts = [f"read {read.read_id}"]
    if read.seen_at is None:
        parts.append(f"the unit's clock said {read.first_seen or 'nothing'}")
    if read.uncertainty_ms is not None:
        parts.append(f"its time was found later, to {read.uncertainty_ms / 1000:.3g} s")
    if read.correction is not None:
        by = "somebody" if read.correction.corrected_by else "more frames of the same pass"
        parts.append(f"corrected by {by}: {read.correction.plate} holds")
    return "; ".join(parts)


def unseen_lines(unseen: UnseenReads) -> list[str]:
    """What a search could not see, a line each."""
    lines = []
    if unseen.untimed:
        lines.append(f"not in it: {count_text(unseen.untimed, 'read')} whose time is not sure; see --untimed")
    if unseen.placeless:
        lines.append(f"not in it: {count_text(unseen.placeless, 'read')} of that time without a place")
    if unseen.silent_units:
        lines.append(f"nothing of that time came from: {', '.join(unseen.silent_units)}")
    if unseen.deleted:
        lines.append(
            f"deleted for their age so far: {count_text(unseen.deleted, 'read')}, up to {unseen.deleted_until}"
        )
    return lines
