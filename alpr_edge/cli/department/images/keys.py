"""``alpr-edge department keys``: the master key of images and bodies, and the keys of a day that it wraps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage, require_department
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table, utc_text

if TYPE_CHECKING:
    from alpr_edge.department.db.day_keys.day_keys import CountedKey

app = typer.Typer(help="The keys under which images and bodies are encrypted. Shows no key.", no_args_is_help=True)


@app.command("make")
def make_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet, outside the folder.")],
    directory: DirectoryOption,
    as_json: JsonOption = False,
) -> None:
    """Make a new master key in a file. Keep a copy of it off this server: without it no image and no body opens."""
    from alpr_edge.department.db.day_keys.master_keys import make_master_key

    key = make_master_key(file, require_department(directory))
    if as_json:
        print_object({"file": str(file.absolute()), "master_key": key.master_id})
    else:
        typer.echo(
            f"{file}: master key {key.master_id}\nnext: copy it off this server, then name it in department.toml:"
        )
        typer.echo(f'  [images]\n  key = "{file.absolute()}"')


@app.command("list")
def list_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """List the keys of days, and when each was destroyed."""
    with open_storage(directory) as storage:
        records = storage.image_keys()
    if as_json:
        print_lines(records)
    elif records:
        heads = ("key", "images", "bodies", "made", "destroyed", "master key")
        print_table(heads, [_row(each) for each in records])
    else:
        typer.echo("no key was needed yet")


@app.command("rotate")
def rotate_command(
    directory: DirectoryOption,
    to: Annotated[Path, typer.Option("--to", help="The file of the new master key, of: keys make FILE")],
    as_json: JsonOption = False,
) -> None:
    """Wrap every key by a new master key. Images and bodies stay as they are.

    Where images.key names a file, it names the new one then, and a server that runs goes on with it. Run again after a
    failure it goes on. Destroy the old key once every backup of the database that it opens has expired.
    """
    from alpr_edge.department.images.key_rotation import rotate_master_key

    result = rotate_master_key(require_department(directory), to.absolute())
    if as_json:
        print_object({"wrapped": result.wrapped, "master_key": result.master_id, "next": result.next_step})
        return
    typer.echo(f"wrapped: {count_text(result.wrapped, 'key')} by master key {result.master_id}")
    if result.next_step:
        typer.echo(f"next: {result.next_step}")


def _row(record: CountedKey) -> tuple[str, ...]:
    made, destroyed = (utc_text(moment) or "" for moment in (record.made_at, record.destroyed_at))
    return record.key_id, f"{record.images:,}", f"{record.bodies:,}", made, destroyed, record.master_id
