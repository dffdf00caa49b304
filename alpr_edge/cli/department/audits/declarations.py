"""``alpr-edge department audit household`` and ``shift``: what people declare for the audits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from alpr_edge.cli.access.options import PurposeOption, Statement
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_inquiry
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.plate_entry import PlateArgument, typed_plate
from alpr_edge.domain.plates import typed_plates

_QUESTION = "Plates of your own household, with commas"
_SINCE_HELP = "The first day on which it holds; left out: today."


def household_command(
    directory: DirectoryOption,
    plate: PlateArgument = "-",
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """Declare your own household's plates. They are kept as keyed digests, are never shown, and stay declared.

    A search of yours for one of them stands out in the next audit.
    """
    plates = typed_plates(typed_plate(plate, _QUESTION))
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        count = office.declarations.declare_household(authoriser, stated, plates)
    print_object({"declared": count}) if as_json else typer.echo(f"{count_text(count, 'plate')} declared by now")


def shift_command(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Badge, e-mail address or id.")],
    directory: DirectoryOption,
    hours: Annotated[str, typer.Option("--hours", help="Such as 18:00-06:00, local time.")],
    days: Annotated[str, typer.Option("--days", help="Days on which it begins, such as mon,tue,wed.")],
    since: Annotated[datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help=_SINCE_HELP)] = None,
    purpose: PurposeOption = "audit",
    as_json: JsonOption = False,
) -> None:
    """Declare the hours of somebody's shift. What they look at outside of it stands out in the next audit."""
    from alpr_edge.domain.audits.shifts import parse_shift

    shift = parse_shift(hours, days, (since or datetime.now().astimezone()).date())
    with open_inquiry(directory, Statement(purpose)) as (office, authoriser, stated):
        person_id = office.declarations.declare_shift(authoriser, stated, person, shift)
    about = {"person_id": person_id, "shift": shift.text, "since": shift.since.isoformat()}
    print_object(about) if as_json else typer.echo(f"{person}: {shift.text} from {shift.since}")
