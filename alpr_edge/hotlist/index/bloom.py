"""A filter that rules out most plates that are not on a list, by reading one byte.

Nearly every read is of a plate that is on no list, and its text and each alternative are looked up in every list. To
search millions of sorted keys takes some two dozen accesses to memory outside the processor's caches.
"""

import numpy as np

from alpr_edge.hotlist.index.plate_keys import GOLDEN, Keys

BITS_A_KEY_MIN = 12
"""Least bits for a key; their sum is rounded up to a power of two: 8 MB for five million keys. At most one of twelve
plates that are not listed passes."""
_WORD_BITS = 64
_BATCH = 1 << 16
_BIT = np.array([1, 2, 4, 8, 16, 32, 64, 128], dtype=np.uint8)


class BloomFilter:
    """A Bloom filter of one hash: the upper bits of a key's product with a constant are the place of its bit.

    Fibonacci hashing (Knuth, 6.4) spreads the keys of similar plates, which remainders would not.
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
        """Whether the list may hold a key; False: it does not."""
        place = key * GOLDEN >> self._shift & self._last
        return self._marks[place >> 3] & (1 << (place & 7)) != 0
