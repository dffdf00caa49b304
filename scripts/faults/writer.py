"""The victim that is the writer's stage of a unit: what the store does not take goes its own ways, and is told."""

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.domain.errors import RefusedError, StoreError
from alpr_edge.domain.reads import ReadStage, ReadUpdate
from alpr_edge.runtime.channels import BoundedChannel
from alpr_edge.runtime.interrupts import stop_at
from alpr_edge.runtime.stages import BatchStage, Rescue
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import Settings
from alpr_edge.store.keys import load_key
from alpr_edge.store.recovery.refused_records import RefusedRecords
from alpr_edge.store.unit_store import UnitStore
from scripts.faults import records
from scripts.faults.notes import BatchStored, Note, RecordSetAside, VictimStopped

_RECORDS_WAITING, _RECORDS_A_COMMIT = 48, 32
_RIDES_S_MAX = 0.2
"""How long the end of a pass waits for a read: the victim lives for a second or so."""
_STOP_S_MAX = 60.0

Say = Callable[[Note], None]


def write_records(settings: Settings, store: UnitStore, run: int, random: Random, say: Say) -> None:
    """Give the writer records until SIGTERM comes; it writes all of them then.

    Raises:
        StoreError: it did not finish.
    """
    stop = stop_at(signal.SIGTERM)
    refused_records = _TellingRefusedRecords(
        settings.unit.data_directory, load_key("outbox", settings.store.keys_directory), say
    )
    observers = [lambda batch: say(_batch_note(batch))]
    recorder = Recorder(store.reads, settings.store, refused_records, observers, defer_s_max=_RIDES_S_MAX)
    channel: BoundedChannel[ReadUpdate] = BoundedChannel(_RECORDS_WAITING)
    supervisor = Supervisor()
    supervisor.add(_writer(recorder, channel))
    supervisor.start()
    read_ids: list[str] = []
    while not stop.is_set():
        updates = records.one_pass(random, run, len(read_ids))
        read_ids.append(updates[0].read.read_id)
        for update in updates:
            channel.put(update)
    supervisor.stop.set()
    channel.close()
    if not supervisor.join(_STOP_S_MAX) or supervisor.states[0].finish_failed:
        raise StoreError("the writer did not finish")
    say(VictimStopped(tuple(read_ids)))


def _writer(recorder: Recorder, channel: BoundedChannel[ReadUpdate]) -> BatchStage[ReadUpdate]:
    """The stage as a unit has it."""
    rescue = Rescue(recorder.require_room, (RefusedError,), recorder.write_alone, recorder.set_aside, (StoreError,))
    return BatchStage(
        "writer",
        channel,
        recorder.write,
        _RECORDS_A_COMMIT,
        recorder.finish,
        idle=recorder.flush_due,
        rescue=rescue,
    )


def _batch_note(batch: Sequence[ReadUpdate]) -> BatchStored:
    new_reads = [update.read.read_id for update in batch if update.stage is ReadStage.DECIDED]
    closed = [update.read.read_id for update in batch if update.stage is ReadStage.CLOSED]
    return BatchStored(tuple(new_reads), tuple(closed))


class _TellingRefusedRecords(RefusedRecords):
    """Tells what is set aside once it is."""

    def __init__(self, data_directory: Path, outbox_key: bytes, say: Say) -> None:
        super().__init__(data_directory, outbox_key)
        self._say = say

    def add(self, records: Sequence[ReadUpdate], reason: str) -> int:
        """As every folder's."""
        written = super().add(records, reason)
        if written:
            self._say(RecordSetAside(tuple(record.read.read_id for record in records[:written])))
        return written
