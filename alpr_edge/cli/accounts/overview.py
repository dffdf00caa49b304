"""``alpr-edge accounts list`` and ``review``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.access.options import BreakGlassOption
from alpr_edge.cli.accounts.common import fields_of, open_people
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_lines, print_object, print_table, time_text
from alpr_edge.domain.days import last_day

if TYPE_CHECKING:
    from alpr_edge.services.accounts.people import AccountOverview


def list_command(
    break_glass: BreakGlassOption = "", settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False
) -> None:
    """List the people of this unit's roster: roles, training, and who cannot sign in, and why."""
    with open_people(settings, break_glass) as people:
        rows = people.overview(people.roster.now)
    if as_json:
        print_lines(_json(row) for row in rows)
    elif rows:
        headers = ("badge", "name", "roles", "cjis training", "alpr training", "account until", "state")
        print_table(headers, [_row(row) for row in rows])
    else:
        typer.echo("no people yet; add one with: alpr-edge accounts add")


def review_command(
    break_glass: BreakGlassOption = "", settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False
) -> None:
    """Record the yearly review of all accounts; issues the roster for another year."""
    with open_people(settings, break_glass) as people:
        header = people.review()
    if as_json:
        print_object({"serial": header.serial, "valid_until": header.valid_until})
    else:
        typer.echo(f"reviewed; roster {header.serial} is valid until {time_text(header.valid_until)}")


def _json(row: AccountOverview) -> dict[str, object]:
    fault = None if row.fault is None else row.fault.value
    return {**fields_of(row.person), "can_sign_in": row.can_sign_in, "locked": row.is_locked, "fault": fault}


def _row(row: AccountOverview) -> tuple[str, ...]:
    person, training = row.person, row.person.training
    ends = (training.cjis_until, training.alpr_until, person.valid_until)
    dates = ("never" if end is None else f"{last_day(end)}" for end in ends)
    return person.badge, person.name, ", ".join(sorted(person.roles)), *dates, _state(row)


def _state(row: AccountOverview) -> str:
    if row.fault is not None:
        return row.fault.value.removeprefix("account_")
    if row.is_locked:
        return "locked"
    return "active" if row.can_sign_in else "not invited yet"
