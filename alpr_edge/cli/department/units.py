"""``alpr-edge department code`` and ``alpr-edge department unit``: the units that may connect to this department."""

from __future__ import annotations

import dataclasses
import json
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.service_ports import ENROL_PORT, STORAGE_PORT

if TYPE_CHECKING:
    from cryptography import x509

    from alpr_edge.department.pki.authority import TlsFiles
    from alpr_edge.department.pki.units import UnitRecord

DirectoryOption = Annotated[Path, typer.Option("--directory", help="The department's folder.")]
UnitArgument = Annotated[str, typer.Argument(help="The unit's id, as in its settings.")]
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
        str, typer.Option("--address", help="Where units reach it. Left out: this server's first name, port 8443.")
    ] = "",
    enrol_port: Annotated[
        int, typer.Option("--enrol-port", min=1, max=65535, help="Where this department enrols.")
    ] = ENROL_PORT,
    as_json: JsonOption = False,
) -> None:
    """Make a one-time code with which a unit gets its certificate. It is shown once; a newer one takes its place."""
    from alpr_edge.department.ingest.storage import Storage
    from alpr_edge.department.pki.authority import Authority, TlsFiles

    files = TlsFiles(directory)
    url = address or _address(files)
    storage = Storage(directory, create=False)
    try:
        made = storage.units.invite(unit, timedelta(hours=valid_hours))
    finally:
        storage.close()
    fingerprint = Authority.load(files).fingerprint
    words = ["--department", url, "--code", made.code, "--ca-fingerprint", fingerprint]
    port = [] if enrol_port == ENROL_PORT else ["--enrol-port", str(enrol_port)]
    line = shlex.join(["alpr-edge", "unit", "enrol", *words, *port])
    until = rfc3339(made.expires_at.replace(tzinfo=UTC))
    told = {"unit": unit, "code": made.code, "expires": until, "ca_fingerprint": fingerprint, "command": line}
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(f"code of {unit}      {made.code}\nuntil             {until}\nauthority SHA-256 {fingerprint}\n")
    typer.echo(f"on the unit, while this department serves with --enrol-port {enrol_port}:\n  {line}")


@app.command("list")
def list_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show every unit that ever was invited or had a certificate."""
    from alpr_edge.department.ingest.storage import Storage

    storage = Storage(directory, create=False)
    try:
        units = storage.units.listed()
    finally:
        storage.close()
    if as_json:
        typer.echo(json.dumps([_told(unit) for unit in units], sort_keys=True))
        return
    for unit in units:
        typer.echo(_line(unit))
    if not units:
        typer.echo("no units; make a code with: alpr-edge department code UNIT_ID")


@app.command("revoke")
def revoke_command(
    unit: UnitArgument,
    directory: DirectoryOption,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    as_json: JsonOption = False,
) -> None:
    """End a unit's certificates and its code, from its next request on; the record of them stays."""
    from alpr_edge.department.ingest.storage import Storage

    storage = Storage(directory, create=False)
    try:
        revoked = storage.units.revoke(unit, reason)
    finally:
        storage.close()
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(revoked)))
    elif revoked.certificates or revoked.codes:
        typer.echo(f"{unit}: revoked, certificates {revoked.certificates}, codes {revoked.codes}")
    else:
        typer.echo(f"{unit}: nothing was left to revoke")


@app.command("add")
def add_command(
    certificate: Annotated[Path, typer.Argument(help="The unit's certificate (PEM); its key stays where it is.")],
    directory: DirectoryOption,
) -> None:
    """Let in a unit whose certificate the agency's own authority made, the one in ca.pem."""
    from alpr_edge.department.ingest.storage import Storage

    storage = Storage(directory, create=False)
    try:
        unit = storage.units.add(_read(certificate))
    finally:
        storage.close()
    typer.echo(f"{unit}: may speak with this department")


def _address(files: TlsFiles) -> str:
    from alpr_edge.department.pki.authority import server_names

    name = server_names(files)[0]
    return f"https://{f'[{name}]' if ':' in name else name}:{STORAGE_PORT}"


def _read(path: Path) -> x509.Certificate:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise DepartmentError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise DepartmentError(f"{path}: not a certificate in PEM form") from None


def _told(unit: UnitRecord) -> dict[str, Any]:
    certificates = [{name: _plain(row[name]) for name in _SHOWN} for row in unit.certificates]
    return {name: _plain(value) for name, value in dataclasses.asdict(unit).items()} | {"certificates": certificates}


def _line(unit: UnitRecord) -> str:
    line = f"{unit.unit_id:<20} {unit.state:<12}"
    if unit.valid_until is not None:
        days = (unit.valid_until.replace(tzinfo=UTC) - datetime.now(UTC)).days
        line += f" until {unit.valid_until:%Y-%m-%d}, {days} days; serial {unit.certificates[0]['serial']}"
    if unit.code_until is not None:
        line += f" a code waits until {_plain(unit.code_until)}"
    return line.rstrip()


def _plain(value: object) -> object:
    return rfc3339(value.replace(tzinfo=UTC)) if isinstance(value, datetime) else value
