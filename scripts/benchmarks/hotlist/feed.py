"""A made-up list of any size, and reads of which some are on it. The same numbers give the same list."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from alpr_edge.domain.matching import CONFUSABLES_MAX, MatchQuery
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.reads import Alternative

SEED = 462
PARTIALS = 1000
LISTED_SHARE = 0.02
"""Of the reads timed: fifty times that of the road (one in 2,840), so that the 99th percentile is one of a hit."""
_HEADER = (
    "Plate Number,State,Category,Vehicle Year,Vehicle Make,Vehicle Model,Vehicle Color,Record ID,Effective Date,Notes\n"
)
_BATCH = 100_000
_DIGITS, _LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STATES = ("CA",) * 8 + ("NV", "OR", "AZ", "WA")
_REASONS = ("Stolen Vehicle", "Stolen Plate", "Felony Vehicle", "Wanted Person", "Missing Person")
_COLOURS = ("BLK", "WHI", "SIL", "GRY", "RED", "BLU", "GRN", "BRO")
_MODELS = (
    "HONDA,CIVIC", "HONDA,ACCORD", "TOYOTA,CAMRY", "TOYOTA,COROLLA", "FORD,F150", "FORD,FOCUS", "CHEVROLET,SILVERADO",
    "NISSAN,ALTIMA", "JEEP,WRANGLER", "BMW,328I", "KIA,OPTIMA", "HYUNDAI,ELANTRA",
)  # fmt: skip
_LOOKALIKES = {"8": "B", "B": "8", "1": "I", "I": "1", "5": "S", "S": "5", "2": "Z", "Z": "2", "0": "D", "D": "0"}


def plates(random: np.random.Generator, count: int) -> list[str]:
    """Serials of California's pattern."""
    number = random.integers(0, 10 * 26**3 * 1000, count).tolist()
    return [
        f"{n % 10}{_LETTERS[n // 10 % 26]}{_LETTERS[n // 260 % 26]}{_LETTERS[n // 6760 % 26]}{n // 175_760:03d}"
        for n in number
    ]


def write_feed(path: Path, entries: int) -> None:
    """Write a list as CSV, about 72 bytes an entry, with :data:`PARTIALS` partial plates at its end."""
    random = np.random.default_rng(SEED)
    partial = min(PARTIALS, entries // 2)
    with path.open("w", encoding="ascii") as file:
        file.write(_HEADER)
        for start in range(0, entries - partial, _BATCH):
            count = min(_BATCH, entries - partial - start)
            file.writelines(_lines(plates(random, count), random))
        file.writelines(_lines(partials(partial), random))


def write_list(path: Path, texts: Sequence[str]) -> None:
    """Write a list of some plates in the form of :func:`write_feed`."""
    with path.open("w", encoding="ascii") as file:
        file.write(_HEADER)
        file.writelines(_lines(texts, np.random.default_rng(SEED)))


def partials(count: int) -> list[str]:
    """Partial plates, each another."""
    return [f"{n % 10}{_LETTERS[n // 10 % 26]}?*{n % 7}{n // 260 % 10}" for n in range(count)]


def listed_plates(entries: int, count: int) -> list[str]:
    """Some of the plates of :func:`write_feed`."""
    return plates(np.random.default_rng(SEED), min(_BATCH, entries - min(PARTIALS, entries // 2)))[:count]


def looks(entries: int, count: int) -> list[MatchQuery]:
    """Reads as the vote makes them: most sure, some with a few other texts, one in twenty with all it may have."""
    random = np.random.default_rng(SEED + 1)
    entry_plates = listed_plates(entries, count)
    texts = [
        entry_plates[index % len(entry_plates)] if draw < LISTED_SHARE else other
        for index, (draw, other) in enumerate(zip(random.random(count), plates(random, count), strict=True))
    ]
    others = random.choice([0, 1, 2, 3, CONFUSABLES_MAX], count, p=[0.6, 0.2, 0.1, 0.05, 0.05])
    return [
        MatchQuery(canonical(plate), "CA", None, None, tuple(_alternatives(canonical(plate), int(number))))
        for plate, number in zip(texts, others, strict=True)
    ]


def _alternatives(plate: str, count: int) -> Iterator[Alternative]:
    for place in range(count):
        at = place % len(plate)
        character = _LOOKALIKES.get(plate[at], _DIGITS[place])
        yield Alternative(canonical(plate[:at] + character + plate[at + 1 :]), 0.3 / (place + 1))


def _lines(texts: Sequence[str], random: np.random.Generator) -> Iterator[str]:
    draws = random.integers(0, 2**31, (5, len(texts))).tolist()
    for plate, which, model, record, day, year in zip(texts, *draws, strict=True):
        yield (
            f"{plate},{_STATES[which % 12]},{_REASONS[which % 5]},{1990 + year % 36},{_MODELS[model % 12]},"
            f"{_COLOURS[model % 8]},V{record:010d},2026-{1 + day % 12:02d}-{1 + day % 28:02d},\n"
        )
