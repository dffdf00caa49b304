"""``alpr-edge reads``: what the unit has read lately, for its owner alone until accounts exist (policy 462.6(a))."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from alpr_edge.app.replay.output import read_line
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, require_owner
from alpr_edge.domain.access import MAINTENANCE
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.timeline import Basis, Placement
from alpr_edge.services.reads import ShownRead, recent_reads
from alpr_edge.settings import load
from alpr_edge.store.unit_store import open_store

_SEEN = {
    Basis.OWN: "{utc}",
    Basis.PLACED: "{utc} (placed later)",
    Basis.SINGLE: "not sure: {utc}",
    Basis.CLOCK: "not sure: {utc}",
    Basis.DISPUTED: "not sure: its clocks contradict each other",
    Basis.NONE: "unknown",
}


def reads(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many, the newest first.")] = 20,
    hits: Annotated[bool, typer.Option("--hits", help="Only reads that are on a hotlist.")] = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Show the newest reads the unit holds; "placed later" is the time of one whose clock was not set yet."""
    chosen = load(settings)
    actor = require_owner(chosen.unit.data_directory)
    with open_store(chosen, migrate=False) as store:
        shown = recent_reads(store, actor, MAINTENANCE, limit, hits_only=hits)
    if as_json:
        for one in shown:
            typer.echo(json.dumps(_json(one)))
    else:
        Console().print(_table(shown))


def _json(shown: ShownRead) -> dict[str, object]:
    """The read as it was stamped, and where its boot's pairs place it."""
    return read_line(shown.read) | {
        "utc_source": shown.read.last_seen.utc_source,
        "placed": {"first_seen": _placed(shown.first_seen), "last_seen": _placed(shown.last_seen)},
        "vote_count": shown.read.vote_count,
        "closed": shown.closed,
        "missing_evidence": shown.missing_evidence,
        "hits": [str(hit.entry.reason) for hit in shown.hits],
    }


def _placed(placement: Placement) -> dict[str, object]:
    return {
        "utc": None if placement.utc is None else rfc3339(placement.utc),
        "uncertainty_ms": None if placement.uncertainty_ms is None else round(placement.uncertainty_ms, 1),
        "basis": placement.basis,
        "sure": placement.sure,
    }


def _seen(placement: Placement) -> str:
    return _SEEN[placement.basis].format(utc="" if placement.utc is None else rfc3339(placement.utc))


def _table(found: list[ShownRead]) -> Table:
    table = Table("seen", "plate", "sure", "frames", "camera", "place", "hit")
    for shown in found:
        read, line = shown.read, read_line(shown.read)
        place = line["position"]
        table.add_row(
            _seen(shown.last_seen),
            read.plate,
            f"{read.confidence:.0%}",
            str(read.vote_count),
            read.camera_id,
            f"{place['lat_deg']:.5f} {place['lon_deg']:.5f}" if place else "",
            ", ".join(hit.entry.reason.replace("_", " ") for hit in shown.hits),
        )
    return table
