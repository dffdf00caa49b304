"""Lines of CSV that a spreadsheet opens, and takes no cell of for a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the begin of a formula."""


def csv_lines(lines: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Lines behind one of names; without any there is nothing."""
    for number, line in enumerate(lines):
        if number == 0:
            yield _csv_line(list(line))
        yield _csv_line([_cell(value) for value in line.values()])


def _csv_line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)  # RFC 4180
    return text.getvalue()


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
