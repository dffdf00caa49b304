"""A department on PostgreSQL and a bucket, served by two processes over one database, and cars that deliver to both."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from alpr_edge.department.db.setup import set_up_postgresql
from alpr_edge.department.pki.authority import initialise
from alpr_edge.store.keys import create_keys
from scripts.benchmarks.department.fleet import enrol_fleet
from scripts.benchmarks.department.postgresql import PostgresqlServer
from scripts.benchmarks.department.seaweedfs import SeaweedServer, set_images
from scripts.loopback_ports import free_ports
from scripts.soak.department.car import CarTask
from scripts.soak.department.programs import RestartedProgram

SERVERS = 2
SERVE = ("-m", "alpr_edge", "department", "serve", "--directory")
READY_TEXT = "department at https://"
"""What a server says once units can connect to it."""


@dataclass(slots=True)
class DepartmentStand:
    """All that is killed.

    Args:
        folder: of everything but the database and the bucket.
        random: draws which server a car delivers to after each start.
        postgresql: the database's server.
        bucket: the server of pictures.
        units: the cars.
    """

    folder: Path
    random: Random
    postgresql: PostgresqlServer
    bucket: SeaweedServer
    units: tuple[str, ...]
    servers: list[RestartedProgram] = field(default_factory=list)
    cars: list[RestartedProgram] = field(default_factory=list)
    _ports: list[int] = field(default_factory=list)
    _runs: int = 0

    @property
    def directories(self) -> list[Path]:
        """A department's folder for each of its servers: the same certificates, keys and settings."""
        return [self.folder / f"department-{number}" for number in range(SERVERS)]

    def tend(self) -> None:
        """Start what was killed or ended."""
        for program in (*self.servers, *self.cars):
            program.tend()

    def finish(self) -> None:
        """Tell the cars that it is enough."""
        (self.folder / "finish").touch()

    def task(self, unit_id: str) -> CarTask:
        """What a car is told when it is started next."""
        self._runs += 1
        url = f"https://127.0.0.1:{self.random.choice(self._ports)}"
        return CarTask(str(self.folder), unit_id, url, self._runs, self.random.getrandbits(32))

    def kill_connection(self) -> bool:
        """Kill one of the processes of PostgreSQL that serve the department; whether there was any."""
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'alpr-edge department'"
        with self.postgresql.connect() as connection:
            found = [int(str(row[0])) for row in connection.execute(query).fetchall()]
        if found:
            os.kill(self.random.choice(sorted(found)), signal.SIGKILL)
        return bool(found)

    def start(self) -> None:
        """Start the servers and the cars."""
        self._ports = free_ports(SERVERS)
        for directory, port in zip(self.directories, self._ports, strict=True):
            command = [*SERVE, str(directory), "--port", str(port)]
            log = self.folder / f"{directory.name}.log"
            self.servers.append(RestartedProgram(partial(list, command), log, READY_TEXT))
        for unit_id in self.units:
            self.cars.append(RestartedProgram(partial(self._car, unit_id), self.folder / f"{unit_id}.log"))
        self.tend()

    def stop(self) -> None:
        """Kill all programs."""
        for program in (*self.servers, *self.cars):
            program.kill()

    def _car(self, unit_id: str) -> list[str]:
        return ["-m", "scripts.soak.department.car", self.task(unit_id).text]


@contextmanager
def department_stand(folder: Path, programs: tuple[Path, Path], cars: int, random: Random) -> Iterator[DepartmentStand]:
    """Set everything up and start it; all is stopped in the end, and the logs stay in the folder.

    Args:
        folder: an empty folder.
        programs: the folder of PostgreSQL's programs, and SeaweedFS.
        cars: how many.
        random: draws which server a car delivers to.
    """
    units = tuple(f"car-{number}" for number in range(cars))
    with ExitStack() as stack:
        postgresql = stack.enter_context(PostgresqlServer(programs[0], is_durable=True))
        bucket = SeaweedServer(programs[1])
        stack.callback(bucket.stop)
        bucket.wait()
        stand = DepartmentStand(folder, random, postgresql, bucket, units)
        first, second = stand.directories
        set_up_postgresql(initialise(first, ["127.0.0.1"]).directory, postgresql.url(postgresql.new_database()))
        set_images(first, **bucket.settings("torture"))
        enrol_fleet(first, units, folder / "units")
        shutil.copytree(first, second)
        create_keys(folder / "keys")
        stack.callback(stand.stop)
        stand.start()
        yield stand
