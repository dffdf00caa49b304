"""``alpr-edge department init`` and ``renew``: the authority, and the certificate of the server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, require_department
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from alpr_edge.department.pki.server_certificate import ServerCertificate


def init_command(
    name: Annotated[list[str], typer.Option("--name", help="A host name or address units reach this server under.")],
    place: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The department's folder, in place of --directory.")
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory", envvar="ALPR_EDGE_DEPARTMENT", help="The department's folder; made with mode 0700."
        ),
    ] = None,
    database: Annotated[
        str,
        typer.Option("--database", help="An empty PostgreSQL database in place of SQLite: postgresql:///NAME?host=DIR"),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a department: its folder, certificate authority, server certificate and database.

    Run again it keeps the authority and makes a new server certificate, for the names that it had and those given.
    """
    folder = place or directory
    if folder is None:
        raise DepartmentError("say where: --directory DIR")
    certificate = _initialise(folder, name, database)
    if as_json:
        print_object(_content(certificate))
        return
    files, names = certificate.files, ", ".join(certificate.names)
    typer.echo(f"authority  {files.authority}\nserver     {files.certificate} for {names}")
    typer.echo(
        f"next: alpr-edge department serve --directory {folder} --enroll-port PORT; "
        f"for each unit: alpr-edge department code UNIT_ID --directory {folder}"
    )


def _initialise(folder: Path, names: list[str], database: str) -> ServerCertificate:
    """Make what is missing of a department; returns its server's new certificate."""
    from alpr_edge.department.db.setup import set_up_postgresql
    from alpr_edge.department.ingest.storage import Storage
    from alpr_edge.department.pki.authority import initialise
    from alpr_edge.department.pki.media_keys import make_media_key
    from alpr_edge.department.pki.roster_key import load_roster_signer
    from alpr_edge.department.pki.server_certificate import ServerCertificate

    if database:
        set_up_postgresql(folder, database)
    files = initialise(folder, list(dict.fromkeys([*_present_names(folder), *names])))
    make_media_key(files)
    load_roster_signer(folder)
    Storage(folder).close()
    return ServerCertificate.load(files)


def renew_command(
    directory: DirectoryOption,
    name: Annotated[list[str] | None, typer.Option("--name", help="A name or address to add.")] = None,
    remove_name: Annotated[list[str] | None, typer.Option("--remove-name", help="A name to leave out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new server certificate for the names of the present one; a server that runs takes it up by itself."""
    from alpr_edge.department.pki.authority import TlsFiles
    from alpr_edge.department.pki.roster_key import load_roster_signer
    from alpr_edge.department.pki.server_certificate import renew_server_certificate
    from alpr_edge.department.serving import is_served

    load_roster_signer(require_department(directory))  # a department of an earlier release has none yet
    certificate = renew_server_certificate(TlsFiles(directory), name or (), remove_name or ())
    if as_json:
        print_object(_content(certificate))
        return
    typer.echo(f"server certificate for {', '.join(certificate.names)}, until {certificate.valid_until:%Y-%m-%d}")
    if is_served(directory):
        typer.echo("the server that runs uses it for new connections within half a minute")


def _present_names(folder: Path) -> tuple[str, ...]:
    """The names that the present certificate is for; none where there is none."""
    from alpr_edge.department.pki.authority import TlsFiles
    from alpr_edge.department.pki.server_certificate import ServerCertificate

    try:
        return ServerCertificate.load(TlsFiles(folder)).names
    except DepartmentError:
        return ()


def _content(certificate: ServerCertificate) -> dict[str, object]:
    from alpr_edge.department.pki.server_certificate import utc_now

    return {
        "directory": certificate.files.directory,
        "names": list(certificate.names),
        "certificate_until": certificate.valid_until,
        "certificate_days_left": certificate.days_left(utc_now()),
        "authority_until": certificate.authority_until,
    }
