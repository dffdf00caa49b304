"""Plates as 64-bit keys, and 64-bit fingerprints that tell entries of one plate apart; whole batches at once."""

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from alpr_edge.domain.plates import PLATE_LENGTH_MAX

PARTIAL_BIT = 1 << 63
"""Set in the key of a partial: no plate's key reaches it."""
_CANONICAL = re.compile(f"[0-9A-NP-Z]{{1,{PLATE_LENGTH_MAX}}}")
_BASE = 36
_WRONG = 255
_DIGITS = np.full(256, _WRONG, dtype=np.uint8)
for _character in "0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ":
    _DIGITS[ord(_character)] = int(_character, _BASE)
_WORD = 8
GOLDEN = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio: multiplied by it and cut to 64 bits, neighbouring numbers lie far apart."""
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)

_HALF = np.uint64(32)
_UPPER = np.uint64(0xFFFFFFFF00000000)

Keys = NDArray[np.uint64]


class Marks(NamedTuple):
    """The numbers by which two generations of a list are compared."""

    identities: Keys
    """[entries], a number for each plate, state, reason and record id; of several with these, one for each place."""
    versions: Keys
    """[entries], a number for all of each entry."""
    plates: Keys
    """[entries], the key of each entry's plate."""


def is_plate(text: str) -> bool:
    """Whether text is canonical and of a plate's length."""
    return _CANONICAL.fullmatch(text) is not None


def plate_key(plate: str) -> int:
    """A canonical plate as a number below 2**63: base 36 behind a leading 1, which keeps its zeros.

    Plates of one length that begin alike have neighbouring keys.
    """
    if not is_plate(plate):
        raise ValueError("not canonical plate text")
    return int("1" + plate, _BASE)


def plate_keys(plates: Sequence[str]) -> Keys:
    """The key of each plate as :func:`plate_key` gives it, in a tenth of the time."""
    lengths = np.fromiter(map(len, plates), dtype=np.int64, count=len(plates))
    if len(plates) == 0:
        return np.zeros(0, dtype=np.uint64)
    if lengths.min() < 1 or lengths.max() > PLATE_LENGTH_MAX or not "".join(plates).isascii():
        raise ValueError("not canonical plate text")
    width = int(lengths.max())
    digits = _DIGITS[np.array(plates, dtype=f"S{width}").view(np.uint8).reshape(len(plates), width)]
    keys = np.ones(len(plates), dtype=np.uint64)
    for place in range(width):
        live = lengths > place
        column = digits[:, place]
        if (column[live] == _WRONG).any():
            raise ValueError("not canonical plate text")
        keys = np.where(live, keys * np.uint64(_BASE) + column, keys)
    return keys


def partial_key(pattern: str) -> int:
    """A canonical partial as a number from 2**63 on."""
    return PARTIAL_BIT | int.from_bytes(blake2b(pattern.encode("ascii"), digest_size=_WORD).digest(), "little")


def fingerprints(texts: Sequence[bytes]) -> Keys:
    """A 64-bit hash of each text: a sum of its mixed 8-byte words, each times an odd number of its place.

    It is the same on every machine and in every batch, so that generations compare. It need not withstand
    forgery: who writes a feed can leave entries out of it without any trick.
    """
    if len(texts) == 0:
        return np.zeros(0, dtype=np.uint64)
    lengths = np.fromiter(map(len, texts), dtype=np.uint64, count=len(texts))
    words = max(1, -(-int(lengths.max()) // _WORD))
    word_matrix = np.array(texts, dtype=f"S{words * _WORD}").view("<u8").reshape(len(texts), words).astype(np.uint64)
    sums = lengths * np.uint64(GOLDEN)
    for place in range(words):
        odd = (GOLDEN * (2 * place + 3)) % 2**64 | 1
        sums += _mix_words(word_matrix[:, place]) * np.uint64(odd)
    return _mix_words(sums)


def contents(texts: Iterable[bytes]) -> Keys:
    """A 32-bit checksum of each text."""
    return np.fromiter(map(crc32, texts), dtype=np.uint64)


def entry_prints(identity_texts: Sequence[bytes], content_texts: Iterable[bytes]) -> Keys:
    """The fingerprints of entries: state, reason and record id in the upper half of each, the rest in the lower."""
    return fingerprints(identity_texts) & _UPPER | contents(content_texts)


def identity_of(prints: Keys) -> Keys:
    """The part of :func:`entry_prints` that tells entries of one plate apart."""
    return prints & _UPPER


def is_repeated(keys: Keys, prints: Keys) -> NDArray[np.bool_]:
    """Whether each of some sorted entries has key and print of the one before it."""
    repeated = np.zeros(len(keys), dtype=bool)
    repeated[1:] = (keys[1:] == keys[:-1]) & (prints[1:] == prints[:-1])
    return repeated


def marks(keys: Keys, prints: Keys) -> Marks:
    """Plate and fingerprint in one number, of sorted entries; numpy's overflow wraps, as a hash wants it."""
    hashes = keys * np.uint64(GOLDEN)
    identities = hashes ^ (prints >> _HALF)
    repeated = is_repeated(keys, identity_of(prints))
    if repeated.any():
        # The first of an identity has the number that it has alone.
        places = np.arange(len(keys), dtype=np.uint64)
        nth = places - np.maximum.accumulate(np.where(repeated, 0, places))
        identities ^= _mix_words(nth)
    return Marks(identities, hashes ^ prints, keys)


def _mix_words(words: Keys) -> Keys:
    """The finaliser of SplitMix64 (Steele, Lea and Flood, 2014); 0 stays 0, so padding adds nothing."""
    words = (words ^ (words >> np.uint64(30))) * _MIX_1
    words = (words ^ (words >> np.uint64(27))) * _MIX_2
    return words ^ (words >> np.uint64(31))
