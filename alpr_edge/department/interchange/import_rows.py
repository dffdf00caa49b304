"""Reads the rows of another system's CSV: each is a read, too old to be kept, or rejected with a reason.

A reason names the column and the rule and never the value: the list of what was rejected holds no plate.
"""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, TextIO
from zoneinfo import ZoneInfo

from alpr_edge.department.interchange.bodies import open_cell
from alpr_edge.department.interchange.import_map import EPOCH_MS, EPOCH_S, ISO, ImportMap
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.plates import CERTAIN_MIN, PLATE_LENGTH_MAX, canonical, is_readable
from alpr_edge.runtime.io_errors import io_errors

FILE_BYTES_MAX = 4 * 1024**3
CELL_CHARACTERS_MAX = 1_000
COLUMNS_MAX = 500
CONFIDENCE_MAX = CERTAIN_MIN - 0.01
"""Nothing that was imported is certain: nobody here measured how often the other system is right."""
YEAR_MIN = 1990
TEXT_CHARACTERS_MAX = 64
_HOUR_MS = 3_600_000.0


class RowError(Exception):
    """A row that is rejected; its text is the reason."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row of the file."""

    line: int
    """The line that it ends on, from 1."""
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ImportedRead:
    """A read as another system has it."""

    line: int
    plate: str
    """As it stands there."""
    seen: datetime
    """UTC."""
    uncertainty_ms: float | None
    """Of a local time in the hour that a change of the clocks repeats; else not known."""
    state: str | None
    camera: str
    place: tuple[float, float] | None
    """Degrees of latitude and longitude."""
    confidence: float
    vendor_id: str
    """Its id there; empty: the file has none."""
    pictures: Mapping[Literal["crop", "scene"], str]
    """Names of files by kind, ``crop`` or ``scene``."""


def file_rows(path: Path, rules: ImportMap) -> Iterator[ImportRow | tuple[int, str]]:
    """The rows of a file; of one that is no row of these columns its line and the reason."""
    encoding = "utf-8-sig" if rules.encoding == "utf-8" else rules.encoding
    with io_errors(f"{path}: cannot be read", DepartmentError):
        if path.stat().st_size > FILE_BYTES_MAX:
            raise DepartmentError(f"{path}: longer than {FILE_BYTES_MAX >> 30} GiB; split it")
        with path.open(encoding=encoding, newline="") as file:
            yield from _rows(path, file, rules)


def _rows(path: Path, file: TextIO, rules: ImportMap) -> Iterator[ImportRow | tuple[int, str]]:
    reader = csv.reader(file, delimiter=rules.delimiter, strict=True)
    try:
        columns = [name.strip() for name in next(reader, [])]
        _check_columns(path, columns, rules)
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(columns):
                yield reader.line_num, f"{len(cells)} cells, the first line has {len(columns)}"
            else:
                yield ImportRow(reader.line_num, dict(zip(columns, cells, strict=True)))
    except csv.Error as error:
        raise DepartmentError(f"{path}: line {reader.line_num}: not CSV: {error}") from None
    except UnicodeError:
        raise DepartmentError(
            f"{path}: after line {reader.line_num}: not {rules.encoding}; see encoding of the map"
        ) from None


def _check_columns(path: Path, columns: list[str], rules: ImportMap) -> None:
    if len(columns) > COLUMNS_MAX:
        raise DepartmentError(f"{path}: more than {COLUMNS_MAX} columns; see delimiter of the map")
    for name in rules.columns.names:
        if columns.count(name) != 1:
            fault = "has no column" if name not in columns else "has more than one column"
            raise DepartmentError(f"{path}: the first line {fault} {name!r}; see [columns] and delimiter of the map")


