"""``alpr-edge audit deletions``: what retention deleted, and whether it deleted a read of an id."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, require_owner
from alpr_edge.cli.output import print_lines, print_object

if TYPE_CHECKING:
    from alpr_edge.services.audit.deletion_records import DeletionFinding, DeletionRecord


def deletions(
    read: Annotated[str, typer.Option("--id", help="Id of a read: show whether it was deleted here.")] = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Show the recorded deletion runs: number of reads, reason, and the digest of their list. No plates.

    With --id, whether a read was deleted: exit code 1 if that cannot be shown.
    """
    from alpr_edge.services.audit.deletion_records import deletion_records, find_deletion
    from alpr_edge.settings import load
    from alpr_edge.store.access_log.log import open_access_log
    from alpr_edge.store.unit_store import open_store

    unit = load(settings)
    require_owner(unit.unit.data_directory)
    with open_access_log(unit, migrate=False) as log, open_store(unit, migrate=False) as store:
        if not read:
            records = list(deletion_records(log))
            print_lines(map(asdict, records)) if as_json else _print_records(records)
            return
        finding = find_deletion(log, store.database, read)
    print_object(asdict(finding)) if as_json else _print_finding(finding)
    if not finding.records:
        raise typer.Exit(1)


def _print_records(records: list[DeletionRecord]) -> None:
    for record in records:
        typer.echo(f"record {record.sequence}, {record.happened}: {record.text}; list {record.sha256}")
    if not records:
        typer.echo("no deletion is recorded")


def _print_finding(finding: DeletionFinding) -> None:
    for record in finding.records:
        typer.echo(f"{finding.read_id}: deleted, by record {record.sequence} of {record.happened}: {record.text}")
        typer.echo(f"  prove the record to others with: alpr-edge audit prove {record.sequence}")
    for number in finding.contradicted:
        typer.secho(f"record {number} does not match its list of deleted reads", fg=typer.colors.RED)
    if finding.is_uncounted:
        typer.echo(f"{finding.read_id}: deleted, not recorded yet; the next round records it")
    if not (finding.records or finding.contradicted or finding.is_uncounted):
        typer.echo(f"{finding.read_id}: not among the reads deleted here")
