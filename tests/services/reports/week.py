"""A week of a unit whose truth is known: which plates passed, how each was read, and what officers said of the hits.

All of it is drawn by a seed, with misreads planted by camera, night, width and pair of characters, and goes into the
real store. What a report has to say is counted here from the truth, and by nothing of the product.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from alpr_edge.domain.dispositions.disposition import Disposition, DispositionPart, DispositionText
from alpr_edge.domain.hits import MatchKind
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.page_requests.corrections import Correction, corrected_read
from alpr_edge.domain.reads import PlateRead, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.store.reads.dispositions import add_disposition
from alpr_edge.store.reads.repository import BATCH_MAX
from alpr_edge.store.unit_store import UnitStore
from tests.store.records import decided, hit, plate_read

MONDAY = date(2026, 11, 16)
NOON, MIDNIGHT = timedelta(hours=20), timedelta(hours=8)
"""UTC, at the place of the reads (37.64 north, 120.99 west): the sun stands high, and far below the horizon."""
MPS_OF_BANDS = {"standing": 0.0, "3 to 25 mph": 8.0, "45 to 65 mph": 25.0, "not known": None}
PX_OF_BANDS = {"below 60 px": 50.0, "80 to 120 px": 100.0, "160 px and above": 200.0}
SEEN_FOR = {"B": "8", "8": "B", "0": "D", "1": "7"}
"""What the planted reader reads for a character."""
JUDGING = ("correct", "misread", "wrong_state", "not_this_vehicle")


@dataclass(frozen=True)
class Sighting:
    """A vehicle that passed and is on lists, as the truth has it."""

    number: int
    moment: datetime
    camera: str
    light: str
    speed: str
    width: str
    plate: str
    """What it says."""
    text: str
    """What is read."""
    lists: tuple[str, ...]
    kind: MatchKind
    answer: str
    """Of an officer; empty: none."""
    is_told: bool
    """Whether the officer says what a misread plate says."""

    @property
    def read_id(self) -> str:
        return f"unit-1:read-{self.number}"

    @property
    def is_judged(self) -> bool:
        return self.answer in JUDGING


@dataclass
class WeekPlan:
    """How likely things are."""

    passes: int = 600
    misread_shares: dict[tuple[str, str], float] = field(
        default_factory=lambda: {("front", "day"): 0.03, ("front", "night"): 0.10, ("rear", "day"): 0.08,
                                 ("rear", "night"): 0.35}
    )  # fmt: skip
    """By camera and light."""
    narrow_factor: float = 2.0
    """How much likelier a narrow plate is misread."""


def sightings(seed: int, plan: WeekPlan, first: date = MONDAY, days: int = 7) -> list[Sighting]:
    """The truth of some days, in order of time."""
    draw = random.Random(seed)
    moments = sorted(
        datetime.combine(first + timedelta(days=draw.randrange(days)), datetime.min.time(), UTC)
        + draw.choice((NOON, MIDNIGHT))
        + timedelta(seconds=draw.randrange(3600))
        for _ in range(plan.passes)
    )
    return [_sighting(draw, plan, number, moment) for number, moment in enumerate(moments)]


def _sighting(draw: random.Random, plan: WeekPlan, number: int, moment: datetime) -> Sighting:
    camera, light = draw.choice(("front", "front", "rear")), "day" if moment.hour >= NOON.seconds // 3600 else "night"
    width = draw.choice(tuple(PX_OF_BANDS))
    share = plan.misread_shares[camera, light] * (plan.narrow_factor if width == "below 60 px" else 1.0)
    plate = f"{draw.randrange(10)}" + "".join(draw.choices("ABCDEFGH", k=3)) + f"{draw.randrange(1000):03d}"
    text = _misread(draw, plate) if draw.random() < share else plate
    answer = _answer(draw, is_right=text == plate)
    return Sighting(
        number, moment, camera, light, draw.choice(tuple(MPS_OF_BANDS)), width, plate, text,
        draw.choice((("doj",), ("bolo",), ("doj", "bolo"))), draw.choice(tuple(MatchKind)), answer, draw.random() < 0.8
    )  # fmt: skip


def _misread(draw: random.Random, plate: str) -> str:
    """One character for another: by habit where there is one of those, else the last for the next."""
    places = [place for place, character in enumerate(plate) if character in SEEN_FOR]
    if not places:
        return plate[:-1] + str((int(plate[-1]) + 1) % 10)
    place = draw.choice(places)
    return plate[:place] + SEEN_FOR[plate[place]] + plate[place + 1 :]


def _answer(draw: random.Random, *, is_right: bool) -> str:
    if draw.random() < 0.1:
        return draw.choice(("", "dismissed"))
    if not is_right:
        return "misread"
    return draw.choices(("correct", "wrong_state", "not_this_vehicle"), (90, 5, 5))[0]


def instant_at(moment: datetime) -> Instant:
    """A moment of one long boot, by the receiver."""
    since = moment - datetime.combine(date(2026, 1, 1), datetime.min.time(), UTC)
    return Instant("boot-1", round(since.total_seconds() * 1e9), moment, UtcSource.GNSS, 5.0)


def record_of(sighting: Sighting) -> ReadUpdate:
    """The read with its hits."""
    base = plate_read(sighting.read_id, sighting.text.replace("O", "0"))
    assert base.position is not None
    seen, speed = instant_at(sighting.moment), MPS_OF_BANDS[sighting.speed]
    width = PX_OF_BANDS[sighting.width]
    read = replace(
        base, camera_id=sighting.camera, first_seen=seen, last_seen=seen, box=Box(10.0, 20.0, 10.0 + width, 50.0),
        position=replace(base.position, speed_mps=speed), slot_votes=_slots(sighting.text),
    )  # fmt: skip
    found = []
    for source in sighting.lists:
        made = hit(f"{sighting.read_id}-{source}", sighting.read_id, read.plate)
        entry, generation = replace(made.entry, source=source), replace(made.generation, source=source)
        found.append(replace(made, entry=entry, generation=generation, kind=sighting.kind, matched_at=seen))
    return decided(read, hits=tuple(found))


def _slots(text: str) -> tuple[tuple[tuple[str, float], ...], ...]:
    return tuple(((character, 0.99),) for character in text)


def store_week(store: UnitStore, truth: list[Sighting]) -> None:
    """Put a truth into a store: reads, hits, an answer to the first hit of each, and the reads that were corrected."""
    records = [record_of(sighting) for sighting in truth]
    corrections = [
        decided(_correction_of(record.read, sighting))
        for record, sighting in zip(records, truth, strict=True)
        if sighting.answer == "misread" and sighting.is_told
    ]
    for batch in _batches([*records, *corrections]):
        store.reads.commit(batch)
    with store.database.write() as connection:
        for sighting in truth:
            if sighting.answer:
                add_disposition(connection, _disposition(sighting), "unit-1")


def _correction_of(read: PlateRead, sighting: Sighting) -> PlateRead:
    correction = Correction(f"{sighting.read_id}-{sighting.lists[0]}", sighting.read_id, sighting.plate, read.state)
    return corrected_read(read, correction, f"{sighting.read_id}-corrected", "ana")


def _disposition(sighting: Sighting) -> Disposition:
    hit_id = f"{sighting.read_id}-{sighting.lists[0]}"
    made = instant_at(sighting.moment + timedelta(minutes=1))
    who = ("ana", "Ana Ruiz", "2f1c")
    return Disposition(
        f"said-{sighting.number}", hit_id, DispositionPart.READ, sighting.answer, DispositionText(), "", *who, made
    )


def _batches(records: list[ReadUpdate]) -> Iterator[list[ReadUpdate]]:
    for begin in range(0, len(records), BATCH_MAX):
        yield records[begin : begin + BATCH_MAX]


def rows_of_truth(truth: list[Sighting]) -> dict[tuple[str, str], Counter[str]]:
    """The answers by table and value."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for each in truth:
        if each.is_judged:
            values = [("all", "all"), ("camera", each.camera), ("light", each.light), ("speed", each.speed)]
            values += [("width", each.width), ("list", each.lists[0]), ("match", each.kind.value)]
            for key in values:
                found.setdefault(key, Counter())[each.answer] += 1
    return found


def pairs_of_truth(truth: list[Sighting]) -> dict[tuple[str, str], tuple[int, int]]:
    """How often which character (second) was read as which (first), and how often that was read at all."""
    known = [each for each in truth if each.is_judged and (each.answer != "misread" or each.is_told)]
    read_counts = Counter(character for each in known for character in each.text)
    pairs = Counter(
        (read, says)
        for each in known
        if each.answer == "misread"
        for read, says in zip(each.text, each.plate, strict=True)
        if read != says
    )
    return {pair: (count, read_counts[pair[0]]) for pair, count in pairs.items()}
