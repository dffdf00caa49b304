"""A process that is killed at any statement of a canvass: what it said is there, and no read of it slips."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from alpr_edge.domain.protocol.canvass import canvass_end_item_id, canvass_item_id
from alpr_edge.store.canvass.canvass_reads import hold_earlier_reads
from alpr_edge.store.canvass.canvass_rows import find_canvass
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import held_reads, outbox, reads
from alpr_edge.store.retention.holds import find_hold
from tests.domain.canvass.builders import canvass
from tests.store.canvass.killed_canvass import AFTER, BEFORE, DURING, OUTSIDE, open_reads, record

CANVASS = canvass().canvass_id
KILLS = 20
"""How often it is killed, spread over all of its statements."""
NEVER = 1_000_000


@dataclass(frozen=True)
class Victims:
    """The program whose children are killed, and how many statements one takes that is not."""

    folder: Path
    program: "subprocess.Popen[str]"

    def run(self, name: str, number: int) -> tuple[Path, list[str], int]:
        """Kill one at a statement; returns its folder, what it said that is on the disk, and how it ended."""
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        shutil.copytree(self.folder / "empty", self.folder / name)
        self.program.stdin.write(f"{name} {number}\n")
        self.program.stdin.flush()
        code = int(self.program.stdout.readline())
        return self.folder / name, (self.folder / f"{name}.said").read_text(encoding="utf-8").split(), code


@pytest.fixture(scope="module")
def victims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    folder = tmp_path_factory.mktemp("killed")
    database, _ = open_reads(folder / "empty")
    database.close()
    command = [sys.executable, "-m", "tests.store.canvass.killed_canvass", str(folder)]
    pipe, root = subprocess.PIPE, Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdin=pipe, stdout=pipe, text=True) as program:
        yield Victims(folder, program)


def held_ids(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(held_reads.c.read_id).where(held_reads.c.hold_id == CANVASS)))


def check(data: Path, said: set[str]) -> None:
    """What was said is there; the reads of the canvass are held, and no others; it goes on after the restart."""
    database, store = open_reads(data)
    while hold_earlier_reads(database, "unit-1"):
        pass
    with database.read() as connection:
        stored = set(connection.scalars(select(reads.c.read_id)))
        items = set(connection.scalars(select(outbox.c.item_id)))
        found, hold = find_canvass(connection, CANVASS), find_hold(connection, CANVASS)
    is_there, is_ended = found is not None, found is not None and found.end is not None
    assert {word for word in said if word.endswith("-in")} <= stored
    assert is_there >= ("started" in said)
    assert (hold is not None, canvass_item_id(CANVASS) in items) == (is_there, is_there)
    assert is_ended >= ("ended" in said)
    assert (canvass_end_item_id(CANVASS) in items) is is_ended
    inside = {read_id for read_id in stored if read_id.endswith("-in") and not read_id.startswith("after")}
    before = held_ids(database)
    assert before == (inside if is_there else set())
    if is_there and not is_ended:
        store.commit([record("later-in", 30, None), record("later-out", 30, OUTSIDE)])
        assert held_ids(database) - before == {"later-in"}
    database.close()


def test_whenever_it_is_killed_what_was_said_is_there_and_no_read_slips(victims: Victims) -> None:
    whole, said, code = victims.run("whole", NEVER)
    assert (code, len([word for word in said if word.endswith("-in")])) == (0, BEFORE + DURING + AFTER)
    check(whole, set(said))
    statements = int(said[-1].removeprefix("statements="))
    assert statements > 5 * KILLS
    endings = set()
    for kill in range(KILLS):
        data, said, code = victims.run(f"kill-{kill}", 1 + kill * statements // KILLS)
        assert code == -signal.SIGKILL
        endings.add(said[-1] if said else "")
        check(data, set(said))
    moments = {word.partition("-")[0] for word in endings}
    assert moments >= {"before", "during", "after"}, "before the start, while it ran and after its end"
