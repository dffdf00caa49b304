"""Run faults at random moments, check the disk after each, and in the end send everything to the department."""

import math
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

from alpr_edge.domain.protocol.items import ItemKind
from alpr_edge.store.keys import load_key
from scripts.faults.access.check import check_access_log
from scripts.faults.check import DiskCheck
from scripts.faults.damage import damage
from scripts.faults.disk import Disk
from scripts.faults.faults import InjectedFault
from scripts.faults.folders import mend, spoil
from scripts.faults.ledger import CampaignTally, Ledger
from scripts.faults.notes import BatchStored, Note, RecordSetAside, VictimFailed
from scripts.faults.pipe import ANY_MOMENT_S, STOP_S_MAX, heard_for, heard_to_the_end, next_said, rest
from scripts.faults.plan import Trial
from scripts.faults.receiver import Receiver
from scripts.faults.refusal import RefusalKind, refusing_department
from scripts.faults.rig import Rig
from scripts.faults.trials import UnitWatch
from scripts.faults.victims import Activity, Task, work

DISK_FULL_SHARE = 0.5
"""A disk is sent to the department and made anew when it is fuller than this."""
NEAR_S = 0.03
NOTES_WAITED_MAX = 12
NOTE_S_MAX = 60.0
FULL_S = 0.15
"""How long a victim runs on a full disk before it is killed."""
UNWRITABLE_S = 0.2, 1.0
"""How long the writer runs beside folders that it cannot write."""
GOES_ON_S_MAX = 60.0
REFUSED_KINDS = (ItemKind.READ, ItemKind.HIT, ItemKind.ALERT, ItemKind.IMAGE)

Work = Callable[[Activity, Task, Connection], None]


@dataclass(slots=True)
class _Road:
    """A disk and what was acknowledged on it."""

    disk: Disk
    ledger: Ledger = field(default_factory=Ledger)
    whole: set[str] = field(default_factory=set)


