"""The port of what bounds how much one person may look at: data must not be pulled out in bulk (OWASP ASVS 2.4.1)."""

from typing import Protocol

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.instants import Instant


class AccessQuota(Protocol):
    """Bounds accesses by what is on record of a person already. StoreError where that cannot be read."""

    def refusal(self, person_id: str, operation: Operation, now: Instant) -> str:
        """Why a person may not do something once more for now, in a sentence; empty: they may."""
