"""``alpr-edge department code`` and ``alpr-edge department unit``: the units that may connect to this department."""

from __future__ import annotations

import dataclasses
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage
from alpr_edge.cli.output import count_text, print_lines, print_object, time_text, utc_text
from alpr_edge.department.pki.unit_ends import UnitEnd
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.service_ports import ENROL_PORT, STORAGE_PORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography import x509

    from alpr_edge.department.db.database import DepartmentDatabase
    from alpr_edge.department.heartbeats import UnitHeartbeat
    from alpr_edge.department.pki.authority import TlsFiles
    from alpr_edge.department.pki.units import Revocation, UnitRecord
    from alpr_edge.department.serving import ServedPorts
    from alpr_edge.domain.protocol.heartbeats import HeartbeatPayload


HOUR_S = 3600


def heard_lines(heard: UnitHeartbeat | None, now: datetime) -> Iterator[str]:
    """When a unit was last heard and what it said, a line each; a line that it never was."""
    if heard is None:
        yield "never heard"
        return
    silent = ", SILENT since" if heard.is_silent(now) else ""
    payload = heard.payload
    state = "ready" if payload.is_ready else "not ready" if payload.is_running else "reader not running"
    yield f"heard {time_text(heard.received_at)}{silent}: version {payload.version or 'unknown'}, {state}"
    if figures := ", ".join(_figures(payload)):
        yield figures
    for fault in payload.faults:
        yield f"{fault.state}: {fault.part}, {fault.kind}"


def heard_content(heard: UnitHeartbeat, now: datetime) -> dict[str, Any]:
    """The same for programs."""
    said = heard.payload.model_dump(exclude={"place"})  # it is shown at the page alone, where that is on record
    return {"received": heard.received_at, "is_silent": heard.is_silent(now)} | said


def _figures(payload: HeartbeatPayload) -> Iterator[str]:
    """What a unit counts and measures, as far as it is known."""
    if payload.reads is not None:
        yield f"{payload.reads:,} reads, {payload.hits or 0:,} hits"
    if payload.queue_items is not None:
        oldest = "" if payload.queue_oldest_s is None else f" for up to {payload.queue_oldest_s / HOUR_S:.1f} h"
        yield f"{payload.queue_items:,} waiting{oldest}"
    for each in payload.lists:
        age = "age unknown" if each.age_s is None else f"{each.age_s / HOUR_S:.1f} h old"
        yield f"list {each.source} {age}"
    if payload.disk_share is not None:
        yield f"disk {payload.disk_share:.0%}"
    if payload.temperature_c is not None:
        yield f"{payload.temperature_c:.0f} C"


UnitArgument = Annotated[str, typer.Argument(metavar="UNIT", help="The unit's id, as in its settings.")]
VALID_H_MAX = 168.0
_SHOWN = ("serial", "fingerprint", "origin", "issued_at", "not_after", "standing", "revoked_at", "revoked_reason")

app = typer.Typer(help="The units that may speak with this department.", no_args_is_help=True)


