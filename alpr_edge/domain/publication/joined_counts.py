"""Tables of counts for the public, in which small counts are joined to one sum that gives none of them away.

A table has a closed list of categories. Those with small counts, and those without any, are told together: how much
they make, and not how much each of them is. Where that sum would tell too much, further categories are joined with
them, in an order that does not depend on their counts: whoever knows this rule learns nothing from which ones they are.
Held against all tables of up to five categories: each small count that is joined could as well be any other small one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alpr_edge.domain.statistics.counts import CountRow

CountByLabels = dict[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class JoinedTable:
    """A table of counts for the public."""

    name: str
    """Its name for programs."""
    title: str
    heads: tuple[str, ...]
    """What the labels of a row are."""
    rows: tuple[CountRow, ...]
    """The categories that are told one by one, in their order."""
    others: int | None
    """What all other categories make together; None: hidden, with everything else, as all of it is small."""
    total: int | None
    """None: likewise."""


def joined_table(
    name: str, title: str, heads: tuple[str, ...], counts: Mapping[tuple[str, ...], int], small_below: int
) -> JoinedTable:
    """The table of some counts.

    Args:
        counts: the count of every category that there could be, 0 as well. Those behind are joined first.
        small_below: counts below it are small, except 0.
    """
    total = sum(counts.values())
    if 0 < total < small_below:
        return JoinedTable(name, title, heads, (), None, None)
    labels = tuple(counts)
    joined = _joined_places([counts[label] for label in labels], small_below)
    rows = tuple(CountRow(label, counts[label]) for place, label in enumerate(labels) if place not in joined)
    return JoinedTable(name, title, heads, rows, total - sum(row.count or 0 for row in rows), total)


def _joined_places(counts: Sequence[int], small_below: int) -> set[int]:
    """The categories that are told together, of a table whose total is 0 or no small one."""
    joined = {place for place, count in enumerate(counts) if count < small_below}
    joined_sum = sum(counts[place] for place in joined)
    most = (len(joined) - 1) * (small_below - 1)
    # Each of them can be anything from 0 to the largest small count: there is enough for one, and room in the others.
    if joined_sum == 0 or small_below <= joined_sum <= most:
        return joined
    for place in reversed(range(len(counts))):
        if place not in joined:
            joined.add(place)
            joined_sum += counts[place]
            if len(joined) > 1 and joined_sum >= 2 * small_below:
                break
    return joined
