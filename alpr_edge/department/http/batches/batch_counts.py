"""Counts what units delivered since the server began, for its figures; no unit, no plate and no hit is in it.

Everybody on the server may read the figures. Hits are left out, since some are covert; what is about a hit, such as its
alert, is about one that is not.
"""

from collections import Counter
from dataclasses import dataclass, field

from alpr_edge.domain.protocol.items import ItemKind, Outcome


@dataclass(slots=True)
class BatchCounts:
    """The counts so far; the event loop's thread changes them, and others only look."""

    received: Counter[str] = field(default_factory=Counter)
    """Items answered with a receipt, by their kind, hits left out; one that comes twice counts twice."""
    refused: int = 0
    """Items that were refused."""
    turned_away: int = 0
    """Batches that were asked to come again, as too many were on their way."""
    on_their_way: int = 0
    """Batches that are received or stored now."""

    def note(self, kind: str, outcome: str) -> None:
        """Count the answer to an item.

        Args:
            kind: the kind of the item, as the unit named it; only one that is known gets a receipt.
        """
        if kind == ItemKind.HIT:
            return
        if outcome == Outcome.RECEIPT:
            self.received[kind] += 1
        else:
            self.refused += 1