def code_command(
    unit: UnitArgument,
    directory: DirectoryOption,
    valid_hours: Annotated[
        float, typer.Option("--valid-hours", min=0.1, max=VALID_H_MAX, help="How long the code may be used.")
    ] = 24.0,
    address: Annotated[
        str,
        typer.Option(
            "--address", help="Where units reach it. Left out: this server's first name and the port that it serves."
        ),
    ] = "",
    enrol_port: Annotated[
        int | None,
        typer.Option("--enroll-port", min=1, max=65535, help="Where this department enrolls. Left out: as it serves."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a one-time code with which a unit gets its certificate. It is shown once; a newer one takes its place."""
    from alpr_edge.department.pki.authority import Authority, TlsFiles
    from alpr_edge.department.serving import served_ports

    files, ports = TlsFiles(directory), served_ports(directory)
    url = address or _address(files, ports)
    port = enrol_port or (ports.enrol_port if ports is not None else None) or ENROL_PORT
    with open_storage(directory) as storage:
        code = storage.units.invite(unit, timedelta(hours=valid_hours))
    fingerprint = Authority.load(files).fingerprint
    line = _enrol_line(url, code.code, fingerprint, port)
    if as_json:
        until = utc_text(code.expires_at)
        print_object(
            {"unit": unit, "code": code.code, "expires": until, "ca_fingerprint": fingerprint, "command": line}
        )
    else:
        typer.echo(f"{f'code of {unit}':<17} {code.code}\n{'until':<17} {time_text(code.expires_at)}")
        typer.echo(f"{'authority SHA-256':<17} {fingerprint}\n\non the unit:\n  {line}")
    if warning := _enrolment_warning(directory, ports, port):
        typer.echo(f"alpr-edge: {warning}", err=True)


@app.command("list")
def list_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """List every unit: its state, when last heard, its faults.

    Those are all that were ever invited or given a certificate.
    """
    with open_storage(directory) as storage:
        units, heard = storage.units.records(), storage.heartbeats.newest()
        for unit in () if as_json else units:
            _tell_exposed_people(storage.database, unit)
    if as_json:
        said = {unit_id: heard_content(each, datetime.now(UTC)) for unit_id, each in heard.items()}
        print_lines(_content(unit) | {"heartbeat": said.get(unit.unit_id)} for unit in units)
        return
    for unit in units:
        typer.echo(_line(unit))
        for line in heard_lines(heard.get(unit.unit_id), datetime.now(UTC)):
            typer.echo(f"  {line}")
    if not units:
        typer.echo("no units; make a code with: alpr-edge department code UNIT_ID")


@app.command("revoke")
def revoke_command(
    unit: UnitArgument,
    directory: DirectoryOption,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    end: Annotated[
        UnitEnd | None, typer.Option("--as", help="As what it ends, which the board of units shows.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """End a unit's certificates and its code. It counts from its next request on; the record of them stays."""
    with open_storage(directory) as storage:
        revocation = storage.units.revoke(unit, reason, end)
        _print_revocation(revocation, as_json=as_json)
        record = next(each for each in storage.units.records() if each.unit_id == unit)
        _tell_exposed(storage.database, record)
        _tell_packages(record)


def _print_revocation(revocation: Revocation, *, as_json: bool) -> None:
    unit = revocation.unit_id
    if as_json:
        print_object(revocation)
    elif revocation.certificates or revocation.codes:
        typer.echo(f"{unit}: revoked, certificates {revocation.certificates}, codes {revocation.codes}")
    elif revocation.reasons_added:
        typer.echo(f"{unit}: was revoked before; the reason is added to the first")
    elif revocation.end is not None:
        typer.echo(f"{unit}: was revoked before; it is shown as {revocation.end.words} now")
    else:
        typer.echo(f"{unit}: nothing was left to revoke")


def _tell_exposed(database: DepartmentDatabase, unit: UnitRecord) -> None:
    """Tell whose sign-in secrets a unit held that is lost, and what to do about it."""
    from alpr_edge.department.people.roster_holders import exposure_of

    if exposure_of(unit) is None:
        return
    _tell_exposed_people(database, unit)
    todo = "alpr-edge department incident enter --kind breach"
    typer.echo(f"alpr-edge: put it on file, with whoever was told (Civil Code 1798.29): {todo}", err=True)


def _tell_exposed_people(database: DepartmentDatabase, unit: UnitRecord) -> None:
    """Name the people whose sign-in secrets a unit held that was lost, also where it was enrolled again since."""
    from alpr_edge.department.people.roster_holders import exposed_people, exposure_of

    exposure = exposure_of(unit)
    if people := [] if exposure is None else exposed_people(database, unit.unit_id, exposure[1]):
        count = count_text(len(people), "person", "people")
        words = f"its roster held the sign-in secrets of {count}, which go on counting, here and in every car"
        typer.echo(f"alpr-edge: {unit.unit_id}: {words}, until each has new ones:", err=True)
        for each in people:
            typer.echo(f"  alpr-edge department people invite {shlex.quote(each.badge):<12} {each.name}", err=True)


def _tell_packages(unit: UnitRecord) -> None:
    """Tell until when evidence packages by the unit's key go on verifying, and how they are told from its own."""
    from alpr_edge.department.pki.evidence_certificates import VOUCHER_LIFETIME

    if unit.ended_at is None or unit.end is UnitEnd.RETIRED:
        return
    until = unit.ended_at + VOUCHER_LIFETIME
    words = f"packages that its key signs go on verifying, dated up to {until:%Y-%m-%d} at the latest, whoever has it"
    ended = f"{unit.unit_id}={unit.ended_at:%Y-%m-%dT%H:%MZ}"
    todo = f"alpr-edge evidence verify PACKAGE --authority SHA256 --ended {ended}, or the moment since when it was gone"
    typer.echo(f"alpr-edge: {unit.unit_id}: {words}; whoever gets one says: {todo}", err=True)


@app.command("add")
def add_command(
    certificate: Annotated[
        Path, typer.Argument(metavar="FILE", help="The unit's certificate (PEM); its key stays where it is.")
    ],
    directory: DirectoryOption,
    as_json: JsonOption = False,
) -> None:
    """Let in a unit with a certificate of the agency's own. The authority in ca.pem has to have made it."""
    with open_storage(directory) as storage:
        unit = storage.units.add(_read(certificate))
    if as_json:
        print_object({"unit": unit})
    else:
        typer.echo(f"{unit}: may speak with this department")


def _enrol_line(url: str, code: str, fingerprint: str, port: int) -> str:
    """The line to run on the unit."""
    words = ["--department", url, "--code", code, "--ca-fingerprint", fingerprint]
    port_words = [] if port == ENROL_PORT else ["--enroll-port", str(port)]
    return shlex.join(["alpr-edge", "unit", "enroll", *words, *port_words])


def _address(files: TlsFiles, ports: ServedPorts | None) -> str:
    from alpr_edge.department.pki.server_certificate import server_names

    name = server_names(files)[0]
    port = STORAGE_PORT if ports is None else ports.port
    return f"https://{f'[{name}]' if ':' in name else name}:{port}"


def _enrolment_warning(directory: Path, ports: ServedPorts | None, enrol_port: int) -> str:
    """Why the code cannot be used yet; empty when it can."""
    from alpr_edge.department.serving import is_served

    if not is_served(directory):
        todo = f"alpr-edge department serve --directory {directory} --enroll-port {enrol_port}"
        return f"this department is not served at present; start it: {todo}"
    if ports is not None and ports.enrol_port is None:
        return f"this department is served without enrollment; start it with --enroll-port {enrol_port}"
    if ports is not None and ports.enrol_port != enrol_port:
        return f"this department enrolls at port {ports.enrol_port}, not at {enrol_port}"
    return ""


def _read(path: Path) -> x509.Certificate:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise DepartmentError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise DepartmentError(f"{path}: not a certificate in PEM form") from None


def _content(unit: UnitRecord) -> dict[str, Any]:
    certificates = [{name: row[name] for name in _SHOWN} for row in unit.certificates]
    return dataclasses.asdict(unit) | {"certificates": certificates}


def _line(unit: UnitRecord) -> str:
    line = f"{unit.unit_id:<20} {unit.state if unit.end is None else f'{unit.state}, {unit.end.words}':<12}"
    if unit.valid_until is not None:
        days = (unit.valid_until.replace(tzinfo=UTC) - datetime.now(UTC)).days
        line += (
            f" until {unit.valid_until:%Y-%m-%d}, {count_text(days, 'day')}; serial {unit.certificates[0]['serial']}"
        )
    if unit.code_until is not None:
        line += f" a code waits until {time_text(unit.code_until)}"
    return line.rstrip()
