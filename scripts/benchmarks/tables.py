"""Figures that were printed, set beside their targets as a table."""

import contextlib
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table


class _KeptOutput(io.StringIO):
    """Passes everything on to another stream, and keeps it."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(text)
        return super().write(text)

    def flush(self) -> None:
        self._stream.flush()


@contextlib.contextmanager
def lines_kept() -> Iterator[list[str]]:
    """Keep what is printed meanwhile; the list is filled at the end."""
    lines: list[str] = []
    with contextlib.redirect_stdout(_KeptOutput(sys.stdout)) as output:
        yield lines
    lines += output.getvalue().splitlines()


def print_table(lines: Sequence[str], targets: Mapping[str, tuple[str, str]]) -> None:
    """Print figures against what each is to be, at least and at best, on stderr."""
    values = {line["figure"]: line for line in map(json.loads, lines)}
    table = Table("figure", "value", "unit", "floor", "aim", box=None)
    for name, line in values.items():
        if isinstance(line["value"], float | int):
            table.add_row(name, f"{line['value']:g}", line["unit"], *targets.get(name, ("", "")))
        else:
            table.add_row(name, str(line.get("reason", "not measured")), line["unit"], *targets.get(name, ("", "")))
    Console(stderr=True, width=140).print(table)
