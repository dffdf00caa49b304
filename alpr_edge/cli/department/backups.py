"""``alpr-edge department backup``, ``restore`` and ``drill``: copies of all, and proof that they work."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, require_department
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from alpr_edge.department.backups.backup import BackupResult
    from alpr_edge.department.backups.drill import DrillReport
    from alpr_edge.domain.log_proofs.notes import NoteKey

_TARGET_HELP = "The folder of the backups, on another disk; default: [backup] target of department.toml."
_KEY_HELP = "The department's public key, as alpr-edge department status --json shows it (witness_key)."


def backup_command(
    directory: DirectoryOption,
    target: Annotated[Path | None, typer.Argument(metavar="TARGET", help=_TARGET_HELP)] = None,
    keys_to: Annotated[
        Path | None, typer.Option("--keys-to", help="Copy the keys there, apart from the backups.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Of PostgreSQL: copy all, not only what changed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Back up database, pictures and lists while it serves.

    Keys are not in a backup, since they open what is sealed in it: keep a copy of them elsewhere. A backup counts once
    it was read back and signed; then those older than [backup] keep_days are removed (policy 462.5).
    """
    from alpr_edge.department.backups.backup import BackupRequest, back_up
    from alpr_edge.department.settings import load_department_file

    settings = load_department_file(require_department(directory)).backup
    keys = keys_to or (Path(settings.keys) if settings.keys else None)
    request = BackupRequest(backup_target(target, settings.target), keys, full)
    with progress_bar("backup") as show:
        result = back_up(directory, request, show)
    if as_json:
        print_object(_backup_content(result, are_keys_copied=keys is not None))
        return
    typer.echo(_backup_text(result))
    for line in (*result.warnings, *_key_lines(result, keys)):
        typer.secho(f"warning: {line}", fg=typer.colors.YELLOW)


def restore_command(
    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder of the backup.")],
    to: Annotated[Path, typer.Argument(metavar="TO", help="The department's new folder: empty, or not there.")],
    cluster: Annotated[
        Path | None, typer.Option("--cluster", help="Of PostgreSQL: its new data folder, likewise.")
    ] = None,
    keys: Annotated[Path | None, typer.Option("--keys", help="The folder of the keys' copies; they go in too.")] = None,
    key: Annotated[str, typer.Option("--key", help=_KEY_HELP)] = "",
    as_json: JsonOption = False,
) -> None:
    """Restore a backup into an empty folder.

    Every file is compared with what the department signed before anything is written.
    """
    from alpr_edge.department.backups.restore import RestorePlace, SignedBackup, restore

    place = RestorePlace(to, cluster, keys)
    with progress_bar("restore") as show:
        signed = SignedBackup(backup.absolute(), _public_key(backup, keys, key))
        restore(signed, place, show)
    manifest = signed.manifest
    missing = [] if keys is not None else sorted(manifest.keys)
    steps = _next_steps(place.directory, cluster, missing, has_bucket=_names_bucket(place.directory))
    if as_json:
        about = {"directory": to, "cluster": cluster, "backup": backup, "begun": manifest.begun}
        print_object(about | {"files": manifest.files.count, "keys_missing": missing, "next": steps})
        return
    typer.echo(f"restored as of {manifest.begun}: {count_text(manifest.files.count, 'file')}, all as signed")
    for number, step in enumerate(steps, 1):
        typer.echo(f"{number}. {step}")


