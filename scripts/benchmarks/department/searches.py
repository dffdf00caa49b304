"""Measures searches over a large department on PostgreSQL, and whether storing a read stays cheap as the tables grow.

Reads are stored by the department's own code in this process, without a network; searches run by themselves. What a
page takes includes counting what it could not see. Then many people search at once, at the page, beside units.
"""

import itertools
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
from alpr_edge.department.search.department_searches import DepartmentSearches
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.protocol.items import OutboxItem
from alpr_edge.domain.restrictions import Area
from scripts.benchmarks.department import people_load
from scripts.benchmarks.department.departments import make_department, required_programs
from scripts.benchmarks.department.people_load import PeopleLoad
from scripts.benchmarks.department.postgresql import PostgresqlServer
from scripts.benchmarks.department.table_growth import grow, sizes
from scripts.benchmarks.department.traffic import SECONDS_A_READ, START, FleetTraffic, deliveries, plate_text
from scripts.benchmarks.figures import figure

OPTIONS = {
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
    "wal_compression": "lz4",
    "checkpoint_timeout": "30min",
}
"""What the guide says of a fleet's server."""
TARGETS_MS = {"exact": 20, "wildcard": 100, "area": 100}
RATIO_TARGET = 1.2
BATCH = 50
WARM_UP = 20
"""Batches, or searches, before those that count."""


MakeSearch = Callable[[np.random.Generator], DepartmentSearch]
"""Makes a search like others of its kind."""


@dataclass(frozen=True, slots=True)
class SearchSize:
    """How large the tables are, and how much is measured."""

    rows: tuple[int, int] = (100_000, 10_000_000)
    """Reads, before and after they have grown."""
    stored: int = 75_000
    """Reads stored at each size: what 250 a second are in five minutes. Each begins at a checkpoint, after which the
    first read on a page of an index has the whole page logged, so that fewer reads would cost more each."""
    searches: int = 400
    """Of each kind."""
    load: PeopleLoad = field(default_factory=PeopleLoad)
    """The people who search at once afterwards."""


@dataclass(frozen=True, slots=True)
class ReadCost:
    """What storing a read takes, in microseconds."""

    wall_us: float
    own_cpu_us: float
    database_cpu_us: float


def run(size: SearchSize | None = None) -> None:
    """Print the figures.

    Args:
        size: of the tables; None: 100,000 and ten million reads.

    Raises:
        DepartmentError: PostgreSQL is not installed.
        StoreError: something was not stored.
    """
    with (
        tempfile.TemporaryDirectory(prefix="bench-search-") as folder,
        PostgresqlServer(required_programs(), is_durable=True, options=OPTIONS) as server,
    ):
        name = server.new_database()
        directory = make_department(Path(folder), server.url(name))
        load_roster_signer(directory)
        measure(server, name, directory, size or SearchSize())


def measure(server: PostgresqlServer, name: str, directory: Path, size: SearchSize) -> None:
    """Print the figures of an empty department.

    Args:
        server: its server.
        name: its database.
        directory: its folder.
        size: of the tables.
    """
    traffic, costs, rows = FleetTraffic(), list[ReadCost](), 0
    with server.connect(name) as connection:
        for target in size.rows:
            grow(connection, traffic, rows, target - rows)
            costs.append(_storing_cost(server, directory, deliveries(traffic, target, size.stored, BATCH)))
            rows = target + size.stored
            bytes_of = sizes(connection)
    span = "_".join(f"{rows:.0e}".replace("e+0", "e") for rows in size.rows)
    about = {f"{target:.0e}": _cost_fields(cost) for target, cost in zip(size.rows, costs, strict=True)}
    figure(
        f"department.postgresql.cost_ratio_{span}",
        costs[1].wall_us / costs[0].wall_us,
        "ratio",
        {"target": RATIO_TARGET},
        **about,
    )
    about_size = {"rows": rows, "gigabytes": {table: round(count / 1e9, 2) for table, count in bytes_of.items()}}
    with closing(DepartmentDatabase(directory, create=False)) as database:
        _measure_searches(DepartmentSearches(database), _kinds(traffic, rows), size.searches, about_size)
    people_load.measure(directory, _forms(_kinds(traffic, rows), size.load), size.load, {"rows": rows})


def _forms(kinds: dict[str, MakeSearch], load: PeopleLoad) -> list[dict[str, str]]:
    """The fields of the page's form for the searches of people, who take turns of the kinds."""
    random, makers = np.random.default_rng(462), itertools.cycle(kinds.values())
    return [_form(make(random)) for make in itertools.islice(makers, load.people * load.searches)]


