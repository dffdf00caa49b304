"""Takes looks through the alerting of the tree that Python imports: which listed vehicles are heard, and what wrongly.

A program, run for each tree by itself: it reads the looks that ``PATH`` names and writes one line of JSON a sequence.
Of the product it imports only what every release has; the drivers know the rest.

Each text that is looked up stands alone on a list once. As long as it was not looked up, such a list is like an empty
one: so a ride is gone through with an empty one, and at each text's first look-up a copy of the process goes on with a
list that holds it. Of a second's pass that costs more than to begin anew with each text.
"""

import json
import logging
import os
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

import structlog

import alpr_edge
from scripts.benchmarks.alerts import decided_reads
from scripts.benchmarks.alerts.drives import DrivenRead, Driver, DriveResult, HeardTone, ProbedList, frames_of
from scripts.benchmarks.alerts.looks import LookSequence, load
from scripts.benchmarks.tones import pattern

SIZES = {"1e3": 1_000, "1e5": 100_000, "5e6": 5_000_000}
LISTED = "1e5"
"""Size of the list that holds a vehicle's text."""
BRANCHED_FROM = 60
"""Frames from which on a sequence is not begun anew for each text."""

Heard = set[tuple[int | None, bool]]
"""For each tone the vehicle that it is of, and whether it is full."""


@dataclass(frozen=True, slots=True)
class WrongTone:
    """That an entry sounds for a vehicle of another text, if it stands on a list of a size."""

    size: str
    vehicle: int
    entry: str
    full: bool
    possible: bool


@dataclass(frozen=True, slots=True)
class SequenceOutcome:
    """What came of one sequence, of its vehicles whose text is clear."""

    source: str
    name: str
    found: tuple[int, ...]
    """Vehicles whose plate is found in at least one look."""
    doubtful: tuple[int, ...]
    """Vehicles of which every look is taken for no plate."""
    heard: tuple[int, ...]
    """Those found that are heard, at least as possible, where they are listed."""
    heard_full: tuple[int, ...]
    reads: int
    """Reads of such vehicles that stand where nothing is listed."""
    wrong: tuple[WrongTone, ...]


