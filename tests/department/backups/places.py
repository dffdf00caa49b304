"""A department that is backed up, and the places that this needs."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alpr_edge.department.backups.backup import BackupRequest, BackupResult, back_up
from alpr_edge.department.backups.drill import DrillReport, drill
from alpr_edge.department.backups.file_list import Tick
from alpr_edge.department.backups.postgresql.scratch_server import ScratchServer, user_of_server
from alpr_edge.department.backups.restore import RestorePlace, SignedBackup, restore
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.ingest.verification import Verification, verify
from alpr_edge.department.unit_logs.witness import Witness
from scripts.benchmarks.department.seaweedfs import set_images
from tests.department.engines import EngineUnderTest, name_database
from tests.department.people.office import Office as PeopleOffice
from tests.department.people.office import make_department
from tests.department.retention.office import UNIT, Office, hit_items, pictures_of, read_item
from tests.department.unit_logs.car import Car

READS = 8


def quiet(name: str, done: int, total: int | None) -> None:
    """Shows nothing."""


@dataclass
class BackupPlaces:
    """Where things are."""

    office: Office
    target: Path
    keys: Path
    folder: Path
    """For whatever else a test needs."""

    @classmethod
    @contextmanager
    def fill(
        cls, folder: Path, engine: EngineUnderTest, target: Path, images: Mapping[str, object] | None = None
    ) -> "Iterator[BackupPlaces]":
        """A department with people, reads, hits, pictures, a unit's access log and the record of a deletion.

        Args:
            folder: where it is made.
            engine: what it runs on.
            target: where its backups go.
            images: its settings of images.
        """
        directory = make_department(folder / "department", "127.0.0.1", engine=engine)
        set_images(directory, **images or {})
        people = PeopleOffice(directory)
        people.add()
        people.database.close()
        (directory / "lists" / "state").mkdir(parents=True, mode=0o700)
        (directory / "lists" / "state" / "00000001.complete").write_bytes(b"a list")
        office = Office(directory)
        places = cls(office, target, folder / "keys", folder)
        try:
            for number in range(READS):
                places.deliver(number, days_ago=3)
            places.deliver(900, days_ago=800)
            office.purge()
            with closing(Car(folder / "car").log):
                car = Car(folder / "car")
                car.look(5)
                office.storage.store(UNIT, [*car.records(), car.checkpoint()])
                car.log.close()
            yield places
        finally:
            office.storage.close()

    @property
    def directory(self) -> Path:
        return self.office.directory

    def deliver(self, number: int, days_ago: float = 0.0) -> None:
        """Have a read with its pictures, hit and answers arrive."""
        name = f"read-{number}"
        self.office.deliver(read_item(name), *pictures_of(name), *hit_items(name), days_ago=days_ago)

    def back_up(self, at: datetime | None = None, tick: Tick = quiet, *, is_full: bool = False) -> BackupResult:
        moment = at or datetime.now(UTC)
        request = BackupRequest(self.target, self.keys, is_full)
        return back_up(self.directory, request, tick, lambda: moment)

    def drill(self, backup: Path) -> DrillReport:
        return drill(self.directory, backup, None, quiet)

    def restore(self, backup: Path, to: Path, cluster: Path | None = None) -> Path:
        signed = SignedBackup(backup, Witness(self.directory).key)
        restore(signed, RestorePlace(to, cluster, self.keys), quiet)
        return to

    def expire_leases(self) -> None:
        """What five minutes do for the leases of a process that was killed."""
        self.office.execute("UPDATE leases SET until = '2020-01-01 00:00:00.000000'")


def restore_and_open(places: BackupPlaces, backup: Path, stack: ExitStack) -> Path:
    """The department restored into a folder; of PostgreSQL with a server over the restored cluster."""
    signed = SignedBackup(backup, Witness(places.directory).key)
    to = places.folder / "restored"
    if not signed.is_postgresql:
        return places.restore(backup, to)
    user = user_of_server(places.target)
    cluster = places.target / ".restored"
    cluster.mkdir(mode=0o700)
    if user is not None:
        os.chown(cluster, user.uid, user.gid)
    restore(signed, RestorePlace(to, cluster, places.keys), quiet)
    server = stack.enter_context(ScratchServer(signed.programs(), cluster, user, lambda: None))
    about = signed.manifest.database
    server.wait_until_ready(about.database, about.role)
    host = dict(server.location(about.database, about.role).parameters)["host"]
    name_database(to, f"postgresql:///{about.database}?host={host}&user={about.role}")
    return to


def verify_department(directory: Path) -> Verification:
    """Open a department as the product does, and check everything that is stored."""
    with closing(Storage(directory, create=False)) as storage:
        return verify(storage, lambda done, total: None)


def read_ids(directory: Path) -> set[str]:
    """Ids of the reads whose bodies are stored."""
    with closing(Storage(directory, create=False)) as storage:
        bodies = [each.body for each in storage.stored_items() if each.kind == "read" and each.body]
    return {str(json.loads(body)["read_id"]) for body in bodies}


def flip(path: Path, offset: int) -> None:
    """Flip a bit of a byte, in place: whoever shares the file shares that."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    with path.open("r+b") as file:
        file.write(content)


def files_below(folder: Path) -> list[Path]:
    """Every file that has a byte to flip."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def names_in(target: Path) -> list[str]:
    """What lies in a folder of backups, beside its lock."""
    return sorted(path.name for path in target.iterdir() if path.name != "backup.lock")


def outcomes_of(directory: Path) -> list[dict[str, Any]]:
    """What is noted of backups and drills."""
    text = (directory / "backups.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
