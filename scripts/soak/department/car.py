"""The program of a car: ``python -m scripts.soak.department.car TASK``, TASK being JSON.

It records and delivers by the product's own store and uplink until a file says that it is enough, and then delivers
what is left. It ends with 0 when the department has everything. Killed, it is started again over the same data.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random

from alpr_edge.app.connections.department import open_department
from alpr_edge.cli.error_handling import run_command_line
from alpr_edge.domain.reads import ReadUpdate
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.settings import Settings, parse
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.uplink.uploader import Uploader
from scripts.faults import records

PAUSE_S = 0.1
"""Between two batches of reads."""
WAIT_S_MAX = 1.0
"""Longest wait before the next try: the uplink would wait half a minute where it is asked to."""


@dataclass(frozen=True, slots=True)
class CarTask:
    """What a car is told."""

    folder: str
    """Of the whole stand."""
    unit_id: str
    url: str
    run: int
    """How often it was started."""
    seed: int

    def settings(self) -> Settings:
        """The settings of the car."""
        folder = Path(self.folder)
        own, data = folder / "units" / self.unit_id, folder / "cars" / self.unit_id
        uplink = {
            "url": self.url,
            "ca_file": str(own / "ca.pem"),
            "certificate_file": str(own / "unit.pem"),
            "key_file": str(own / "unit.key"),
            "retry_first_s": 0.01,
            "retry_max_s": WAIT_S_MAX,
            "idle_s": 0.01,
        }
        unit = {"id": self.unit_id, "data_directory": str(data / "data"), "runtime_directory": str(data / "runtime")}
        store = {"keys_directory": str(folder / "keys")}
        return parse({"unit": unit, "store": store, "uplink": uplink}, folder)

    @property
    def finish(self) -> Path:
        """The file that says that it is enough."""
        return Path(self.folder) / "finish"

    @property
    def text(self) -> str:
        """The task as the program is given it."""
        return json.dumps(asdict(self))


def main() -> None:
    """Run; a deliberate error ends it as one line."""
    run_command_line(lambda: _run(CarTask(**json.loads(sys.argv[1]))))


def _run(task: CarTask) -> None:
    configure_logs(verbose=False)
    settings, random = task.settings(), Random(task.seed)
    with open_store(settings, migrate=True, replace_damaged=True) as store:
        store.recover()
        uploader = Uploader(store.outbox, open_department(settings), settings.uplink, SystemClock(), random.random)
        number = 0
        while not task.finish.exists():
            _record(store, [_own(each, task.unit_id) for each in records.batch(random, task.run, number)], random)
            number += 1
            uploader.step()
            time.sleep(PAUSE_S)
        while store.outbox.counts().ready:
            time.sleep(min(uploader.step(), WAIT_S_MAX))


def _record(store: UnitStore, new_records: list[ReadUpdate], random: Random) -> None:
    store.reads.commit([*new_records, *(records.closing(random, record) for record in new_records)])


def _own(record: ReadUpdate, unit_id: str) -> ReadUpdate:
    return replace(record, read=replace(record.read, unit_id=unit_id))


if __name__ == "__main__":
    main()
