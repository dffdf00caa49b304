"""``alpr-edge unit handover``: shows which of this unit's reads nobody else has, before its data may be destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.access.opening import open_upkeep
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.cli.progress import progress_bar

if TYPE_CHECKING:
    from alpr_edge.services.handover import Handover

_LEFT = {
    "items_waiting": "items wait for the department",
    "items_refused": "items were refused: alpr-edge outbox quarantined",
    "items_on_media": "items are on media without a receipt: alpr-edge outbox receipts",
    "reads_unacknowledged": "reads are not completely at the department",
    "reads_held": "reads are held: alpr-edge holds list",
    "records_set_aside": "records that could not be stored are set aside: alpr-edge unit refused",
    "databases_incomplete": "damaged databases hold rows that were not recovered: alpr-edge unit salvage",
    "access_logs_damaged": "damaged access logs were set aside: deliver their folders to the department",
}


def handover_command(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Queue everything this unit read, what was set aside, and its access log; count what the department does not have.

    The unit must be stopped. scripts/decommission runs this before it destroys anything.
    """
    from alpr_edge.app.clock import open_clock
    from alpr_edge.app.instance_lock import instance_lock
    from alpr_edge.services.audit.log_queue import queue_new_checkpoint, queue_new_records
    from alpr_edge.services.handover import prepare
    from alpr_edge.settings import load
    from alpr_edge.store.access_log.checkpoints import CheckpointSigner, load_signing_key
    from alpr_edge.store.access_log.log import open_access_log
    from alpr_edge.store.unit_store import open_store

    unit = load(settings)
    with (
        instance_lock(unit.unit.data_directory),
        open_store(unit, migrate=True, replace_damaged=True) as store,
        open_access_log(unit, migrate=True) as log,
        open_upkeep(unit) as authoriser,
        progress_bar("Counting") as tick,
    ):
        handover = prepare(store, authoriser, tick)
        # The unit is stopped, so this signs in its place: the log's last records leave with the checkpoint over them.
        now, signer = open_clock(unit).now(), CheckpointSigner(log, load_signing_key(unit.store.keys_directory))
        queue_new_records(log, store.database, now)
        queue_new_checkpoint(log, signer, unit.unit.id, store.database, now)
    print_object(handover) if as_json else typer.echo("\n".join(_lines(handover)))


def _lines(handover: Handover) -> Iterator[str]:
    yield f"reads     {handover.reads}, {handover.open_reads_closed} were still open and are queued now"
    set_aside_count = handover.records_taken_in + handover.records_set_aside
    yield f"set aside {count_text(set_aside_count, 'record')}, {handover.records_taken_in} taken in now"
    yield f"damaged   {count_text(len(handover.databases), 'database')} set aside"
    yield "items     " + ", ".join(f"{count} {state}" for state, count in handover.items.items())
    if own_count := sum(handover.own_records.values()):
        yield f"of these  {count_text(own_count, 'record')} of the handover itself, which need no receipt"
    for medium in handover.media:
        yield f"medium    {medium['medium_id']}: {count_text(medium['items'], 'item')} without a receipt"
    if not handover.left:
        yield "everything was delivered"
    for name, count in handover.left.items():
        yield f"left      {count} {_LEFT[name]}"
