"""Faults of a whole unit, observed from outside: by its health and by the reads that it stores."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

from alpr_edge.runtime.health import Health, read_health
from alpr_edge.settings import Settings
from scripts.faults.faults import InjectedFault
from scripts.faults.ledger import CampaignTally
from scripts.faults.notes import BatchStored, Note, StampedNote, ThreadKilled, ThreadsKilled, VictimFailed
from scripts.faults.receiver import Receiver, Talk

AHEAD = timedelta(days=2_000)
"""How far a receiver jumps: past every limit of retention, yet a date that a receiver may tell."""
PATIENCE_S = 240.0
"""For what has to come: a unit's start, a date that is refused, a thread that comes back."""
LOOK_S = 0.05
FRAMES_ON = 20
"""Frames that a unit recognises after a fault, to have gone on."""
FUTURE_SINCE = f"{datetime.now(UTC) + AHEAD / 2:%Y}"
TRUSTED = ("gnss", "ntp")
READS_ON = 2
"""Reads that it stores."""
MEMORY_GROWTH_MAX = 96 << 20
"""Bytes that a unit may take more for a receiver that floods it."""


class UnitWatch:
    """A whole unit that runs.

    Args:
        process: its process.
        settings: its settings.
        pipe: the pipe that its notes come by.
        tally: the tally that findings are added to.
    """

    def __init__(self, process: BaseProcess, settings: Settings, pipe: Connection, tally: CampaignTally) -> None:
        self._process = process
        self._settings = settings
        self._pipe = pipe
        self._tally = tally
        self.notes: list[Note] = []

    def endure(self, fault: InjectedFault, receiver: Receiver, random: Random) -> None:
        """Bring the fault on once it watches, and see that it goes on watching."""
        if not self._until(lambda health: health.ready, "it did not get ready"):
            return
        if fault is InjectedFault.THREADS:
            self._threads()
        elif fault is InjectedFault.FLOOD:
            self._flood(receiver, random)
        else:
            self._future(receiver, random)
        self._goes_on(fault)
        deletions = self._health.figures.get("reads_deleted", {})
        self._tally.losses += [f"{sum(deletions.values())} reads were deleted: {fault}"] * bool(deletions)

    def _threads(self) -> None:
        self._until(lambda _: any(isinstance(note, ThreadsKilled) for note in self.notes), "not each thread came back")
        self._tally.threads_killed += sum(isinstance(note, ThreadKilled) for note in self.notes)

    def _flood(self, receiver: Receiver, random: Random) -> None:
        self._until(lambda health: health.figures["has_fix"], "it has no position")
        before = _memory_bytes(self._process)
        receiver.talk = random.choice((Talk.FLOOD, Talk.NOISE))
        self._goes_on(InjectedFault.FLOOD)
        if receiver.talk is Talk.FLOOD:
            self._until(lambda told: told.figures["has_fix"], "it has no position under the flood")
        growth = _memory_bytes(self._process) - before
        self._tally.blind += [f"the unit took {growth >> 20} MiB for the flood"] * (growth > MEMORY_GROWTH_MAX)

    def _future(self, receiver: Receiver, random: Random) -> None:
        """A jump ahead while the date was known, or a false date from the start; nothing may be deleted by either."""
        if random.random() < 0.5:
            self._until(lambda health: health.figures["utc_source"] in TRUSTED, "it does not take the receiver's time")
        receiver.ahead = AHEAD
        self._until(_rests, "it does not refuse a date of the future")

    def _goes_on(self, fault: InjectedFault) -> None:
        """Frames are recognised and reads stored, both anew."""
        frames, read_count = self._health.figures.get("frames", 0), self._read_count()
        self._until(
            lambda health: (
                health.figures["frames"] >= frames + FRAMES_ON and self._read_count() >= read_count + READS_ON
            ),
            f"it did not watch on: {fault}",
        )

    def _read_count(self) -> int:
        return sum(isinstance(note, BatchStored) for note in self.notes)

    @property
    def _health(self) -> Health:
        health = read_health(self._settings.unit.runtime_directory, "run")
        return health or Health("run", ready=False, troubles=())

    def _until(self, holds: Callable[[Health], bool], otherwise: str) -> bool:
        """Listen until its health is so; False, and a finding, when that does not come or the unit ended."""
        end = time.monotonic() + PATIENCE_S
        while True:
            self.notes += (new := list(_waiting(self._pipe)))
            health = self._health
            if health.ready and holds(health):
                return True
            failures = [note.reason for note in new if isinstance(note, VictimFailed)]
            if not (failures or self._process.is_alive()):
                failures = [f"its process ended, exit code {self._process.exitcode}"]
            if failures or time.monotonic() > end:
                self._tally.blind.append(
                    f"the unit: {failures[0] if failures else otherwise}; it told {health.troubles}"
                )
                return False
            time.sleep(LOOK_S)


def _rests(health: Health) -> bool:
    """Whether a receiver's false date is refused, or is believed and deletes nothing."""
    is_believed = health.figures["utc_source"] == "gnss" and health.figures["now"]["utc"] > FUTURE_SINCE
    return bool(health.figures["receiver_date"] or (is_believed and health.figures.get("deletion_by_age_rests")))


def _waiting(pipe: Connection) -> Iterator[Note]:
    """What was said and not heard yet."""
    try:
        while pipe.poll(0.0):
            message: StampedNote = pipe.recv()
            yield message.note
    except (EOFError, OSError):
        return


def _memory_bytes(process: BaseProcess) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024
