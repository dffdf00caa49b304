"""The Merkle tree of a log: hashes of its leaves and nodes, and its root at any size (RFC 9162, 2.1.1).

A tree is known by its complete subtrees. The node at ``level`` and ``place`` covers the leaves from
``place << level`` to ``(place + 1) << level``; level 0 are the leaves. A complete subtree never changes, so a log that
stores each of them once appends with at most one of them a level, and finds any root or proof in O(log n).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

HASH_BYTES = 32
SIZE_MAX = 2**63 - 1
"""Largest number of leaves: what a database can count."""
_sha256 = hashlib.sha256
EMPTY_ROOT = _sha256(b"").digest()
"""Root of a tree without leaves."""

NodeReader = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree at a level and place."""


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A complete subtree with its hash."""

    level: int
    place: int
    value: bytes


def hash_leaf(data: bytes) -> bytes:
    """Hash of a leaf; its prefix keeps it apart from that of a node."""
    return _sha256(b"\x00" + data).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """Hash of a node of two subtrees."""
    return _sha256(b"\x01" + left + right).digest()


def nodes_of_append(read_node: NodeReader, size: int, leaf: bytes) -> Iterator[TreeNode]:
    """The subtrees that a leaf completes, from the leaf itself upwards."""
    level, place, value = 0, size, leaf
    yield TreeNode(level, place, value)
    while place & 1:
        value = hash_children(read_node(level, place - 1), value)
        level, place = level + 1, place >> 1
        yield TreeNode(level, place, value)


def complete_subtrees(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Level and place of the largest complete subtrees that make up leaves ``begin`` to ``end``, left to right.

    Args:
        begin: the first leaf; a multiple of the smallest power of two that is not below ``end - begin``.
    """
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def join_subtrees(hashes: Sequence[bytes]) -> bytes:
    """Root over complete subtrees of falling size, left to right; of none, the empty tree's."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for value in reversed(hashes[:-1]):
        root = hash_children(value, root)
    return root


def range_root(read_node: NodeReader, begin: int, end: int) -> bytes:
    """Root over leaves ``begin`` to ``end`` (as in :func:`complete_subtrees`): MTH(D[begin:end]) of RFC 9162."""
    return join_subtrees([read_node(level, place) for level, place in complete_subtrees(begin, end)])


@dataclass(slots=True)
class CompactRange:
    """A tree of which only what its root needs is held: the complete subtrees at its right edge."""

    size: int = 0
    """Number of leaves."""
    edge: list[bytes] = field(default_factory=list)
    """Hashes of the complete subtrees, the largest first."""

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf."""
        place, value = self.size, leaf
        while place & 1:
            value = hash_children(self.edge.pop(), value)
            place >>= 1
        self.edge.append(value)
        self.size += 1

    @property
    def root(self) -> bytes:
        """Root of the tree."""
        return join_subtrees(self.edge)