def drill_command(
    directory: DirectoryOption,
    backup: Annotated[
        Path | None, typer.Argument(metavar="BACKUP", help="The folder of a backup; default: the newest.")
    ] = None,
    beside: Annotated[
        Path | None, typer.Option("--beside", help="Restore in this folder; default: beside the backups.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Try a backup out: restore it beside and compare it.

    Ends with 1 when anything is not as it was signed. What was restored is removed again.
    """
    from alpr_edge.department.backups.drill import drill
    from alpr_edge.department.backups.target import BackupTarget
    from alpr_edge.department.settings import load_department_file

    if backup is None:
        target = load_department_file(require_department(directory)).backup.target
        backup = BackupTarget(backup_target(None, target)).newest()
    with progress_bar("drill") as show:
        report = drill(directory, backup, beside, show)
    if as_json:
        print_object(dataclasses.asdict(report) | {"ok": report.is_good})
    else:
        typer.echo(_drill_text(report))
        for fault in report.faults:
            typer.echo(fault, err=True)
        for line in report.warnings:
            typer.secho(f"warning: {line}", fg=typer.colors.YELLOW)
    if not report.is_good:
        raise typer.Exit(1)


def backup_target(given: Path | None, settings: str) -> Path:
    """Return the folder of the backups that was given, or that the settings name."""
    if given is None and not settings:
        raise DepartmentError("say where the backups are: TARGET, or [backup] target in department.toml")
    return given or Path(settings)


def _public_key(backup: Path, keys: Path | None, text: str) -> NoteKey:
    """The key that the backup has to be signed by."""
    from alpr_edge.department.backups.manifest import peek_manifest
    from alpr_edge.department.backups.target import NO_BACKUP
    from alpr_edge.department.unit_logs.witness import FILE_NAME, Witness
    from alpr_edge.domain.log_proofs.notes import NoteKey

    if text:
        return NoteKey.parse(text)
    if keys is not None and (keys / FILE_NAME).exists():
        return Witness(keys).key
    manifest = peek_manifest(backup)
    if manifest is None:
        raise DepartmentError(f"{backup}: {NO_BACKUP}")
    raise DepartmentError(
        "say who signed it: --keys FOLDER with the copies of the keys, or --key KEY with the department's public key; "
        f"it says of itself {manifest.witness_key}: compare that with the one you keep"
    )


def _backup_content(result: BackupResult, *, are_keys_copied: bool) -> dict[str, Any]:
    manifest = result.manifest
    return {
        "backup": result.path,
        "kind": manifest.database.kind,
        "engine": manifest.database.engine,
        "begun": manifest.begun,
        "ended": manifest.ended,
        "files": manifest.files.count,
        "bytes": manifest.files.bytes,
        "rows": sum(table.rows_min for table in manifest.database.tables),
        "pictures": manifest.pictures.model_dump(),
        "removed": list(result.removed),
        "keys": sorted(manifest.keys),
        "keys_copied": are_keys_copied,
        "left_out": list(manifest.left_out),
        "warnings": list(result.warnings),
    }


def _backup_text(result: BackupResult) -> str:
    manifest, pictures = result.manifest, result.manifest.pictures
    rows = sum(table.rows_min for table in manifest.database.tables)
    removed = f"\nremoved: {', '.join(result.removed)}" if result.removed else ""
    return (
        f"{result.path}: {manifest.database.kind}, {count_text(rows, 'row')}, "
        f"{count_text(pictures.count, 'picture')} ({pictures.linked:,} of them shared with the backup before), "
        f"{manifest.files.bytes / 1e6:,.1f} MB, read back and signed{removed}"
    )


def _key_lines(result: BackupResult, keys: Path | None) -> list[str]:
    names = [] if keys is not None else sorted(result.manifest.keys)
    names += result.manifest.left_out
    where = "keep a copy elsewhere, as nothing that they seal opens without them"
    return [f"not in the backup: {', '.join(names)}; {where}"] if names else []


def _names_bucket(directory: Path) -> bool:
    """Whether the restored settings name a bucket, into which the pictures of the backup belong."""
    from alpr_edge.department.settings import load_department_file

    return bool(load_department_file(directory).images.url)


def _next_steps(directory: Path, cluster: Path | None, missing: list[str], *, has_bucket: bool) -> list[str]:
    steps = [f"put {', '.join(missing)} into {directory}, mode 0600"] if missing else []
    if cluster is not None:
        guide = "config/department-install.md"
        steps.append(f"start PostgreSQL over {cluster}, with its settings and pg_hba.conf ({guide})")
    if has_bucket:
        steps.append(
            f"alpr-edge department images move --directory {directory}, into the bucket that its settings name"
        )
    return [
        *steps,
        f"alpr-edge department verify --directory {directory}",
        "alpr-edge department renew, if the certificate has ended; then start the service",
        "do again what was done since: units enrolled and revoked, people suspended; then publish the roster",
        *_hold_steps(directory),
    ]


def _hold_steps(directory: Path) -> list[str]:
    """What is to do about the holds that were placed since the backup."""
    look = "look for them in each car (alpr-edge holds list), in the folder from before and among the orders on file"
    place, purge = (f"alpr-edge department {name} --directory {directory}" for name in ("holds place", "purge"))
    return [
        f"holds placed since are missing: {look}; place them again, signed in: {place}",
        f"then {purge} --holds-checked TEXT: until then nothing is deleted, and cars keep what they hold",
    ]


def _drill_text(report: DrillReport) -> str:
    if not report.is_good:
        return f"drill of {report.backup}: FAILED, {count_text(len(report.faults), 'fault')}"
    written = (
        f", {count_text(report.tables_written, 'table')} of them written meanwhile" if report.tables_written else ""
    )
    return (
        f"drill of {report.backup}: good; {count_text(report.files, 'file')}, {count_text(report.rows, 'row')} of "
        f"{count_text(report.tables, 'table')}{written}, {count_text(report.logs, 'log')}, "
        f"{count_text(report.pictures, 'picture')} as signed, in {report.seconds:,.0f} s"
    )
