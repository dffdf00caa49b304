"""A canvass from start to end in processes that are killed: the victim of ``test_kills``.

Run as ``python -m tests.store.canvass.killed_canvass <folder>``: for each line ``<name> <number>`` of standard input a
child works in the folder of that name, kills itself at that statement of the database and is waited for. What it said,
and at last how many statements it took, lies in ``<name>.said``.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from alpr_edge.domain.canvass.canvass import CanvassEnd, CanvassEnding
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.holds.hold import HoldPerson
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.store.canvass.canvass_reads import hold_earlier_reads, hold_new_reads
from alpr_edge.store.canvass.canvass_rows import add_canvass, end_canvass
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.reads.repository import ReadStore
from tests.domain.canvass.builders import at, canvass
from tests.store.records import closed, decided, plate_read

KEY = bytes(range(32))
INSIDE = Position(37.635, -120.995, 40.0, 0.9, "gnss")
OUTSIDE = replace(INSIDE, lat_deg=37.7)
BEFORE, DURING, AFTER = 3, 4, 2
"""Reads inside the area, as many again outside of it."""
END = CanvassEnd(at(40), HoldPerson("bo", "Bo Chen", ""), CanvassEnding.HAND)


def record(name: str, minutes: float, position: Position | None) -> ReadUpdate:
    """A read that was seen some minutes after the start of the canvass."""
    seen = at(minutes)
    return decided(replace(plate_read(name), position=position, first_seen=seen, last_seen=seen))


def open_reads(data: Path) -> tuple[Database, ReadStore]:
    """The store of a folder, as a unit opens it."""
    database = Database.open(data, KEY, migrate=True)
    return database, ReadStore(database, ImageStore(data / "images", KEY), hold_new_reads)


def work(data: Path, say: Callable[[str], None]) -> None:
    """Some reads, a canvass that is started, read for and ended, and some reads more; says what is on the disk."""
    database, store = open_reads(data)

    def read(name: str, minutes: float) -> None:
        records = [record(f"{name}-in", minutes, INSIDE), record(f"{name}-out", minutes, OUTSIDE)]
        store.commit([*records, closed(records[0].read)])
        say(f"{name}-in")

    for number in range(BEFORE):
        read(f"before-{number}", number - 20)
    with database.write() as connection:
        add_canvass(connection, canvass(), "unit-1")
    say("started")
    for number in range(DURING):
        read(f"during-{number}", number + 1)
        hold_earlier_reads(database, "unit-1")
    with database.write() as connection:
        end_canvass(connection, canvass().canvass_id, END, "unit-1")
    say("ended")
    for number in range(AFTER):
        read(f"after-{number}", number + 50)
    database.close()


def run_killed(data: Path, number: int) -> None:
    """Work, and die at a statement."""
    left = number

    def die(frame: FrameType, event: str, argument: Any) -> None:  # noqa: ANN401 - of sys.setprofile
        nonlocal left
        if event in {"call", "return"} and frame.f_code.co_name in {"do_execute", "do_commit", "do_executemany"}:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for its log
    descriptor = os.open(data.parent / f"{data.name}.said", os.O_WRONLY | os.O_CREAT, 0o600)

    def say(words: str) -> None:
        os.write(descriptor, f"{words}\n".encode())

    sys.setprofile(die)
    work(data, say)
    sys.setprofile(None)
    say(f"statements={number - left}")
    os._exit(0)


def main(folder: Path) -> None:
    """Make a child for each line."""
    for line in sys.stdin:
        name, number = line.split()
        child = os.fork()
        if not child:
            run_killed(folder / name, int(number))
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
