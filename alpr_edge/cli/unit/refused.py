"""``alpr-edge unit refused``: lists the records that the store refused and that lie in files of their own."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.domain.instants import rfc3339

if TYPE_CHECKING:
    from alpr_edge.store.recovery.refused_records import RefusedRecord


def refused_command(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Show the records that the store did not take, and why; no plates. Each start of the unit tries them again."""
    from alpr_edge.settings import load
    from alpr_edge.store.keys import load_key
    from alpr_edge.store.recovery.refused_records import RefusedRecords

    chosen = load(settings)
    key = load_key("outbox", chosen.store.keys_directory)
    found = RefusedRecords(chosen.unit.data_directory, key).listed()
    if as_json:
        for record in found:
            typer.echo(json.dumps(dataclasses.asdict(record) | {"since": rfc3339(record.since)}, sort_keys=True))
        return
    typer.echo("\n".join(_lines(found)))


def _lines(found: list[RefusedRecord]) -> list[str]:
    if not found:
        return ["no record was set aside"]
    lines = [
        f"{record.name}  {rfc3339(record.since)}  {record.size_bytes} bytes  "
        f"{f'{record.what} of {record.read_id}' if record.read_id else 'cannot be read'}: {record.reason}"
        for record in found
    ]
    return [*lines, f"{len(found)} records; restart alpr-edge run to try them again once the cause is mended"]
