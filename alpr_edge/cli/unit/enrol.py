"""``alpr-edge unit enroll``: the unit gets its certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_object
from alpr_edge.cli.text_input import read_input_line
from alpr_edge.domain.protocol.service_ports import ENROL_PORT
from alpr_edge.settings import load

if TYPE_CHECKING:
    from alpr_edge.domain.ports import Clock
    from alpr_edge.settings import Settings
    from alpr_edge.uplink.enrolment import UnitCertificate

STDIN_MAX = 200

_OtherUnitData = Annotated[
    bool, typer.Option("--other-unit-data", help="Proceed even if the data folder holds another unit's access log.")
]


def enrol_command(
    code: Annotated[str, typer.Option("--code", help='The one-time code; "-" reads it from standard input.')] = "",
    department: Annotated[
        str, typer.Option("--department", help="Address of the department; default: uplink.url of the settings.")
    ] = "",
    ca_fingerprint: Annotated[
        str, typer.Option("--ca-fingerprint", help="SHA-256 of the department's authority, as printed with the code.")
    ] = "",
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", help="The authority's certificate, instead of its fingerprint.")
    ] = None,
    enrol_port: Annotated[
        int, typer.Option("--enroll-port", min=1, max=65535, help="Port of the department's enrollment.")
    ] = ENROL_PORT,
    again: Annotated[bool, typer.Option("--again", help="Enroll even if a valid certificate is held.")] = False,
    new_keys: Annotated[
        bool, typer.Option("--new-keys", help="Accept department keys other than the pinned ones.")
    ] = False,
    other_unit_data: _OtherUnitData = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Make this unit's key, and get its certificate from the department with a one-time code.

    The key never leaves the unit. The code is sent only to a department whose authority has the given fingerprint. The
    unit also receives and pins the department's keys; if it already holds a certificate, only missing keys are pinned.
    Settings from another department or for another unit are removed. If the data folder holds another unit's access
    log, the command refuses: the department would no longer accept it.
    """
    from alpr_edge.runtime.clock import SystemClock
    from alpr_edge.uplink.enrolment import Invitation, enrol

    read = _load(settings, other_unit_data=other_unit_data)
    uplink = read.uplink.model_copy(update={"url": department}) if department else read.uplink
    invitation = Invitation(_read(code), ca_fingerprint, ca_file, enrol_port, new_keys)
    done = enrol(uplink, read.unit.id, invitation, clock := SystemClock(), again=again)
    _tell(done, (*done.key_notes, *_settle(settings, clock, replace=new_keys or done.new)), as_json=as_json)
    if not read.uplink.url:
        typer.echo(f'alpr-edge: nothing is sent yet: set url = "{uplink.url}" below [uplink] in {settings}', err=True)


def _load(file: Path, *, other_unit_data: bool) -> Settings:
    """The settings of a unit whose access key and data folder are its own."""
    from alpr_edge.services.accounts.department_keys import has_access_key, require_access_key
    from alpr_edge.services.audit.log_owner import require_own_log

    settings = load(file)
    require_access_key(settings)
    if not other_unit_data and has_access_key(settings):
        require_own_log(settings)
    return settings


def _settle(settings: Path, clock: Clock, *, replace: bool) -> tuple[str, ...]:
    """Pin the keys in the databases and remove what was set elsewhere; returns what a person has to know."""
    from alpr_edge.cli.caller import caller
    from alpr_edge.services.accounts.department_keys import pin_in_databases, remove_other_settings

    notes = pin_in_databases(load(settings), caller(), clock, replace=replace)
    return notes + remove_other_settings(settings, caller(), clock)


def _tell(done: UnitCertificate, notes: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        fields = {"unit": done.unit_id, "serial": done.serial, "until": done.until, "new": done.new}
        print_object({**fields, "notes": notes})
    else:
        typer.echo(_text(done))
    for note in notes:
        typer.echo(f"alpr-edge: {note}", err=True)


def _read(code: str) -> str:
    return read_input_line(STDIN_MAX) if code == "-" else code


def _text(done: UnitCertificate) -> str:
    if done.new:
        return f"{done.unit_id} is enrolled: certificate {done.serial}, until {done.until:%Y-%m-%d}"
    return f"{done.unit_id} was already enrolled, until {done.until:%Y-%m-%d}; --again gets a new certificate"
