"""Tables of counts, and the rule that hides small ones: with one read of a kind a count can point at a person."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

SMALL_MAX = 100
"""Most that a small number may be set to."""


@dataclass(frozen=True, slots=True)
class CountRow:
    """A row of a table."""

    labels: tuple[str, ...]
    count: int | None
    """None: it is hidden, as it is small."""


@dataclass(frozen=True, slots=True)
class CountTable:
    """A table of counts."""

    name: str
    """Its name for programs."""
    title: str
    heads: tuple[str, ...]
    """What the labels of a row are."""
    rows: tuple[CountRow, ...]
    total: int | None
    """The sum of all rows; None: it is hidden, as it would tell of a row that is."""


def count_table(name: str, title: str, heads: tuple[str, ...], counts: Mapping[tuple[str, ...], int]) -> CountTable:
    """A table of the counts that are not 0, in the order of their labels."""
    rows = tuple(CountRow(labels, count) for labels, count in sorted(counts.items()) if count)
    return CountTable(name, title, heads, rows, sum(counts.values()))


def hide_small(table: CountTable, small_below: int) -> CountTable:
    """Hide the counts below a number, so that they cannot be had from the others either.

    What is hidden are two rows at least, of the number at least together: else the total less the rows that are shown
    would give a small one away, so the least of the others go with them (secondary suppression, as statistical offices
    do it), and where there are none left the total.

    Args:
        table: the table, nothing of it hidden.
        small_below: the number; 0 and 1 hide nothing.
    """
    counts = [row.count or 0 for row in table.rows]
    order = sorted(range(len(counts)), key=counts.__getitem__)
    if not order or counts[order[0]] >= small_below:
        return table
    hidden: set[int] = set()
    hidden_sum = 0
    for place in order:
        if counts[place] >= small_below and len(hidden) > 1 and hidden_sum >= small_below:
            break
        hidden.add(place)
        hidden_sum += counts[place]
    rows = tuple(replace(row, count=None) if place in hidden else row for place, row in enumerate(table.rows))
    is_told = len(hidden) > 1 and hidden_sum >= small_below
    return replace(table, rows=rows, total=table.total if is_told else None)
