"""A filter that rules out most plates that are not on a list, by reading one byte.

Nearly every read is of a plate on no list, and its text and each alternative is compared with the list of every
source. A search of millions of sorted keys touches two dozen places of memory that no cache holds.
"""

import numpy as np

from alpr_edge.hotlist.index.plate_keys import GOLDEN, Keys

BITS_A_KEY_MIN = 12
"""Least bits a key, rounded up to a power of two: 8 MB for five million keys. One of twelve or more plates not listed
passes."""
_WORD_BITS = 64
_BATCH = 1 << 16
_BIT = np.array([1, 2, 4, 8, 16, 32, 64, 128], dtype=np.uint8)


class BloomFilter:
    """A Bloom filter of one hash: each key's bit stands where the upper bits of its product with a constant say.

    Fibonacci hashing (Knuth, 6.4) scatters plates of one pattern as well, where remainders would heap them.

    Args:
        keys: all keys of the list.
    """

    def __init__(self, keys: Keys) -> None:
        place_bits = (BITS_A_KEY_MIN * len(keys) | 7).bit_length()
        self._last = (1 << place_bits) - 1
        self._shift = _WORD_BITS - place_bits
        marks = np.zeros(1 << place_bits >> 3, dtype=np.uint8)
        for start in range(0, len(keys), _BATCH):
            places = keys[start : start + _BATCH] * np.uint64(GOLDEN) >> np.uint64(self._shift)
            np.bitwise_or.at(marks, places >> np.uint64(3), _BIT[places & np.uint64(7)])
        self._marks = marks.tobytes()

    def passes(self, key: int) -> bool:
        """False: the key is not held. True: it may be."""
        place = key * GOLDEN >> self._shift & self._last
        return self._marks[place >> 3] & (1 << (place & 7)) != 0
