"""``alpr-edge department acknowledge``: ends what was found wrong with a unit's access log, on record."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.domain.errors import DepartmentError

_REASON_HELP = "What came of it: why the log was set back or begun anew, and who looked into it."


def acknowledge_command(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit's id.")],
    reason: Annotated[str, typer.Option("--reason", help=_REASON_HELP)],
    directory: DirectoryOption,
    as_json: JsonOption = False,
) -> None:
    """End the findings about a unit's access log, which alpr-edge department status shows and the car sounds.

    They stay on record, with your login and the reason.
    """
    from alpr_edge.cli.caller import caller
    from alpr_edge.department.pki.known_units import require_units
    from alpr_edge.department.unit_logs.findings import Acknowledgement

    if not reason.strip():
        raise DepartmentError("the reason is empty; say what came of it")
    with open_storage(directory) as storage:
        count = storage.logs.acknowledge(unit, Acknowledgement(caller(), reason.strip()))
        if not count:
            require_units(storage.units, [unit])
    if as_json:
        print_object({"unit": unit, "acknowledged": count})
    else:
        typer.echo(f"{count_text(count, 'finding')} of {unit} acknowledged")
