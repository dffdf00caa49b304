"""The fields of formats with a record a line: where a cell is, what its content must look like, and its meaning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from alpr_edge.hotlist.formats.row_builder import REMEMBERED_MAX, Cells

Looks = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a line."""

    role: str
    """A field of :class:`.row_builder.Cells`; several of ``vehicle`` or ``remarks`` are joined."""
    first: int
    """Its first column, from 1; between delimiters its number."""
    last: int = 0
    """Its last column; 0: to the end of the line, or between delimiters."""
    looks: Looks | None = None
    """Whether a cell's content can be this field's."""
    wrong: str = ""
    """What is wrong where it cannot."""
    label: str = ""
    """Text before the cell in the remarks."""

    @property
    def place(self) -> str:
        """Name of the place for reports."""
        if self.last == self.first:
            return str(self.first)
        return f"{self.first}-{self.last}" if self.last else f"{self.first}"


def gather_cells(fields: Sequence[Field], texts: Sequence[str]) -> Cells:
    """The cells of a line by their meaning."""
    values = dict.fromkeys(Cells._fields, "")
    for field, cell in zip(fields, texts, strict=True):
        text = cell.strip()
        if not text:
            continue
        if field.role == "remarks":
            text = f"{field.label} {iso_day(text) if field.looks is is_day else text}".strip()
            values["remarks"] += f", {text}" if values["remarks"] else text
        elif field.role == "vehicle":
            values["vehicle"] += f" {text}"
        else:
            values[field.role] = text
    return Cells(**values)


def iso_day(day: str) -> str:
    """``YYYYMMDD`` with dashes between year, month and day."""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


@lru_cache(maxsize=REMEMBERED_MAX)
def is_day(text: str) -> bool:
    """Whether a cell is ``YYYYMMDD`` of the calendar, or blank."""
    if not text.strip():
        return True
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return False
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def is_year(text: str) -> bool:
    """Whether a cell is a year of four digits, or blank."""
    return not text.strip() or (len(text) == 4 and text.isascii() and text.isdigit())


def is_plate_cell(text: str) -> bool:
    """Whether a cell can hold one plate: with a gap inside it holds the end of one and another field's beginning."""
    return "  " not in text.strip()


@lru_cache(maxsize=REMEMBERED_MAX)
def is_state(text: str) -> bool:
    """Whether a cell is two letters, the letter O written as zero or not."""
    return len(text) == 2 and text.isascii() and text.isupper() and text.replace("0", "O").isalpha()


def is_state_or_blank(text: str) -> bool:
    """Whether a cell is two letters, the letter O written as zero or not, or blank."""
    return not text.strip() or is_state(text)


def is_letter(text: str) -> bool:
    """Whether a cell is one capital letter."""
    return len(text) == 1 and "A" <= text <= "Z"


def is_number(text: str) -> bool:
    """Whether a cell is digits alone, or blank."""
    return not text.strip() or (text.isascii() and text.isdigit())
