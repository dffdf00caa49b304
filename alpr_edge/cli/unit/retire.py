"""``alpr-edge unit retire``: have the department revoke this unit's certificates and code."""

import json
from typing import Annotated

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.settings import load
from alpr_edge.uplink.retirement import retire


def retire_command(
    reason: Annotated[str, typer.Option("--reason", help="Why, for the department's record.")] = "decommissioned",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Have this unit's certificates and code revoked at the department, at once and for good.

    Nothing is uploaded afterwards, unless it is enrolled again. scripts/decommission does the rest.
    """
    read = load(settings)
    done = retire(read.uplink, read.unit.id, reason)
    told = {"unit": read.unit.id, "certificates": done.certificates, "codes": done.codes}
    typer.echo(json.dumps(told) if as_json else f"{read.unit.id}: revoked, certificates {done.certificates}")
