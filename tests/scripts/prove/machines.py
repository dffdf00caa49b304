"""A car and a department in folders: what a proof asks of them is answered without systemd and without a network."""

import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.prove.car import Car
from scripts.prove.depot import Depot
from scripts.prove.host import ProofError

Answer = Callable[[tuple[str, ...]], str]
"""What a command prints; a ProofError where it fails."""


def nothing() -> None:
    """Of a car to which nothing happens."""


class FolderCar(Car):
    """A car whose commands a function answers.

    Args:
        root: its file system.
        answer: the answer to each command.
        at_cut: called when its power is cut.
        at_start: called when it starts.
    """

    def __init__(
        self, root: Path, answer: Answer, at_cut: Callable[[], None] = nothing, at_start: Callable[[], None] = nothing
    ) -> None:
        super().__init__(root, "no network")
        root.mkdir(exist_ok=True)
        self._answer, self._at_cut, self._at_start = answer, at_cut, at_start

    def start(self) -> None:
        self._at_start()

    def cut_power(self) -> None:
        self._at_cut()

    def run(
        self,
        *command: str | Path,
        check: bool = True,
        timeout_s: float = 600,
        environment: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> subprocess.CompletedProcess[str]:
        words = tuple(str(word) for word in command)
        try:
            return subprocess.CompletedProcess(words, 0, self._answer(words), "")
        except ProofError as error:
            if check:
                raise
            return subprocess.CompletedProcess(words, 1, "", str(error))


class FolderDepot(Depot):
    """A department that is the table of its reads alone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        with closing(self._database()) as database:
            database.execute("CREATE TABLE reads (read_id TEXT PRIMARY KEY, first_seen TEXT)")

    def store(self, read_id: str, first_seen: datetime | None = None) -> None:
        """Store a read, of this moment unless another is named."""
        moment = (first_seen or datetime.now(UTC)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with closing(self._database()) as database, database:
            database.execute("INSERT INTO reads VALUES (?, ?)", (read_id, moment))

    def counts(self) -> dict[str, Any]:
        return {"reads": len(self.reads())}

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "department.db")