def read_of(row: ImportRow, rules: ImportMap, now: datetime) -> ImportedRead:
    columns = rules.columns
    cells = {name: _cell(name, row.cells[name]) for name in columns.names}
    plate = cells[columns.plate]
    text = canonical(plate)
    if not is_readable(text) or len(text) > PLATE_LENGTH_MAX or len(plate) > TEXT_CHARACTERS_MAX:
        raise RowError(f"{columns.plate}: no plate: 2 to {PLATE_LENGTH_MAX} letters and digits")
    seen, uncertainty_ms = _moment(" ".join(cells[name] for name in columns.time_columns), rules)
    if seen > now:
        raise RowError(f"{columns.time_columns[0]}: lies in the future")
    return ImportedRead(
        line=row.line,
        plate=plate,
        seen=seen,
        uncertainty_ms=uncertainty_ms,
        state=_state(columns.state, cells.get(columns.state, "")),
        camera=_short(columns.camera, cells.get(columns.camera, "")) or "unknown",
        place=_place(cells.get(columns.latitude, ""), cells.get(columns.longitude, "")),
        confidence=_confidence(columns.confidence, cells.get(columns.confidence, ""), rules.confidence_scale),
        vendor_id=_short(columns.id, cells.get(columns.id, "")),
        pictures={kind: cells[name] for kind, name in columns.picture_columns.items() if cells[name]},
    )


def _cell(name: str, text: str) -> str:
    if len(text) > CELL_CHARACTERS_MAX:
        raise RowError(f"{name}: longer than {CELL_CHARACTERS_MAX} characters")
    text = open_cell(text.strip()).strip()
    if not text.isprintable():
        raise RowError(f"{name}: holds a control character")
    return text


def _moment(text: str, rules: ImportMap) -> tuple[datetime, float | None]:
    """The moment of a text in UTC, and by how much the change of the clocks leaves it open."""
    name = rules.columns.time_columns[0]
    try:
        if rules.time_format in {EPOCH_S, EPOCH_MS}:
            seconds = float(text) / (1000 if rules.time_format == EPOCH_MS else 1)
            moment = datetime.fromtimestamp(seconds, UTC)
        elif rules.time_format == ISO:
            moment = datetime.fromisoformat(text)
        else:
            moment = datetime.strptime(text, rules.time_format)  # noqa: DTZ007 - the zone follows
        if moment.tzinfo is None:
            moment, uncertainty_ms = _in_zone(name, moment, rules.time_zone)
        else:
            uncertainty_ms = None
        moment = moment.astimezone(UTC)
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    except (ValueError, OverflowError, OSError):
        raise RowError(f"{name}: not a time as the map says ({rules.time_format})") from None
    if moment.year < YEAR_MIN:
        raise RowError(f"{name}: before {YEAR_MIN}: the other system's clock was not set")
    return moment, uncertainty_ms


def _in_zone(name: str, moment: datetime, zone: str) -> tuple[datetime, float | None]:
    if not zone:
        raise RowError(f"{name}: has no zone; see time_zone of the map")
    first, second = (moment.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first, None
    if first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != moment:
        raise RowError(f"{name}: a time that the change of the clocks left out")
    return first, _HOUR_MS


def _state(name: str, text: str) -> str | None:
    state = text.upper().removeprefix("US-")
    if not state:
        return None
    if len(state) != 2 or not (state.isascii() and state.isalpha()):
        raise RowError(f"{name}: not two letters")
    return state


def _short(name: str, text: str) -> str:
    if len(text) > TEXT_CHARACTERS_MAX:
        raise RowError(f"{name}: longer than {TEXT_CHARACTERS_MAX} characters")
    return text


def _place(latitude: str, longitude: str) -> tuple[float, float] | None:
    """A place; None where there is none, or where it is the zero of a receiver without a fix."""
    if not latitude and not longitude:
        return None
    try:
        place = float(latitude), float(longitude)
    except ValueError:
        raise RowError("latitude, longitude: not two numbers") from None
    if not (math.isfinite(sum(place)) and abs(place[0]) <= 90 and abs(place[1]) <= 180):
        raise RowError("latitude, longitude: no place on the earth")
    return None if place == (0.0, 0.0) else place


def _confidence(name: str, text: str, scale: float) -> float:
    """What the other system says of its read, never as much as is certain; 0: nothing."""
    if not text:
        return 0.0
    try:
        value = float(text) / scale
    except ValueError:
        raise RowError(f"{name}: not a number") from None
    if not 0 <= value <= 1:
        raise RowError(f"{name}: not from 0 to the confidence_scale of the map")
    return min(value, CONFIDENCE_MAX)


def is_too_old(read: ImportedRead, now: datetime, read_days: float) -> bool:
    """Whether a read was kept for its period already, counted from its capture (policy 462.5)."""
    return read.seen + timedelta(days=read_days) <= now
