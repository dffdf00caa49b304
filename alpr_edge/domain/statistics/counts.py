"""Tables of counts, and the rule that hides small ones: with one read of a kind a count can point at a person."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

SMALL_MIN, SMALL_MAX = 3, 100
"""What a small number may be set to: of counts that are not 0, one that is hidden as it is below 2 is known to be 1."""


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


def shown_count(count: int, small_below: int) -> int | None:
    """A count that stands alone; None where it is small, and not 0."""
    return None if 0 < count < small_below else count


def hide_small(table: CountTable, small_below: int) -> CountTable:
    """Hide the counts below a number, and so many others that the total less what is shown is no small count either.

    What is hidden are two rows at least, of the number at least together: the least of the others go with the small
    ones (complementary suppression, as statistical offices do it), and where all rows are hidden the total does. What
    several hidden rows make together can still be had, not what one of them is; whoever publishes several reports of
    the same days with other numbers, or other days around them, tells more.

    Args:
        small_below: the number, from :data:`SMALL_MIN` on; 0: nothing is hidden.
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
    return replace(table, rows=rows, total=None if len(hidden) == len(rows) else table.total)
