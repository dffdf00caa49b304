"""``alpr-edge department images``: where images lie, how they are moved and encrypted, and put back from backups."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage, require_department
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import progress_bar

app = typer.Typer(help="Where images lie: check, move, encrypt and restore them. Shows none.", no_args_is_help=True)


@app.command("check")
def check_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Write, read and remove an object where images lie."""
    from alpr_edge.department.images.choice import image_objects
    from alpr_edge.department.images.probe import check_objects

    with open_storage(directory):
        objects = image_objects(directory)
        check_objects(objects)
    print_object({"ok": True, "images": objects.label}) if as_json else typer.echo(
        f"{objects.label}: takes, gives and removes objects"
    )


@app.command("move")
def move_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Move images from the folder to the bucket of [images]. Each is read back first.

    The department may be served meanwhile, by a server that was started with the bucket in its settings. Run again
    after a failure it goes on.
    """
    from alpr_edge.department.copying.image_move import move_images

    with progress_bar("images moved") as show:
        result = move_images(require_department(directory), lambda done: show("images moved", done, None))
    print_object(dataclasses.asdict(result)) if as_json else typer.echo(
        f"moved: {count_text(result.moved, 'image')}; the folder is empty, all are in {result.place}"
    )


@app.command("encrypt")
def encrypt_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Encrypt images that came before there was a key. Each under the key of its day.

    The department may be served meanwhile. Run again after a failure it goes on. Ends with 1 when an image is damaged
    or missing.
    """
    from alpr_edge.department.copying.image_encryption import encrypt_images

    with progress_bar("images") as show:
        result = encrypt_images(require_department(directory), lambda done, total: show("images", done, total))
    print_object(dataclasses.asdict(result)) if as_json else typer.echo(
        f"encrypted: {count_text(result.encrypted, 'image')}; {result.before:,} were before, "
        f"{result.damaged:,} are damaged or missing"
    )
    if result.damaged:
        raise typer.Exit(1)


@app.command("restore")
def restore_command(
    directory: DirectoryOption,
    backups: Annotated[
        Path | None,
        typer.Argument(
            metavar="TARGET", help="The folder of the backups; default: [backup] target of department.toml."
        ),
    ] = None,
    accepted: Annotated[
        str | None,
        typer.Option("--accept-loss", metavar="TEXT", help="Report the lost ones no longer; why they are lost."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put damaged and missing images back. Each from the newest backup that has it whole.

    All images are checked. The department may be served meanwhile. Ends with 1 when no backup has one of them, unless
    --accept-loss says why.
    """
    from alpr_edge.cli.caller import caller
    from alpr_edge.cli.department.backups import backup_target
    from alpr_edge.department.backups.picture_restore import restore_pictures
    from alpr_edge.department.integrity_record import accept_loss, accepted_images
    from alpr_edge.department.settings import load_department_file

    target = backup_target(backups, load_department_file(require_department(directory)).backup.target)
    with progress_bar("images") as show:
        result = restore_pictures(directory, target, show)
    if accepted is not None:
        accept_loss(directory, f"login:{caller()}", accepted)
    unaccepted = result.lost - len(accepted_images(directory))
    print_object(dataclasses.asdict(result) | {"accepted": result.lost - unaccepted}) if as_json else typer.echo(
        f"checked: {count_text(result.checked, 'image')}; {result.restored:,} restored, {result.lost:,} in no backup"
    )
    if unaccepted > 0:
        raise typer.Exit(1)
