"""``alpr-edge department migrate`` and ``copy``: the tables of a release, and the move from SQLite to PostgreSQL."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, require_department
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import progress_bar


def migrate_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Bring the database up to date; encrypt old bodies.

    The tables change in one transaction: stop the server and back up first. On SQLite every command does so by itself;
    on PostgreSQL this one alone. With a master key the bodies that lie as they came are encrypted then, each under the
    key of its day; the department may be served meanwhile. Run again after a failure it goes on.
    """
    from alpr_edge.department.copying.body_encryption import encrypt_bodies
    from alpr_edge.department.db.database import migrate_database
    from alpr_edge.department.db.engines.choice import engine_of
    from alpr_edge.department.db.schema import VERSION
    from alpr_edge.department.ingest.storage import Storage

    backend = engine_of(require_department(directory))
    migrate_database(backend)
    Storage(directory, create=False).close()
    with progress_bar("bodies") as show:
        result = encrypt_bodies(directory, lambda done, total: show("bodies", done, total))
    if as_json:
        bodies = None if result is None else dataclasses.asdict(result)
        print_object({"database": backend.label, "version": VERSION, "bodies": bodies})
        return
    typer.echo(f"{backend.label}: version {VERSION}")
    if result is not None:
        typer.echo(f"encrypted: {count_text(result.encrypted, 'body', 'bodies')}")
    if result is not None and result.damaged:
        typer.secho(
            f"warning: {count_text(result.damaged, 'body', 'bodies')} do not fit their digests and stay as they are; "
            "see: alpr-edge department verify",
            fg=typer.colors.YELLOW,
        )


def copy_command(
    directory: DirectoryOption,
    to: Annotated[str, typer.Option("--to", help="An empty database: postgresql:///NAME?host=/run/postgresql")],
    as_json: JsonOption = False,
) -> None:
    """Move the database from this folder to PostgreSQL, compared row by row; stop the server first.

    Run again after a failure it goes on. The file stays as it is, and is not written any more; pictures and keys stay
    in the folder.
    """
    from alpr_edge.department.copying.copy import copy_database

    with progress_bar("rows") as show:
        result = copy_database(require_department(directory), to, lambda done, total: show("rows", done, total))
    if as_json:
        print_object(dataclasses.asdict(result))
        return
    typer.echo(
        f"{count_text(result.rows, 'row')} of {count_text(len(result.tables), 'table')} are in {result.database}, equal"
    )
    if result.damaged_bodies:
        typer.secho(
            f"warning: {count_text(result.damaged_bodies, 'body', 'bodies')} do not fit their digests, before the copy "
            "as after it; see: alpr-edge department verify",
            fg=typer.colors.YELLOW,
        )
    typer.echo("next: start the server; it uses that database from now on")
