"""Holds what is read while a canvass goes on (policy 462.4(c)), within the transactions of its services.

The access is that of the canvass: nothing here decides or records anything.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.holds.hold import Hold, HoldKind
from alpr_edge.store.retention import holds


def begin_canvass_hold(connection: Connection, hold: Hold, read_ids: Sequence[str], unit_id: str) -> None:
    """Place the hold of a canvass, with the transaction that begins it.

    Args:
        connection: the connection of the transaction.
        hold: the hold, of the kind ``canvass``; its subject is the canvass.
        read_ids: the reads that it covers from the start; there may be none.
        unit_id: this unit.

    Raises:
        HoldError: it is no hold of a canvass.
    """
    if hold.terms.kind is not HoldKind.CANVASS:
        raise HoldError("a canvass begins with a hold of its own kind")
    holds.add_hold(connection, hold, read_ids, unit_id)


def hold_reads_of_canvass(connection: Connection, hold_id: str, read_ids: Sequence[str], unit_id: str) -> int:
    """Add reads to the hold of a canvass, with the transaction that stores them.

    Args:
        connection: the connection of the transaction.
        hold_id: the hold of the canvass.
        read_ids: reads that are stored, by this transaction or before.
        unit_id: this unit.

    Returns:
        How many of them it did not cover before.

    Raises:
        HoldError: there is no such hold, or it was released.
    """
    hold = holds.find_hold(connection, hold_id)
    if hold is None or hold.released is not None:
        raise HoldError(f"{hold_id}: no hold that can take more reads")
    return holds.cover_reads(connection, hold, read_ids, unit_id)
