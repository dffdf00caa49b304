"""``alpr-edge department``: the receiving side; its units are in ``department_units``."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department import lists
from alpr_edge.cli.department import units as department_units
from alpr_edge.cli.department.units import DirectoryOption
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.service_ports import STORAGE_PORT

if TYPE_CHECKING:
    from alpr_edge.department.ingest.storage import StorageCounts

app = typer.Typer(help="The department's storage: take what units deliver, store it once.", no_args_is_help=True)
app.command("code")(department_units.code_command)
app.add_typer(department_units.app, name="unit")
app.command("audience")(lists.audience_command)


@app.command("init")
def init_command(
    directory: Annotated[Path, typer.Argument(help="The department's folder; made with mode 0700.")],
    name: Annotated[list[str], typer.Option("--name", help="A host name or address units reach this server under.")],
) -> None:
    """Make the certificate authority and the server's certificate; run again to renew the server's."""
    from alpr_edge.department.ingest.storage import Storage
    from alpr_edge.department.pki.authority import initialise
    from alpr_edge.department.pki.media_keys import make_media_key

    files = initialise(directory, name)
    make_media_key(files)
    Storage(directory).close()
    typer.echo(f"authority  {files.authority}\nserver     {files.certificate} for {', '.join(name)}")
    typer.echo("next: alpr-edge department serve --enrol-port PORT; for each unit: alpr-edge department code UNIT_ID")


@app.command("serve")
def serve_command(
    directory: DirectoryOption,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = STORAGE_PORT,
    enrol_port: Annotated[
        int | None,
        typer.Option(
            "--enrol-port", min=0, max=65535, help="Enrol units there, usually 8444. Left out: nobody is enrolled."
        ),
    ] = None,
) -> None:
    """Serve until interrupted."""
    _require_extra()
    from alpr_edge.department.http.server import DepartmentServer

    server = DepartmentServer(directory, host, port, enrol_port)
    typer.echo(f"department at https://{server.host}:{server.port}, storing in {directory}", err=True)
    if server.enrol_port is not None:
        typer.echo(f"enrolment at https://{server.host}:{server.enrol_port}", err=True)
    server.run()


@app.command("import")
def import_command(
    medium: Annotated[Path, typer.Argument(help="The folder units wrote to: one folder a unit.")],
    directory: DirectoryOption,
    accept_revoked: Annotated[
        list[str] | None,
        typer.Option("--accept-revoked", metavar="UNIT", help="Also of this unit, revoked since it wrote the medium."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Store what units sealed on portable media, and leave receipts on them; the items stay as they are.

    Each item has to be signed by a unit on record and sealed for this department. The unit takes the receipts up with
    ``alpr-edge outbox receipts``. Ends with 1 when something was refused.
    """
    from rich.console import Console
    from rich.progress import Progress

    from alpr_edge.department.ingest.media import MediumImport
    from alpr_edge.department.ingest.storage import Storage
    from alpr_edge.department.pki.authority import TlsFiles

    progress = Progress(console=Console(stderr=True), transient=True)
    storage = Storage(directory, create=False)
    try:
        with progress:
            bar = progress.add_task("items", total=None)
            importing = MediumImport(storage, TlsFiles(directory), frozenset(accept_revoked or ()))
            found = importing.take_in(medium, lambda count: progress.advance(bar, count))
    finally:
        storage.close()
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), sort_keys=True))
    else:
        typer.echo(f"{found.stored} items stored or stored before, {found.receipts} receipts left on the medium")
    for trouble in found.troubles:
        typer.echo(trouble, err=True)
    if found.troubles:
        raise typer.Exit(1)


@app.command("key")
def key_command(directory: DirectoryOption) -> None:
    """Print the public key that units seal portable media with; makes the key when there is none.

    Units get it with their certificates. One whose certificate the agency's own authority made has it copied to
    uplink.media_key_file.
    """
    from alpr_edge.department.pki.authority import TlsFiles
    from alpr_edge.department.pki.media_keys import load_media_key, make_media_key, public_pem

    if not directory.is_dir():
        raise DepartmentError(f"{directory}: no department there; run: alpr-edge department init")
    make_media_key(TlsFiles(directory))
    key = load_media_key(TlsFiles(directory))
    typer.echo(public_pem(key), nl=False)


@app.command("publish")
def publish_command(
    feed: Annotated[Path, typer.Argument(help="The feed, as the units' settings lay it out.")],
    directory: DirectoryOption,
    source: Annotated[str, typer.Option("--source", help="Name of the list, as in the units' settings.")],
    additions: Annotated[bool, typer.Option("--additions", help="Adds to the list published before.")] = False,
    removals: Annotated[bool, typer.Option("--removals", help="Takes from the list published before.")] = False,
    units: Annotated[
        list[str] | None,
        typer.Option("--for", help="A unit that the list is meant for from now on. Left out: as before; at first all."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Publish a hotlist; each unit it is meant for learns of it with its next receipt and fetches it at once."""
    from alpr_edge.department.hotlists import ListShelf
    from alpr_edge.department.ingest.storage import LISTS_NAME
    from alpr_edge.domain.protocol.items import ListChange

    if additions and removals:
        raise DepartmentError("--additions and --removals exclude each other; publish two feeds")
    change = ListChange.ADDITIONS if additions else ListChange.REMOVALS if removals else ListChange.COMPLETE
    if not directory.is_dir():
        raise DepartmentError(f"{directory}: no department there; run: alpr-edge department init")
    done = ListShelf(directory / LISTS_NAME).publish(feed, source, change, units or None)
    told = {"source": done.source, "serial": done.serial, "change": done.change.value}
    typer.echo(json.dumps(told) if as_json else f"{source}: serial {done.serial} is published ({done.change.value})")


@app.command("status")
def status_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show what is stored, in numbers."""
    from alpr_edge.department.ingest.storage import Storage

    storage = Storage(directory, create=False)
    try:
        counts = storage.counts()
    finally:
        storage.close()
    typer.echo(_json(counts) if as_json else _text(counts))


def _require_extra() -> None:
    """Raise in one line when the server's libraries are not installed."""
    missing = [name for name in ("fastapi", "python_multipart", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        raise DepartmentError(f"not installed: {', '.join(missing)}; run: pip install 'alpr-edge[department]'")


def _json(counts: StorageCounts) -> str:
    return json.dumps(dataclasses.asdict(counts), sort_keys=True, default=str)


def _text(counts: StorageCounts) -> str:
    lines = [f"{'reads':<10}{counts.reads:>9}", f"{'hits':<10}{counts.hits:>9}"]
    lines += [f"{kind + ' items':<10}{count:>9}" for kind, count in sorted(counts.items.items())]
    lines += [f"from {unit}: {count} items" for unit, count in sorted(counts.units.items())]
    lines.append(f"last received {counts.last_received or 'never'}" + (" UTC" if counts.last_received else ""))
    return "\n".join(lines)
