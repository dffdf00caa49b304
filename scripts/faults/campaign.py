"""Fault after fault at random moments, a look at the disk after each, and in the end everything to the department."""

import math
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from alpr_edge.store.keys import load_key
from scripts.faults.checking import Check
from scripts.faults.damaging import damage
from scripts.faults.disk import Disk
from scripts.faults.faults import Fault
from scripts.faults.ledger import Ledger, Tally
from scripts.faults.notes import ACKNOWLEDGING, Failed, Note, Said
from scripts.faults.rig import Rig
from scripts.faults.victims import Activity, Task, work

DISK_FULL_SHARE = 0.5
"""A disk is sent to the department and made anew when it is fuller than this."""
ANY_MOMENT_S = 0.5
NEAR_S = 0.03
NOTES_WAITED_MAX = 12
NOTE_S_MAX = 10.0
FULL_S = 0.15
"""How long a victim runs on a full disk before it is killed."""

Work = Callable[[Activity, Task, Connection], None]


Trial = tuple[Fault, Activity]
DAMAGED = (Activity.CAPTURE, Activity.UPLOAD)
"""What goes on before the database is damaged: it has something in it, and something in its log."""


def plan(cuts: int, others: int, damages: int, random: Random) -> list[Trial]:
    """Power cuts, other faults and damage, spread evenly over what a unit does, in random order."""
    activities = list(Activity)
    trials = [(Fault.CUT, activities[number % len(activities)]) for number in range(cuts)]
    kinds = (Fault.KILL, Fault.FULL)
    trials += [(kinds[number // len(activities) % 2], activities[number % len(activities)]) for number in range(others)]
    wounds = [fault for fault in Fault if fault.is_damage]
    trials += [(wounds[number % 3], DAMAGED[number // 3 % 2]) for number in range(damages)]
    random.shuffle(trials)
    return trials


@dataclass(slots=True)
class _Road:
    """A disk and what was acknowledged on it."""

    disk: Disk
    ledger: Ledger = field(default_factory=Ledger)
    whole: set[str] = field(default_factory=set)


class Campaign:
    """Runs trials.

    Args:
        rig: the part of the test rig that no fault reaches.
        random: draws the moments.
        victim: a process's entry point; another than :func:`~scripts.faults.victims.work` in tests of this tool.
    """

    def __init__(self, rig: Rig, random: Random, victim: Work = work) -> None:
        self.tally = Tally()
        self.tried: Counter[Trial] = Counter()
        self.survived: Counter[Trial] = Counter()
        self._rig = rig
        self._random = random
        self._victim = victim
        self._runs = 0
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["scripts.faults.victims"])

    def run(self, trials: list[Trial]) -> Iterator[Trial]:
        """Try each; yields what was tried. Migrations and damage have a disk each, the rest goes on on one."""
        with ExitStack() as stack:
            road = _Road(stack.enter_context(self._disk("road")))
            for fault, activity in trials:
                if fault.is_damage or activity is Activity.MIGRATION:
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

    def _try(self, fault: Fault, activity: Activity, road: _Road) -> None:
        before = self._findings()
        notes = list(self._strike(fault, activity, road.disk))
        road.disk.restart()
        road.disk.free()
        self.tally.acknowledged += road.ledger.take(notes)
        if fault.is_damage and road.ledger.reads:
            self._damage(fault, road)
        else:
            self._check(road).run()
        self.tally.faults += 1
        self.tally.cuts += fault is Fault.CUT
        self.tried[fault, activity] += 1
        self.survived[fault, activity] += self._findings() == before

    def _damage(self, fault: Fault, road: _Road) -> None:
        """Damage the database, have the unit go on and salvage, and send everything to the department."""
        settings = self._rig.settings(road.disk.folder)
        key = load_key("outbox", settings.store.keys_directory)
        promised = damage(fault, settings.unit.data_directory, key, self._random, road.ledger.reads)
        self._runs += 1
        check = self._check(road)
        check.go_on(promised, self._runs, self._random)
        check.run()
        check.send_all()

    def _strike(self, fault: Fault, activity: Activity, disk: Disk) -> Iterator[Note]:
        """Run a victim until a random moment; yields its notes, those of its last moments too."""
        self._runs += 1
        receive, send = self._processes.Pipe(duplex=False)
        task = Task(self._rig, disk.folder, self._runs, self._random.getrandbits(32))
        process = self._processes.Process(target=self._victim, args=(activity, task, send), daemon=True)
        process.start()
        send.close()
        with receive:
            for note in self._until_the_moment(receive, fault):
                if isinstance(note, Failed):
                    self.tally.corrupt.append(f"{activity} failed before any fault: {note.reason}")
                yield note
            power_off_s = time.monotonic() if fault is Fault.CUT else math.inf
            _do(fault, disk)
            process.kill()
            process.join()
            yield from _rest(receive, power_off_s)

    def _until_the_moment(self, receive: Connection, fault: Fault) -> Iterator[Note]:
        """Every other time any moment of the victim's life, else one close to an acknowledgement.

        Damage waits for some: without reads there is nothing to salvage.
        """
        any_moment = self._random.random() < 0.5 and not fault.is_damage
        notes = 1 if any_moment else self._random.randint(2 + 3 * fault.is_damage, NOTES_WAITED_MAX)
        left_s = self._random.uniform(0, ANY_MOMENT_S if notes == 1 else NEAR_S)
        for _ in range(notes):
            said = _next(receive, NOTE_S_MAX)
            if said is None:
                self.tally.corrupt.append(f"a victim said nothing for {NOTE_S_MAX:g} s")
                return
            yield said.note
        end = time.monotonic() + left_s
        while (wait_s := end - time.monotonic()) > 0:
            said = _next(receive, wait_s)
            if said is not None:
                yield said.note

    def _check(self, road: _Road) -> Check:
        return Check(self._rig, road.disk.folder, road.ledger, self.tally, road.whole)

    def _findings(self) -> int:
        return len(self.tally.lost) + len(self.tally.doubled) + len(self.tally.corrupt)


def _do(fault: Fault, disk: Disk) -> None:
    if fault is Fault.CUT:
        disk.cut_power()
    elif fault is Fault.FULL:
        disk.fill()
        time.sleep(FULL_S)


def _next(receive: Connection, wait_s: float) -> Said | None:
    """The next note; None when none came in time, or the victim has ended."""
    try:
        if receive.poll(wait_s):
            said: Said = receive.recv()
            return said
    except (EOFError, OSError):
        time.sleep(wait_s if wait_s < ANY_MOMENT_S else 0.0)
    return None


def _rest(receive: Connection, power_off_s: float) -> Iterator[Note]:
    """What was said and not heard yet, without what was acknowledged after the power went off.

    A file system calls data synced that it throws away at that moment, while it is being shut down; no unit would have
    lived to hear it.
    """
    while (said := _next(receive, 0.0)) is not None:
        if said.at_s < power_off_s or not isinstance(said.note, ACKNOWLEDGING):
            yield said.note
