"""``alpr-edge unit refused``: lists the records that the store refused and that lie in files of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import count_text, print_lines, print_table, time_text

if TYPE_CHECKING:
    from alpr_edge.store.recovery.refused_records import RefusedRecord


def refused_command(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """List the records that the store did not take, and why. No plates; each start of the unit tries them again."""
    from alpr_edge.settings import load
    from alpr_edge.store.keys import load_key
    from alpr_edge.store.recovery.refused_records import RefusedRecords

    unit = load(settings)
    refused_records = RefusedRecords(unit.unit.data_directory, load_key("outbox", unit.store.keys_directory))
    records = refused_records.list_records()
    if as_json:
        print_lines(records)
    elif records:
        print_table(("record", "since", "bytes", "what", "why"), [_row(record) for record in records])
        count = count_text(len(records), "record")
        typer.echo(f"{count}; restart alpr-edge run to try them again once the cause is fixed")
    else:
        typer.echo("no record was set aside")


def _row(record: RefusedRecord) -> tuple[str, ...]:
    what = f"{record.what} of {record.read_id}" if record.read_id else "cannot be read"
    return record.name, time_text(record.since), str(record.size_bytes), what, record.reason
