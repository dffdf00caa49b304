"""Puts on record that whoever is at the page is not driving: it then shows everything while the car moves."""

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.operations import Operation


def record_passenger(authoriser: Authoriser) -> None:
    """Put on record that somebody who is signed in says so.

    Raises:
        AccessError: it is refused.
        StoreError: it cannot be put on record.
    """
    with authoriser.access(Operation.SAY_NOT_DRIVING):
        pass
