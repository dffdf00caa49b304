"""What all commands print alike: JSON, times, counts, and tables that fit the terminal or the pipe.

The rule of ``--json``: a command that lists things prints one object a line, and nothing when there is none; every
other command prints one object on one line. Times are UTC by RFC 3339, with ``Z``; what is unknown is ``null``.
"""

import dataclasses
import itertools
import json
import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import typer

from alpr_edge.domain.instants import rfc3339

UNKNOWN_TIME = "unknown"
Row = Sequence[str]
_GAP = "  "


def print_object(value: object) -> None:
    """Print one thing as a line of JSON: a mapping, or a dataclass with its fields."""
    typer.echo(json_text(value))


def print_lines(values: Iterable[object]) -> None:
    """Print a listing as JSON: one object a line."""
    for value in values:
        print_object(value)


def json_text(value: object) -> str:
    """One line of JSON of a mapping or dataclass; moments, paths and sets in it as this module says."""
    return json.dumps(_plain(value), default=_plain)


def utc_text(moment: datetime | None) -> str | None:
    """Give a moment as JSON has it; None when it is unknown. Without a zone it is UTC, as databases keep it."""
    return None if moment is None else rfc3339(_aware(moment))


def time_text(moment: datetime | None, zone: tzinfo | None = None) -> str:
    """Give a moment for people: UTC, and the local time beside it where that differs.

    Args:
        moment: the moment; without a zone it is UTC.
        zone: the zone of the reader; None: this computer's.
    """
    if moment is None:
        return UNKNOWN_TIME
    utc = _aware(moment).astimezone(UTC)
    local = utc.astimezone(zone)
    text = f"{utc:%Y-%m-%d %H:%M:%S}Z"
    if not local.utcoffset():
        return text
    same_day = local.date() == utc.date()
    return f"{text} ({local:{'%H:%M:%S' if same_day else '%Y-%m-%d %H:%M:%S'} %Z})"


def count_text(count: int, noun: str, plural: str = "") -> str:
    """Give a number with its noun: "1 fault", "2 faults"."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def print_table(
    headers: Row,
    rows: Sequence[Row],
    colours: Sequence[str | None] | None = None,
    notes: Sequence[str] | None = None,
) -> None:
    """Print a table as wide as the terminal, or 80 columns in a pipe (``COLUMNS`` says otherwise); nothing is cut.

    Cells wrap at spaces. Where even that does not fit, each row becomes a block with a line for each cell.

    Args:
        colours: a colour of click for each row, or None.
    """
    columns = [list(column) for column in zip(headers, *rows, strict=True)]
    total = shutil.get_terminal_size().columns
    widths = _column_widths(columns, total)
    notes = notes or [""] * len(rows)
    if widths is None:
        _print_blocks(headers, rows, notes)
        return
    _print_row(headers, widths, bold=True)
    for row, colour, note in zip(rows, colours or [None] * len(rows), notes, strict=True):
        _print_row(row, widths, fg=colour)
        for line in _wrapped_lines(note, total - len(_GAP)):
            typer.echo(f"{_GAP}{line}")


def _print_row(row: Row, widths: Sequence[int], **style: Any) -> None:  # noqa: ANN401 - those of click
    cells = [_wrapped_lines(cell, width) for cell, width in zip(row, widths, strict=True)]
    for parts in itertools.zip_longest(*cells, fillvalue=""):
        line = _GAP.join(f"{part:{width}}" for part, width in zip(parts, widths, strict=True))
        typer.secho(line.rstrip(), **style)


def _wrapped_lines(cell: str, width: int) -> list[str]:
    return textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)


def _column_widths(columns: Sequence[Sequence[str]], total: int) -> list[int] | None:
    """Widths at which no word is split, the widest columns made narrower first; None when there are none."""
    total -= len(_GAP) * (len(columns) - 1)
    words = [max(len(word) for cell in column for word in cell.split() or [""]) for column in columns]
    widths = [max(map(len, column)) for column in columns]
    if sum(words) > total:
        return None
    while sum(widths) > total:
        spare = [(width, at) for at, (width, word) in enumerate(zip(widths, words, strict=True)) if width > word]
        widths[max(spare)[1]] -= 1
    return [max(width, 1) for width in widths]


def _print_blocks(headers: Row, rows: Sequence[Row], notes: Sequence[str]) -> None:
    width = max(map(len, headers))
    for number, (row, note) in enumerate(zip(rows, notes, strict=True)):
        if number:
            typer.echo("")
        for header, cell in zip(headers, row, strict=True):
            if cell:
                typer.echo(f"{header:{width}}{_GAP}{cell}")
        if note:
            typer.echo(note)


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON has
    """Turn what JSON does not know into what it does."""
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, str | int | float | list | tuple) or value is None:
        return value
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
