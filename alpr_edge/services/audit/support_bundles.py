"""Puts on record that a support bundle is made: it leaves the agency, though no plate and no person is in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.access.authorisation.operations import Operation


@contextmanager
def support_bundle_access(authoriser: Authoriser) -> Iterator[None]:
    """Allow the bundle that the block makes; it goes on record before.

    Raises:
        AccessError: it is refused.
        StoreError: it cannot be put on record.
    """
    with authoriser.access(Operation.WRITE_SUPPORT_BUNDLE):
        yield