class Campaign:
    """Runs trials.

    Args:
        rig: the keys, feeds and department that no fault reaches.
        random: the generator that draws the moments.
        victim: the entry point of a victim's process; tests of this tool give another than
            :func:`~scripts.faults.victims.work`.
        goes_on_s_max: how long the writer may keep nothing beside folders that it cannot write.
    """

    def __init__(self, rig: Rig, random: Random, victim: Work = work, goes_on_s_max: float = GOES_ON_S_MAX) -> None:
        self.tally = CampaignTally()
        self.trial_counts: Counter[Trial] = Counter()
        self.survival_counts: Counter[Trial] = Counter()
        self._rig = rig
        self._random = random
        self._victim = victim
        self._goes_on_s_max = goes_on_s_max
        self._runs = 0
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["scripts.faults.victims"])

    def run(self, trials: list[Trial]) -> Generator[Trial, None, None]:
        """Try each; yields what was tried. Migrations, damage and whole units have a disk each; one is the others'."""
        with ExitStack() as stack:
            road = _Road(stack.enter_context(self._disk("road")))
            for fault, activity in trials:
                if fault.is_damage or activity in {Activity.MIGRATION, Activity.UNIT}:
                    with self._disk("aside") as disk:
                        self._try(fault, activity, _Road(disk))
                else:
                    self._try(fault, activity, road)
                if road.disk.used_share() > DISK_FULL_SHARE:
                    self._check(road).send_all()
                    stack.close()
                    road = _Road(stack.enter_context(self._disk("road")))
                yield fault, activity
            self._check(road).send_all()

    def _disk(self, name: str) -> Disk:
        return Disk(Path(self._rig.folder) / f"{name}.img")

    def _try(self, fault: InjectedFault, activity: Activity, road: _Road) -> None:
        before = self.tally.findings
        if fault is InjectedFault.REFUSAL:
            self._refuse(road)
        elif activity is Activity.UNIT:
            self._drive(fault, road)
        else:
            self._take(list(self._strike(fault, activity, road.disk)), road)
            self._look(fault, road)
        self.tally.faults[fault] += 1
        self.trial_counts[fault, activity] += 1
        self.survival_counts[fault, activity] += self.tally.findings == before

    def _take(self, notes: list[Note], road: _Road) -> None:
        """Mount the disk again after a fault, and note what was acknowledged before."""
        road.disk.restart()
        road.disk.free()
        self.tally.acknowledgements += road.ledger.take(notes)
        self.tally.set_aside += sum(isinstance(note, RecordSetAside) for note in notes)

    def _look(self, fault: InjectedFault, road: _Road) -> None:
        if fault.is_damage and road.ledger.reads:
            self._damage(fault, road)
            return
        if fault is InjectedFault.FOLDERS:
            mend(self._rig.settings(road.disk.folder))
        self._check(road).run()
        check_access_log(self._rig.settings(road.disk.folder), road.ledger, self.tally)
        if fault is InjectedFault.FOLDERS:
            self.tally.without_pictures += self._check(road).count_without_pictures(self._runs)

    def _refuse(self, road: _Road) -> None:
        """A department that refuses an item, a kill or a cut meanwhile, and sending until nothing waits."""
        refusal, kind = self._random.choice(list(RefusalKind)), self._random.choice(REFUSED_KINDS)
        with refusing_department(self._rig.department, refusal, kind) as (url, storage):
            self._take(list(self._strike(InjectedFault.REFUSAL, Activity.UPLOAD, road.disk, url)), road)
            self._check(road).run()
            self._check(road).outlast(url, storage)

    def _drive(self, fault: InjectedFault, road: _Road) -> None:
        """Bring a fault on a whole unit; then cut its power, or kill it."""
        settings = self._rig.car(road.disk.folder)
        ending = self._random.choice((InjectedFault.CUT, InjectedFault.KILL))
        task = self._task(road.disk, kills=fault is InjectedFault.THREADS)
        with (
            Receiver(self._rig.receiver) as receiver,
            self._victim_of(Activity.UNIT, task) as (process, pipe),
        ):
            watch = UnitWatch(process, settings, pipe, self.tally)
            watch.endure(fault, receiver, self._random)
            notes = [*watch.notes, *self._end(ending, process, pipe, road.disk)]
        self._take(notes, road)
        check = self._check(road, car=True)
        check.run()
        check.send_all()

    def _damage(self, fault: InjectedFault, road: _Road) -> None:
        """Damage the database, have the unit go on and salvage, and send everything to the department."""
        settings = self._rig.settings(road.disk.folder)
        key = load_key("outbox", settings.store.keys_directory)
        promised_reads = damage(fault, settings.unit.data_directory, key, self._random, road.ledger.reads)
        self._runs += 1
        check = self._check(road)
        check.go_on(promised_reads, self._runs, self._random)
        check.run()
        check.send_all()

    def _task(self, disk: Disk, url: str = "", *, kills: bool = False) -> Task:
        self._runs += 1
        rig = replace(self._rig, url=url or self._rig.url)
        return Task(rig, disk.folder, self._runs, self._random.getrandbits(32), kills)

    @contextmanager
    def _victim_of(self, activity: Activity, task: Task) -> Iterator[tuple[BaseProcess, Connection]]:
        """A victim's process, and what it says; it is gone afterwards."""
        receive, send = self._processes.Pipe(duplex=False)
        process = self._processes.Process(target=self._victim, args=(activity, task, send), daemon=True)
        process.start()
        send.close()
        with receive:
            try:
                yield process, receive
            finally:
                process.kill()
                process.join()

    def _strike(self, fault: InjectedFault, activity: Activity, disk: Disk, url: str = "") -> Iterator[Note]:
        """Run a victim until a random moment; yields its notes, those of its last moments too."""
        with self._victim_of(activity, self._task(disk, url)) as (process, receive):
            for note in self._until_the_moment(receive, fault):
                if isinstance(note, VictimFailed):
                    self.tally.corrupt.append(f"{activity} failed before any fault: {note.reason}")
                yield note
            if fault is InjectedFault.FOLDERS:
                spoil(self._rig.settings(disk.folder), self._random)
                yield from self._goes_on(receive, self._random.uniform(*UNWRITABLE_S))
            yield from self._end(self._ending_of(fault), process, receive, disk)

    def _goes_on(self, receive: Connection, seconds: float) -> Iterator[Note]:
        """What the writer says in a while; it has to keep records, or set them aside, all the time."""
        has_stored = has_ended = False
        end = time.monotonic() + self._goes_on_s_max
        while not (has_stored or has_ended) and time.monotonic() < end:
            for note in heard_for(receive, seconds):
                has_stored |= isinstance(note, BatchStored | RecordSetAside)
                if isinstance(note, VictimFailed):
                    has_ended = True
                    self.tally.blind.append(f"the writer ended: {note.reason}")
                yield note
        self.tally.blind += ["the writer kept nothing beside folders that it cannot write"] * (not has_stored)

    def _ending_of(self, fault: InjectedFault) -> InjectedFault | None:
        """What ends a victim; None: it is told to stop."""
        if fault is InjectedFault.FOLDERS:
            return self._random.choice((InjectedFault.CUT, InjectedFault.KILL, None))
        return self._random.choice((InjectedFault.CUT, InjectedFault.KILL)) if fault is InjectedFault.REFUSAL else fault

    def _end(
        self, ending: InjectedFault | None, process: BaseProcess, receive: Connection, disk: Disk
    ) -> Iterator[Note]:
        """End a victim; yields what it said last."""
        power_off_s = time.monotonic() if ending is InjectedFault.CUT else math.inf
        if ending is None:
            process.terminate()
            yield from heard_to_the_end(receive)
            process.join(STOP_S_MAX)
            self.tally.blind += ["the writer did not stop"] * process.is_alive()
        elif ending is InjectedFault.CUT:
            disk.cut_power()
        elif ending is InjectedFault.FULL:
            disk.fill()
            time.sleep(FULL_S)
        process.kill()
        process.join()
        yield from rest(receive, power_off_s)

    def _until_the_moment(self, receive: Connection, fault: InjectedFault) -> Iterator[Note]:
        """Every other time any moment of the victim's life, else one close to an acknowledgement.

        Damage waits for some: without reads there is nothing to salvage.
        """
        any_moment = self._random.random() < 0.5 and not fault.needs_reads
        notes = 1 if any_moment else self._random.randint(2 + 3 * fault.needs_reads, NOTES_WAITED_MAX)
        left_s = self._random.uniform(0, ANY_MOMENT_S if notes == 1 else NEAR_S)
        for _ in range(notes):
            message = next_said(receive, NOTE_S_MAX)
            if message is None:
                self.tally.corrupt.append(f"a victim said nothing for {NOTE_S_MAX:g} s")
                return
            yield message.note
        yield from heard_for(receive, left_s)

    def _check(self, road: _Road, *, car: bool = False) -> DiskCheck:
        return DiskCheck(self._rig, road.disk.folder, road.ledger, self.tally, road.whole, car)
