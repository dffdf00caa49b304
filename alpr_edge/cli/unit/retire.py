"""``alpr-edge unit retire``: have the department revoke this unit's certificates and code."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.consent import YesOption, require_consent
from alpr_edge.cli.output import print_object
from alpr_edge.settings import load


def retire_command(
    reason: Annotated[str, typer.Option("--reason", help="Reason, for the department's record.")] = "decommissioned",
    yes: YesOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Have this unit's certificates and code revoked at the department, at once and for good.

    Nothing is uploaded afterwards, unless it is enrolled again. scripts/decommission does the rest.
    """
    from alpr_edge.uplink.retirement import retire

    read = load(settings)
    require_consent(
        f"revoke every certificate and code of {read.unit.id} at {read.uplink.url or 'the department'}? it can "
        "never deliver again unless it is re-enrolled",
        yes=yes,
    )
    done = retire(read.uplink, read.unit.id, reason)
    if as_json:
        print_object({"unit": read.unit.id, "certificates": done.certificates, "codes": done.codes})
    else:
        typer.echo(f"{read.unit.id}: revoked, certificates {done.certificates}")
