"""Reads of a fleet over weeks: places cluster, most plates are seen once, some of them hundreds of times.

Made from a seed, block by block, as rows for COPY or as items that units deliver.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from alpr_edge.department.ingest.records import JPEG_START
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.ground.cells import cell_of
from alpr_edge.domain.instants import Instant, UtcSource, rfc3339
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest, encode, read_payload
from alpr_edge.domain.reads import Alternative, EvidenceKind, EvidenceRef, PlateRead
from alpr_edge.domain.recognition.boxes import Box

UNITS = tuple(f"car-{number}" for number in range(100))
START = datetime(2026, 1, 5, tzinfo=UTC)
SECONDS_A_READ = 0.864
"""Of the whole fleet: 100,000 reads a day."""
CENTRE = (37.64, -120.99)
LOCAL_PLATES, ALL_PLATES = 200_000, 20_000_000
LOCAL_SHARE, PLACELESS_SHARE, UNTIMED_SHARE = 0.4, 0.03, 0.02
SPOTS = 2_000
"""Crossings and car parks that most reads lie around."""
BLOCK = 50_000
READ_COLUMNS = (
    *("read_id", "unit_id", "camera_id", "plate", "state", "confidence", "vote_count", "first_seen", "last_seen"),
    *("utc_source", "lat_deg", "lon_deg", "seen_at", "cell"),
)
ITEM_COLUMNS = ("item_id", "unit_id", "kind", "sha256", "length", "received_at")
PICTURES = (EvidenceKind.CROP, EvidenceKind.SCENE)
"""Of a read that has some."""
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_SERIALS = 6 * len(_LETTERS) ** 3 * 1000
_STRIDE = 40_503_001
"""Prime, so that plates whose numbers are near are not alike."""
_CAMERAS = ("front", "rear")


@dataclass(frozen=True, slots=True)
class TrafficBlock:
    """Some reads, a value of each in every column."""

    first: int
    plates: list[str]
    units: list[int]
    places: list[tuple[float, float] | None]
    are_timed: list[bool]
    seeds: list[int]
    """Random numbers for ids."""

    def __len__(self) -> int:
        return len(self.plates)

    def moment(self, place: int) -> datetime:
        """When a read was seen."""
        return START + timedelta(seconds=(self.first + place) * SECONDS_A_READ)

    def read_id(self, place: int) -> str:
        """The id of a read, which begins with its time as units make it."""
        milliseconds = int(self.moment(place).timestamp() * 1000)
        number = milliseconds << 80 | 7 << 76 | 2 << 62 | self.seeds[place] & (1 << 62) - 1
        return f"{UNITS[self.units[place]]}:{uuid.UUID(int=number)}"


class FleetTraffic:
    """The reads of the fleet, by their numbers in the order of time.

    Args:
        seed: of all that is random.
    """

    def __init__(self, seed: int = 462) -> None:
        self._seed = seed
        random = np.random.default_rng(seed)
        north, east = random.normal(0, 0.12, SPOTS), random.normal(0, 0.15, SPOTS)
        self.spots = np.stack([CENTRE[0] + north, CENTRE[1] + east], axis=1)

    def blocks(self, first: int, count: int) -> Iterator[TrafficBlock]:
        """The reads from a number on, some at a time."""
        for start in range(first, first + count, BLOCK):
            yield self.block(start, min(BLOCK, first + count - start))

    def block(self, first: int, count: int) -> TrafficBlock:
        """Some reads."""
        random = np.random.default_rng([self._seed, first])
        spots = self.spots[(SPOTS * random.random(count) ** 2).astype(int)]
        places = spots + random.normal(0, 0.0015, (count, 2))
        has_place = (random.random(count) >= PLACELESS_SHARE).tolist()
        return TrafficBlock(
            first,
            [plate_text(number) for number in self.plate_numbers(random, count)],
            random.integers(0, len(UNITS), count).tolist(),
            [(lat, lon) if has else None for (lat, lon), has in zip(places.tolist(), has_place, strict=True)],
            (random.random(count) >= UNTIMED_SHARE).tolist(),
            random.integers(0, 1 << 62, count).tolist(),
        )

    def plate_numbers(self, random: np.random.Generator, count: int) -> list[int]:
        """Numbers of plates: those of the county often, the first of them most; others hardly twice."""
        local = (LOCAL_PLATES * random.random(count) ** 2).astype(int)
        others = random.integers(LOCAL_PLATES, ALL_PLATES, count)
        numbers: list[int] = np.where(random.random(count) < LOCAL_SHARE, local, others).tolist()
        return numbers


def plate_text(number: int) -> str:
    """The plate of a number, in California's form."""
    serial, digits = divmod(number * _STRIDE % _SERIALS, 1000)
    letters = ""
    for _ in range(3):
        serial, letter = divmod(serial, len(_LETTERS))
        letters += _LETTERS[letter]
    return f"{serial + 4}{letters}{digits:03}"


