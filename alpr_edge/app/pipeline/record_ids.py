"""Makes ids of records; the page makes some too, and needs nothing else of the pipeline."""

import secrets
import time
import uuid


def new_id(unit_id: str) -> str:
    """Make an id for a read or a hit: the unit, a colon, and a UUID of version 7 (RFC 9562, 5.7).

    So no two units share an id, whoever makes them, and rows that come together lie together. The clock only orders
    them: where it is wrong or unknown, 74 random bits still tell them apart.
    """
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    random = secrets.randbits(74)
    number = milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (1 << 62) - 1
    return f"{unit_id}:{uuid.UUID(int=number)}"
