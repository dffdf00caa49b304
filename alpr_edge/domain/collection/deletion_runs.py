"""What stays on record of a run that deleted reads at the department: under which rule, how many, a digest of which.

The records are the leaves of a Merkle tree whose root the department signs after each run, so that none can be changed
or left out later without that being seen. They name no plate and no read: the digest shows whoever still has the list
that it was this one.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from alpr_edge.domain.log_proofs.merkle import CompactRange, hash_leaf

NO_IDS = "0" * 64
"""The digest before the first id."""


@dataclass(frozen=True, slots=True)
class DeletionRun:
    """One run."""

    number: int
    """Its place in the log, from 0."""
    begun: str
    """RFC 3339 in UTC by the department's clock, likewise the end."""
    ended: str
    by: str
    """Who or what started it: a login of the department's host."""
    state: str
    read_days: float
    hit_days: float
    law: str
    """Where the state's rule is from."""
    is_law_verified: bool
    """Whether it was compared with the text of the law."""
    reads: int
    hits: int
    pictures: int
    items: int
    """Bodies and pictures that units had delivered."""
    held: int
    """Reads that were old enough and stayed, as they or a correction of them are held."""
    ids_digest: str
    """:func:`chain_ids` over ``UNIT READ`` of each deleted read, in the order of deletion."""
    is_whole: bool
    """False: it broke off; the next one went on."""
    is_clock_confirmed: bool = False
    """Whether a person said that the server's clock is right; False in records of earlier releases."""

    @property
    def record(self) -> bytes:
        """Canonical JSON."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chain_ids(before: str, ids: Iterable[str]) -> str:
    """SHA-256 over the digest so far and the next id, again and again; lower-case hex."""
    value = before
    for each in ids:
        value = hashlib.sha256(f"{value} {each}".encode()).hexdigest()
    return value


def root_of(records: Iterable[bytes]) -> bytes:
    """Root of the Merkle tree over records (RFC 6962)."""
    tree = CompactRange()
    for record in records:
        tree.append(hash_leaf(record))
    return tree.root
