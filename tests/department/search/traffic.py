"""Reads of two units over three days, with what is known of each, to compare searches with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from random import Random

from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.search.criteria import DepartmentSearch
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant, UtcSource, rfc3339
from alpr_edge.domain.patterns import canonical_partial
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest, encode, read_payload
from alpr_edge.domain.protocol.time_corrections import PlacedPayload, TimePayload, time_item_id
from tests.store.records import plate_read

UNITS = ("car-1", "car-2")
CAMERAS = ("front", "rear")
STATES = ("CA", "NV", None)
BEGIN = datetime(2026, 5, 4, tzinfo=UTC)
DAYS = 3
CENTRE = (37.639, -120.997)


@dataclass(frozen=True, slots=True)
class KnownRead:
    """A read as its unit sent it, and what is sure of it."""

    read_id: str
    unit_id: str
    camera_id: str
    plate: str
    state: str | None
    stamped: datetime
    source: UtcSource
    position: Position | None
    said: datetime | bool | None = None
    """What the unit said later: when it was; False: that it is not sure. None: nothing."""

    @property
    def seen_at(self) -> datetime | None:
        """When it was, where that is sure."""
        if isinstance(self.said, datetime):
            return self.said
        is_sure = self.said is None and self.source in {UtcSource.GNSS, UtcSource.NTP}
        return self.stamped if is_sure else None

    def items(self) -> list[OutboxItem]:
        """The read, and what was said of its time, in any order."""
        first = Instant("boot", 1, self.stamped, self.source, 12.5)
        read = replace(
            plate_read(self.read_id, self.plate),
            unit_id=self.unit_id,
            camera_id=self.camera_id,
            state=self.state,
            first_seen=first,
            last_seen=first.shift(400),
            position=self.position,
        )
        body = encode(read_payload(read))
        items = [OutboxItem(self.read_id, ItemKind.READ, body, digest(body))]
        if self.said is None:
            return items
        return [time_item(self.read_id, self.unit_id, self.said), *items]


def time_item(read_id: str, unit_id: str, said: datetime | bool) -> OutboxItem:
    """What a unit says later of a read's time."""
    placed = None if isinstance(said, bool) else PlacedPayload(utc=rfc3339(said), uncertainty_ms=40.0, basis="placed")
    is_sure = placed is not None
    body = encode(
        TimePayload(read_id=read_id, unit_id=unit_id, boot_id="boot", sure=is_sure, first_seen=placed, last_seen=placed)
    )
    return OutboxItem(time_item_id(read_id, sure=is_sure), ItemKind.TIME, body, digest(body))


def make_traffic(count: int, seed: int = 462) -> list[KnownRead]:
    """Reads of many plates, some seen often, in a few square kilometres; some without a place or a sure time."""
    random = Random(seed)
    plates = ["".join(random.choices("07ABC", k=random.choice((2, 5, 6, 7)))) for _ in range(count // 3)]
    return [_read(number, random.choice(plates[: random.choice((5, len(plates)))]), random) for number in range(count)]


def _read(number: int, plate: str, random: Random) -> KnownRead:
    unit_id = random.choice(UNITS)
    stamped = BEGIN + timedelta(seconds=random.randrange(DAYS * 24 * 720) * 5)  # some at the same moment
    north, east = random.gauss(0, 0.01), random.gauss(0, 0.01)
    place = Position(CENTRE[0] + north, CENTRE[1] + east, 140.0, 0.9, "gnss", 12.5, 271.0)
    return KnownRead(
        read_id=f"{unit_id}:{random.getrandbits(48):012x}-{number}",
        unit_id=unit_id,
        camera_id=random.choice(CAMERAS),
        plate=plate,
        state=random.choice(STATES),
        stamped=stamped,
        source=random.choice((UtcSource.GNSS, UtcSource.GNSS, UtcSource.NTP, UtcSource.RTC)),
        position=None if number % 17 == 0 else place,
        said=random.choice((None, None, None, None, stamped + timedelta(hours=7), False)),
    )


def store_traffic(storage: Storage, traffic: Sequence[KnownRead]) -> None:
    """Store reads as their units deliver them."""
    for unit_id in UNITS:
        items = [item for read in traffic if read.unit_id == unit_id for item in read.items()]
        for start in range(0, len(items), 100):
            some = items[start : start + 100]
            answers = storage.store(unit_id, [Part(each.item_id, each.kind, each.body, each.sha256) for each in some])
            assert {answer.status for answer in answers} == {200}, answers


def matching_ids(traffic: Sequence[KnownRead], search: DepartmentSearch, *, by_plate: bool) -> list[str]:
    """The ids of the reads that a search has to find, in its order, found by looking at each of them."""
    fitting = sorted((read for read in traffic if _fits(read, search)), key=lambda read: read.read_id, reverse=True)
    fitting.sort(key=lambda read: read.seen_at or datetime.min.replace(tzinfo=UTC), reverse=True)
    if by_plate:
        fitting.sort(key=lambda read: read.plate)
    return [read.read_id for read in fitting]


def _fits(read: KnownRead, search: DepartmentSearch) -> bool:
    patterns = [canonical_partial(text) for text in search.plates]
    if patterns and not any(fnmatchcase(read.plate, pattern) for pattern in patterns):
        return False
    pairs = (
        (search.unit_id, read.unit_id),
        (search.camera_id, read.camera_id),
    )
    if search.state and read.state not in {search.state, None}:
        return False
    if any(wanted not in {None, value} for wanted, value in pairs):
        return False
    if search.area is not None and (read.position is None or not search.area.contains(read.position)):
        return False
    return _is_in_time(read, search)


def _is_in_time(read: KnownRead, search: DepartmentSearch) -> bool:
    if search.is_untimed or search.period is None:
        return read.seen_at is None or not search.is_untimed
    return read.seen_at is not None and search.period.begin <= read.seen_at < search.period.end