def read_lines(block: TrafficBlock) -> Iterator[str]:
    """The rows of reads for COPY, with the columns :data:`READ_COLUMNS`."""
    for place, plate in enumerate(block.plates):
        moment, spot = block.moment(place), block.places[place]
        text = rfc3339(moment)
        seen_at, source = (f"{moment:%Y-%m-%d %H:%M:%S.%f}", "gnss") if block.are_timed[place] else ("\\N", "rtc")
        ground = "\\N\t\\N" if spot is None else f"{spot[0]!r}\t{spot[1]!r}"
        cell = "\\N" if spot is None else cell_of(*spot)
        yield (
            f"{block.read_id(place)}\t{UNITS[block.units[place]]}\t{_CAMERAS[place % 2]}\t{plate}\tCA\t0.93\t8\t"
            f"{text}\t{text}\t{source}\t{ground}\t{seen_at}\t{cell}\n"
        )


def item_lines(block: TrafficBlock) -> Iterator[str]:
    """The rows of items for COPY, with the columns :data:`ITEM_COLUMNS`; without bodies, which no index holds."""
    for place, seed in enumerate(block.seeds):
        sha256 = f"{seed:016x}{block.first + place:016x}" * 2
        received = f"{block.moment(place):%Y-%m-%d %H:%M:%S.%f}"
        yield f"{block.read_id(place)}\t{UNITS[block.units[place]]}\tread\t{sha256}\t900\t{received}\n"


def deliveries(traffic: FleetTraffic, first: int, count: int, batch: int) -> list[tuple[str, list[OutboxItem]]]:
    """Batches of reads as units deliver them, each with its unit; the units take turns."""
    block = traffic.block(first, count)
    batches = []
    for start in range(0, count, batch):
        unit = start // batch % len(UNITS)
        places = range(start, min(start + batch, count))
        batches.append((UNITS[unit], [_item(block, place, UNITS[unit]) for place in places]))
    return batches


def pictured_deliveries(
    traffic: FleetTraffic, first: int, count: int, batch: int
) -> Iterator[tuple[str, list[OutboxItem]]]:
    """Likewise, each read with two pictures, which are small."""
    block = traffic.block(first, count)
    for start in range(0, count, batch):
        unit_id, items = UNITS[start // batch % len(UNITS)], list[OutboxItem]()
        for place in range(start, min(start + batch, count)):
            pictures = [JPEG_START + f"{kind} {block.seeds[place]} {first + place}".encode() for kind in PICTURES]
            items.append(_item(block, place, unit_id, pictures))
            items += [OutboxItem(digest(body), ItemKind.IMAGE, body, digest(body)) for body in pictures]
        yield unit_id, items


def _item(block: TrafficBlock, place: int, unit_id: str, pictures: Sequence[bytes] = ()) -> OutboxItem:
    plate, spot = block.plates[place], block.places[place]
    source = UtcSource.GNSS if block.are_timed[place] else UtcSource.RTC
    at = Instant("boot", (block.first + place) * 1_000_000, block.moment(place), source, 12.5)
    read = PlateRead(
        read_id=f"{unit_id}:{block.read_id(place).partition(':')[2]}",
        unit_id=unit_id,
        camera_id=_CAMERAS[place % 2],
        plate=plate,
        confidence=0.93,
        alternatives=(Alternative(f"{plate[:6]}8", 0.04), Alternative(f"{plate[:5]}B{plate[6]}", 0.01)),
        slot_votes=tuple(((character, 0.97), ("8", 0.02)) for character in plate),
        vote_count=8,
        first_seen=at,
        last_seen=at.shift(400),
        first_frame=place,
        last_frame=place + 12,
        box=Box(10.5, 20.25, 110.0, 50.0),
        position=None if spot is None else Position(*spot, 140.0, 0.9, "gnss", 12.5, 271.0),
        model_ids=("detector@1", "reader@1"),
        state="CA",
        evidence=tuple(
            EvidenceRef(kind, digest(body), len(body)) for kind, body in zip(PICTURES, pictures, strict=False)
        ),
    )
    body = encode(read_payload(read))
    return OutboxItem(read.read_id, ItemKind.READ, body, digest(body))
