"""``alpr-edge reads``: what the unit has read lately, for its owner alone until accounts exist (policy 462.6(a))."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from alpr_edge.app.drive_files import read_line
from alpr_edge.app.store_room import open_store
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, fail, require_owner
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.domain.hits import Hit
from alpr_edge.settings import load
from alpr_edge.store.queries import StoredRead


def reads(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many, the newest first.")] = 20,
    hits: Annotated[bool, typer.Option("--hits", help="Only reads that are on a hotlist.")] = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Show the newest reads the unit holds."""
    try:
        chosen = load(settings)
        require_owner(chosen.unit.data_directory)
        with open_store(chosen, migrate=False) as store:
            found = store.reads.recent(limit, hits_only=hits)
    except AlprEdgeError as error:
        fail(error)
    if as_json:
        for stored in found:
            typer.echo(json.dumps(_json(stored)))
    else:
        Console().print(_table(found))


def _json(stored: StoredRead) -> dict[str, object]:
    reasons = [str(hit.entry.reason) for hit in _open_hits(stored)]
    return read_line(stored.read) | {"vote_count": stored.read.vote_count, "closed": stored.closed, "hits": reasons}


def _open_hits(stored: StoredRead) -> list[Hit]:
    """Covert hits are the department's to know."""
    return [hit for hit in stored.hits if not hit.entry.covert]


def _table(found: list[StoredRead]) -> Table:
    table = Table("seen", "plate", "sure", "frames", "camera", "place", "hit")
    for stored in found:
        read, line = stored.read, read_line(stored.read)
        place = line["position"]
        table.add_row(
            line["last_seen"] or "unknown",
            read.plate,
            f"{read.confidence:.0%}",
            str(read.vote_count),
            read.camera_id,
            f"{place['lat_deg']:.5f} {place['lon_deg']:.5f}" if place else "",
            ", ".join(hit.entry.reason.replace("_", " ") for hit in _open_hits(stored)),
        )
    return table
