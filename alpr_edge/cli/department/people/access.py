"""``alpr-edge department people invite``, ``suspend``, ``sign-out`` and ``unlock``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption
from alpr_edge.cli.department.inquiries.opening import open_authorised
from alpr_edge.cli.department.people.common import (
    PersonArgument,
    ReasonOption,
    WithoutSessionOption,
    author_of,
    open_change,
    tell_published,
)
from alpr_edge.cli.output import count_text, print_object, time_text, utc_text
from alpr_edge.domain.protocol.service_ports import PEOPLE_PORT

if TYPE_CHECKING:
    from pathlib import Path

    from alpr_edge.department.serving import ServedPorts
    from alpr_edge.domain.people.roster import RosterHeader


def invite_command(
    person: PersonArgument,
    directory: DirectoryOption,
    reason: ReasonOption = "",
    without_session: WithoutSessionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a one-time address on which the person sets password, one-time code and passkeys. It is shown once.

    What they have signed in with so far holds until they finish. A newer address takes the place of an older one.
    """
    from alpr_edge.department.people.registry import open_people
    from alpr_edge.department.people.settings import load_people_settings
    from alpr_edge.department.serving import served_ports

    author_of(directory)
    settings, ports = load_people_settings(directory), served_ports(directory)
    port = (ports.people_port if ports is not None else None) or PEOPLE_PORT
    with open_change(directory, reason, without_session, person) as author, open_people(directory) as people:
        invitation = people.invite(author, person)
    # Behind "#" a browser keeps it to itself: no server and no proxy on the way logs it.
    address = f"{settings.origin(port)}/invitation#{invitation.token}"
    if as_json:
        expires = utc_text(invitation.expires_at)
        print_object({"person_id": invitation.person_id, "address": address, "expires": expires})
    else:
        typer.echo(f"{address}\nfor {invitation.person_id} alone, once, until {time_text(invitation.expires_at)}")
    if warning := _warning(directory, ports):
        typer.echo(f"alpr-edge: {warning}", err=True)


def suspend_command(
    person: PersonArgument,
    directory: DirectoryOption,
    reason: ReasonOption = "",
    left: Annotated[bool, typer.Option("--left", help="They left the organisation.")] = False,
    without_session: WithoutSessionOption = None,
    as_json: JsonOption = False,
) -> None:
    """End somebody's access and publish the roster that ends it in every car, all at once."""
    from alpr_edge.department.people.registry import open_people
    from alpr_edge.domain.people.person import AccountStatus

    status = AccountStatus.LEFT if left else AccountStatus.SUSPENDED
    with open_change(directory, reason, without_session, person) as author, open_people(directory) as people:
        header = people.suspend(author, person, status)
    _tell(person, status.value, header, as_json=as_json)


def sign_out_command(
    person: PersonArgument, directory: DirectoryOption, reason: ReasonOption = "", as_json: JsonOption = False
) -> None:
    """End somebody's sessions, here and in every car. The account stays, and they can sign in again at once.

    The roster that ends the sessions in the cars is published with it. A car without a link gets it with its next
    delivery; until then a session there ends by itself, 12 hours after its sign-in at the latest.
    """
    author_of(directory)  # for the owner of the folder and root, as a suspension is
    with open_authorised(directory) as (office, authoriser):
        done = office.sign_outs.sign_out(authoriser, person, reason)
    if as_json:
        about = {"person_id": done.person_id, "sessions": done.sessions}
        print_object({"person": person, "done": "signed out", **about, "roster_serial": done.header.serial})
        return
    typer.echo(f"{person}: signed out; {count_text(done.sessions, 'session')} here")
    tell_published(done.header)


def unlock_command(
    person: PersonArgument,
    directory: DirectoryOption,
    reason: ReasonOption = "",
    without_session: WithoutSessionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Unlock an account after too many failures, and publish the roster that unlocks it in every car."""
    from alpr_edge.department.people.registry import open_people

    with open_change(directory, reason, without_session, person) as author, open_people(directory) as people:
        header = people.unlock(author, person)
    _tell(person, "unlocked", header, as_json=as_json)


def _tell(person: str, done: str, header: RosterHeader, *, as_json: bool) -> None:
    if as_json:
        print_object({"person": person, "done": done, "roster_serial": header.serial})
        return
    typer.echo(f"{person}: {done}")
    tell_published(header)


def _warning(directory: Path, ports: ServedPorts | None) -> str:
    """Why the address does not work yet; empty when it does."""
    from alpr_edge.department.serving import is_served

    if is_served(directory) and ports is not None and ports.people_port is not None:
        return ""
    todo = f"alpr-edge department serve --directory {directory} --people-port {PEOPLE_PORT}"
    return f"nobody answers at this address yet; start it: {todo}"
