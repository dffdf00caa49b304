"""Draws a sample by a seed that was recorded before: whoever has the log and the seed draws the same one.

Every record has a rank, a digest of seed and place. The records of the least ranks are drawn, so the sample of a larger
share has that of a smaller one in it, and nobody who does not choose the seed chooses a record.
"""

import hashlib
import heapq
from collections.abc import Sequence

from alpr_edge.domain.audits.record_keys import RecordKey
from alpr_edge.domain.errors import AuditError

SEED_BYTES_MIN, SEED_BYTES_MAX = 16, 64


def sample_rank(seed: bytes, key: RecordKey) -> bytes:
    """What a record is drawn by: SHA-256 of the seed and of ``LOG_ID:SEQUENCE``."""
    return hashlib.sha256(seed + key.text.encode()).digest()


def sample_size(population: int, share_percent: int, count_min: int) -> int:
    """How many records are drawn from so many: a share, rounded up, and no fewer than a least number."""
    return min(population, max(count_min, -(-population * share_percent // 100)))


def draw_sample(seed: bytes, keys: Sequence[RecordKey], count: int) -> tuple[RecordKey, ...]:
    """The records of the least ranks, in the order of their places.

    Args:
        keys: the records to draw from, each once, in any order.
    """
    return tuple(sorted(heapq.nsmallest(count, keys, key=lambda key: sample_rank(seed, key))))


def parse_seed(text: str) -> bytes:
    """A seed that somebody gives in hexadecimal, such as one that was thrown with dice before witnesses.

    Raises:
        AuditError: it is none, or too short.
    """
    try:
        seed = bytes.fromhex(text)
    except ValueError:
        seed = b""
    if not SEED_BYTES_MIN <= len(seed) <= SEED_BYTES_MAX:
        raise AuditError(f"a seed is {2 * SEED_BYTES_MIN} to {2 * SEED_BYTES_MAX} hexadecimal digits; left out: drawn")
    return seed
