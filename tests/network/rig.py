"""A department behind one end of a wire, and cars with items to deliver behind the other."""

import json
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.reads import EvidenceKind, ReadUpdate
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import outbox
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.keys import IMAGES, load_key
from alpr_edge.store.reads.repository import ReadStore
from tests.app.rig import Daemon, daemon
from tests.department.enrolment import enrol_unit
from tests.network.hosts import DEPARTMENT, NAME, PORT, Host, two_hosts
from tests.store.records import decided, hit, plate_read
from tests.units import write_unit
from tests.uplink.items import jpeg, stored_digests

UNIT = "unit-1"
PLATE = "7ABC123"
READS = 6
SCENE_BYTES = 40_000
"""Large enough that a fault finds a batch on its way."""
WAIT_S = 40.0
TRIES_MAX = 15
"""More than any fault here lasts, at one try a second at the slowest."""

PATIENCE = """
connect_timeout_s = 1.0
answer_timeout_s = 2.0
delivery_timeout_s = 6.0
retry_first_s = 0.2
retry_max_s = 1.0
idle_s = 0.1
"""


@dataclass
class Rig:
    """The wire, the department's folder and its running server."""

    car: Host
    host: Host
    folder: Path
    answer: Path
    """Holds the address that the name server gives."""
    server: Daemon = field(init=False)
    _stack: ExitStack = field(default_factory=ExitStack)

    def serve(self) -> None:
        """Start the department."""
        serve = ("department", "serve", "--directory", str(self.folder), "--host", "0.0.0.0", "--port", str(PORT))
        self.server = self._stack.enter_context(daemon(*serve, inside=self.host.inside))
        self.server.wait_for("department at https://")

    def vanish(self) -> None:
        """The department's machine is gone at once: nothing of it reaches the car any more, not even a farewell."""
        self.host.link("down")
        self.server.end(signal.SIGKILL)

    def close(self) -> None:
        """Stop the department."""
        self._stack.close()


@contextmanager
def standing(folder: Path) -> Iterator[Rig]:
    """A department that serves, and a name server."""
    files = initialise(folder / "department", [NAME])
    answer = folder / "address"
    answer.write_text(DEPARTMENT)
    with two_hosts() as (car, host):
        rig = Rig(car, host, files.directory, answer)
        rig.serve()
        with host.serving("names.py", DEPARTMENT, str(answer)):
            try:
                yield rig
            finally:
                rig.close()


class Car:
    """A unit whose uplink runs from the first test to the last, through every fault: it is never started again.

    Args:
        rig: the wire and the department.
        folder: of the unit.
    """

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, self.folder = rig, folder
        enrol_unit(rig.folder, UNIT, folder / "tls")
        self.settings = write_unit(folder, UNIT, f"https://{NAME}:{PORT}", uplink=PATIENCE)
        self._key = load_key("outbox", folder / "keys")
        self.digests: dict[str, str] = {}
        self.uplink: Daemon
        self._failures = 0

    def fill(self) -> None:
        """Put reads, hits and pictures into the outbox."""
        database = Database.open(self.folder / "data", self._key, migrate=True)
        try:
            images = ImageStore(self.folder / "data" / IMAGES, derive_key(self._key, IMAGES))
            store = ReadStore(database, images)
            first = len(self.digests)
            names = [f"read-{first + number}" for number in range(READS)]
            store.commit([_record(name) for name in names])
            store.close_open_reads()
            # Of all items, not of those that wait: the uplink beside may have delivered some by now.
            with database.read() as connection:
                rows = connection.execute(select(outbox.c.item_id, outbox.c.sha256))
                self.digests |= {row.item_id: row.sha256 for row in rows}
        finally:
            database.close()

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Its uplink runs."""
        with daemon("uplink", "--settings", str(self.settings), inside=self.rig.car.inside) as self.uplink:
            yield
            assert self.uplink.end(signal.SIGTERM) == 0

    def begin(self) -> None:
        """Count failures from here on."""
        self._failures += self.failures()

    def certify(self, days: int) -> None:
        """The department gives it a new certificate for so many days; its files are replaced one by one."""
        with TemporaryDirectory() as folder:
            fresh = enrol_unit(self.rig.folder, UNIT, Path(folder) / "fresh", days)
            for path in fresh.iterdir():
                shutil.copy(path, self.folder / "tls")

    def is_discreet(self) -> bool:
        """Whether neither its logs and health nor the department's hold a plate or a traceback."""
        logs = [*self.uplink.lines, *self.rig.server.lines, json.dumps(self.health())]
        return not [line for line in logs if re.search(f"{PLATE}|Traceback", line, re.IGNORECASE)]

    def health(self) -> dict[str, Any]:
        """What the uplink says of itself."""
        path = self.folder / "runtime" / "uplink.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def says(self, text: str) -> None:
        """Wait until its health tells of a trouble or a warning in these words."""

        def is_said() -> bool:
            health = self.health()
            return any(text in line for line in (*health.get("troubles", ()), *health.get("warnings", ())))

        until(is_said, lambda: f"{text!r} is not in {self.health()}")

    def arrives(self, tries_max: int = TRIES_MAX) -> None:
        """Wait until the outbox is empty: each item is at the department once, as it was sent, after so many tries."""
        figures: dict[str, Any] = {}

        def is_empty() -> bool:
            figures.update(self.health().get("figures", {}))
            return figures.get("waiting") == 0 and figures.get("delivered") == len(self.digests)

        until(is_empty, lambda: f"not delivered: {self.health()}")
        digests = stored_digests(self.rig.folder)
        assert {item_id: digests.get(item_id) for item_id in self.digests} == self.digests
        assert figures["quarantined"] == figures["refused"] == figures["wrong_digests"] == 0
        assert self.failures() <= tries_max
        assert not self.health()["troubles"]

    def failures(self) -> int:
        """How many deliveries failed since the test began."""
        return (
            sum(len(self.uplink.having(f"event=uplink.{event}")) for event in ("delivery_failed", "unit_refused"))
            - self._failures
        )


def until(holds: Callable[[], bool], why: Callable[[], str]) -> None:
    """Wait until something holds."""
    deadline_s = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline_s, why()
        time.sleep(0.05)


def _record(name: str) -> ReadUpdate:
    pictures = ((EvidenceKind.CROP, jpeg(f"crop of {name}")), (EvidenceKind.SCENE, jpeg(name * (SCENE_BYTES // 200))))
    return decided(plate_read(name, PLATE), [hit(f"hit-{name}", name, PLATE)], images=pictures)
