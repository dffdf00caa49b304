"""``alpr-edge evidence list``: the register of the packages that were booked out of this unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_access
from alpr_edge.cli.access.options import BreakGlassOption, CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.evidence.opening import open_exports
from alpr_edge.cli.output import print_lines, print_table, time_text

if TYPE_CHECKING:
    from alpr_edge.store.bookings.register import PackageBooking


CUT_SHORT = "interrupted; the medium may not hold all of it: compare its SHA-256"


def list_command(
    of_case: Annotated[str, typer.Option("--of-case", help="Only the packages of this case.")] = "",
    purpose: PurposeOption = "",
    offence: OffenceOption = "",
    case: CaseOption = "",
    break_glass: BreakGlassOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """List exported packages: case, medium, people.

    Also time and digest of each. Shows no plates and no passphrase.

    "interrupted": the export was recorded but did not finish; compare the SHA-256 to see if it is complete.
    """
    from alpr_edge.settings import load

    unit = load(settings)
    with (
        open_access(unit, Statement(purpose, offence, case, break_glass)) as (authoriser, known_purpose),
        open_exports(unit) as exports,
    ):
        bookings = exports.list_exports(authoriser, known_purpose, of_case)
    if as_json:
        print_lines(map(_fields, bookings))
    elif bookings:
        headers = ("case", "booked", "by", "medium", "to", "reads")
        print_table(headers, [_row(each) for each in bookings], notes=[_note(each) for each in bookings])
    else:
        typer.echo("no package was exported")


def _fields(booking: PackageBooking) -> dict[str, object]:
    return {
        "package_id": booking.package_id,
        "case": booking.case,
        "medium": booking.medium,
        "recipient": booking.recipient,
        "person": booking.person,
        "person_id": booking.person_id,
        "purpose": booking.purpose,
        "booked": booking.booked.utc,
        "finished": None if booking.finished is None else booking.finished.utc,
        "is_finished": booking.finished is not None,
        "file": booking.file_name,
        "sha256": booking.package_sha256,
        "bytes": booking.size_bytes,
        "reads": booking.reads,
        "hits": booking.hits,
        "pictures": booking.pictures,
        "redacted": booking.is_redacted,
        "escrowed": booking.is_escrowed,
        "time_stamp": booking.time_stamp,
    }


def _row(booking: PackageBooking) -> tuple[str, ...]:
    return (
        booking.case,
        time_text(booking.booked.utc),
        booking.person,
        booking.medium or "no number",
        booking.recipient or "not named",
        f"{booking.reads:,}",
    )


def _note(booking: PackageBooking) -> str:
    kind = "redacted copy" if booking.is_redacted else "originals"
    words = f"{kind}, {booking.file_name}, SHA-256 {booking.package_sha256}"
    words += f", {booking.time_stamp}" if booking.time_stamp else ""
    return words if booking.finished is not None else f"{words}; {CUT_SHORT}"