def _form(search: DepartmentSearch) -> dict[str, str]:
    fields = {"plate": " ".join(search.plates)}
    if search.period is not None:
        begin, end = search.period.begin, search.period.end
        fields |= {"time": "between", "begin": begin.isoformat(), "end": end.isoformat()}
    if isinstance(search.area, Area):
        fields |= {"at": f"{search.area.lat_deg},{search.area.lon_deg}", "radius": f"{search.area.radius_m}"}
    return fields


def _measure_searches(
    searches: DepartmentSearches, kinds: dict[str, MakeSearch], count: int, about_size: dict[str, object]
) -> None:
    """Print how long the first pages of searches take, kind by kind."""
    for kind, make in kinds.items():
        times, reads = _times(searches, make, count)
        p50, p99 = (round(float(each), 2) for each in np.percentile(times, (50, 99)))
        about = {"target": TARGETS_MS.get(kind)}
        name = f"department.postgresql.{kind}_p99_ms"
        figure(name, p99, "ms", about, of=len(times), p50=p50, reads_a_page=reads, **about_size)


def _storing_cost(server: PostgresqlServer, directory: Path, batches: list[tuple[str, list[OutboxItem]]]) -> ReadCost:
    """What storing each of some reads takes, the first batches apart."""
    with closing(Storage(directory)) as storage:
        parts = [
            (unit, [Part(each.item_id, each.kind, each.body, each.sha256) for each in items]) for unit, items in batches
        ]
        for unit, some in parts[:WARM_UP]:
            storage.store(unit, some)
        count = sum(len(some) for _, some in parts[WARM_UP:])
        began, own, database = time.monotonic(), time.process_time(), _cpu_seconds(server.process_id)
        for unit, some in parts[WARM_UP:]:
            answers = storage.store(unit, some)
            if any(answer.status != 200 for answer in answers):
                raise StoreError("a read was not stored")
        seconds = time.monotonic() - began, time.process_time() - own, _cpu_seconds(server.process_id) - database
    return ReadCost(*(each / count * 1e6 for each in seconds))


def _cpu_seconds(parent: int) -> float:
    """The processor's time of a server of PostgreSQL: of its processes, and of those that ended."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent:
            ticks += int(fields[11]) + int(fields[12])
        elif int(path.parent.name) == parent:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _kinds(traffic: FleetTraffic, rows: int) -> dict[str, MakeSearch]:
    """The kinds of searches that are measured."""

    def plate(random: np.random.Generator) -> str:
        return plate_text(traffic.plate_numbers(random, 1)[0])

    def wildcard(random: np.random.Generator) -> DepartmentSearch:
        text, place = plate(random), int(random.integers(0, 5))
        begin, end = ("" if place == 0 else "*"), ("" if place == 4 else "*")
        return DepartmentSearch((f"{begin}{text[place : place + 3]}{end}",))

    def apart(random: np.random.Generator) -> DepartmentSearch:
        known = set(random.choice(7, 3, replace=False).tolist())
        return DepartmentSearch(("".join(c if n in known else "?" for n, c in enumerate(plate(random))),))

    def area(random: np.random.Generator) -> DepartmentSearch:
        lat_deg, lon_deg = traffic.spots[int(len(traffic.spots) * random.random() ** 2)].tolist()
        begin = START + timedelta(seconds=float(random.random() * rows * SECONDS_A_READ))
        circle = Area(lat_deg, lon_deg, float(random.uniform(300, 1000)))
        return DepartmentSearch((), SearchPeriod(begin, begin + timedelta(hours=1)), circle)

    return {
        "exact": lambda random: DepartmentSearch((plate(random),)),
        "wildcard": wildcard,
        "scattered_wildcard": apart,
        "area": area,
    }


def _times(searches: DepartmentSearches, make: MakeSearch, count: int) -> tuple[list[float], float]:
    """Milliseconds of the first pages of searches, and their mean number of reads."""
    random, times, reads = np.random.default_rng(462), list[float](), 0
    for number in range(WARM_UP + count):
        search, began = make(random), time.monotonic()
        page = searches.page(search)
        if number >= WARM_UP:
            times.append((time.monotonic() - began) * 1e3)
            reads += len(page.reads)
    return times, round(reads / count, 1)


def _cost_fields(cost: ReadCost) -> dict[str, int]:
    return {
        "wall_us": round(cost.wall_us),
        "own_cpu_us": round(cost.own_cpu_us),
        "database_cpu_us": round(cost.database_cpu_us),
    }