class Simulation:
    """One sequence under one tree's alerting.

    Args:
        one: the looks.
        driver: takes them through it.
    """

    def __init__(self, one: LookSequence, driver: Driver) -> None:
        self._one = one
        self._driver = driver
        self._frames = frames_of(one)
        self._clear = [i for i, vehicle in enumerate(one.vehicles) if vehicle.is_clear]
        self._pipe: int | None = None
        """In a copy of the process, where it writes to."""

    def run(self) -> SequenceOutcome:
        """Put every text that is looked up on one list of each size."""
        one, by_grade = self._one, {}
        found = [i for i in self._clear if one.is_found(i)]
        for entries in SIZES.values():
            grade = self._driver.grade(entries)
            if grade not in by_grade:
                by_grade[grade] = self._hear_all(entries, is_own=grade == self._driver.grade(SIZES[LISTED]))
        by_size = {size: by_grade[self._driver.grade(entries)] for size, entries in SIZES.items()}
        own = {i: by_size[LISTED][1].get(one.vehicles[i].text, set()) for i in found}
        return SequenceOutcome(
            one.source,
            one.name,
            tuple(found),
            tuple(i for i in self._clear if i not in found and one.is_found(i, accepted_only=False)),
            tuple(i for i, heard in own.items() if any(vehicle == i for vehicle, _ in heard)),
            tuple(i for i, heard in own.items() if (i, True) in heard),
            by_size[LISTED][0],
            tuple(tone for size, (_, texts) in by_size.items() for tone in self._wrong_tones(size, texts)),
        )

    def _hear_all(self, entries: int, *, is_own: bool) -> tuple[int, dict[str, Heard]]:
        """How many reads there are, and by text what is heard where it is listed.

        Args:
            entries: size of the lists.
            is_own: whether the vehicles' own texts are asked for as well.
        """
        heard: dict[str, Heard] = {}
        is_long = len(self._frames) >= BRANCHED_FROM

        def is_put_on(text: str) -> bool:
            is_asked = is_own and any(self._one.vehicles[i].text == text for i in self._clear)
            if not is_asked and not self._exposed_vehicles(text):
                return False
            result = self._branch() if is_long else set()
            if result is not None:
                heard[text] = result
            return result is None

        driven = self._driver.drive(self._frames, ProbedList(entries, is_put_on))
        if self._pipe is not None:
            self._end_branch(self._heard_of(driven))
        of_clear = [read for read in driven.reads if read.stands and self._vehicle_of(read) in self._clear]
        if not is_long:
            for text in heard:
                heard[text] = self._heard_of(self._driver.drive(self._frames, ProbedList(entries, text.__eq__)))
        return len(of_clear), heard

    def _heard_of(self, driven: DriveResult) -> Heard:
        return {(self._vehicle_heard(tone, driven), tone.is_full) for tone in driven.tones}

    def _branch(self) -> Heard | None:
        """What a copy of this process hears from here on; None in the copy."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            self._pipe = writer
            return None
        os.close(writer)
        with os.fdopen(reader) as file:
            result = file.read()
        if os.waitpid(child, 0)[1]:
            raise SystemExit(f"scripts/bench: {self._one.name}: failed (reason above)")
        return {(vehicle, is_full) for vehicle, is_full in json.loads(result)}

    def _end_branch(self, heard: Heard) -> None:
        assert self._pipe is not None
        with os.fdopen(self._pipe, "w") as file:
            json.dump(list(heard), file)
        os._exit(0)

    def _wrong_tones(self, size: str, texts: dict[str, Heard]) -> list[WrongTone]:
        return [
            WrongTone(size, vehicle, text, (vehicle, True) in heard, (vehicle, False) in heard)
            for text, heard in texts.items()
            for vehicle in self._exposed_vehicles(text)
            if any(of == vehicle for of, _ in heard)
        ]

    def _exposed_vehicles(self, text: str) -> list[int]:
        """Vehicles that a text may be taken for although it is another one, of the same pattern."""
        texts = [(i, self._one.vehicles[i].text) for i in self._clear]
        return [i for i, true_text in texts if true_text != text and pattern(true_text) == pattern(text)]

    def _vehicle_heard(self, tone: HeardTone, driven: DriveResult) -> int | None:
        """Whose plate the tone's read showed last when it sounded; where that was none's, the read's vehicle."""
        read = next(read for read in driven.reads if read.read_id == tone.read_id)
        before = [look for look in read.looks if self._frames[look[0]][0].captured_at.boottime_ns / 1e6 <= tone.at_ms]
        last = self._one.vehicle_at(*before[-1]) if before else None
        return self._vehicle_of(read) if last is None else last

    def _vehicle_of(self, read: DrivenRead) -> int | None:
        """On whose plate most looks of a read lie."""
        counts = Counter(self._one.vehicle_at(*look) for look in read.looks)
        del counts[None]
        return max(counts, key=counts.__getitem__, default=None)


def driver_of_tree() -> Driver:
    """Return the driver that knows this tree; the other one cannot be imported beside it."""
    if decided_reads.is_there():
        return decided_reads
    driver: Driver = import_module("scripts.benchmarks.alerts.followed_reads")
    return driver


def main() -> None:
    """Simulate every sequence of ``PATH`` with the tree ``TREE``, which has to be the one that is imported."""
    path, tree = map(Path, sys.argv[1:])
    imported = Path(alpr_edge.__file__).resolve().parent
    if imported != (tree / "alpr_edge").resolve():
        raise SystemExit(f"scripts/bench: {imported} was imported in place of {tree}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    driver = driver_of_tree()
    for one in load(path):
        sys.stdout.write(json.dumps(asdict(Simulation(one, driver).run())) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
