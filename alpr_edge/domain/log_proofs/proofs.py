"""Proofs that a leaf is in a tree, and that a tree continues an older one (RFC 9162, 2.1.3 and 2.1.4)."""

from collections.abc import Iterator, Sequence

from alpr_edge.domain.log_proofs.merkle import HASH_BYTES, SIZE_MAX, NodeReader, hash_children, range_root

PROOF_HASHES_MAX = 64
"""Most hashes of a proof: one a level, and one more where a consistency proof names its first subtree."""


def inclusion_proof(read_node: NodeReader, index: int, size: int) -> list[bytes]:
    """Hashes by which a leaf leads to the root, from its sibling upwards: PATH of RFC 9162, 2.1.3.1.

    Args:
        index: the leaf, from 0.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    begin, end, hashes = 0, size, list[bytes]()
    while end - begin > 1:
        middle = begin + _left_size(end - begin)
        if index < middle:
            hashes.append(range_root(read_node, middle, end))
            end = middle
        else:
            hashes.append(range_root(read_node, begin, middle))
            begin = middle
    return hashes[::-1]


def consistency_proof(read_node: NodeReader, old_size: int, size: int) -> list[bytes]:
    """Hashes by which the root of an older size leads to the root of a tree: PROOF of RFC 9162, 2.1.4.1.

    Args:
        old_size: the number of leaves of the older tree, at least 1.

    Raises:
        ValueError: the older tree is empty, or larger.
    """
    if not 0 < old_size <= size:
        raise ValueError(f"a tree of {size} does not continue one of {old_size}")
    begin, end, is_whole, hashes = 0, size, True, list[bytes]()
    while old_size < end:
        middle = begin + _left_size(end - begin)
        if old_size <= middle:
            hashes.append(range_root(read_node, middle, end))
            end = middle
        else:
            hashes.append(range_root(read_node, begin, middle))
            begin, is_whole = middle, False
    if not is_whole:
        hashes.append(range_root(read_node, begin, end))
    return hashes[::-1]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof leads from a leaf's hash to the root of a tree (RFC 9162, 2.1.3.2)."""
    if not (0 <= index < size <= SIZE_MAX and _are_hashes(proof, leaf, root)):
        return False
    place, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            value = hash_children(sibling, value)
            place, last = _up_to_left_turn(place, last)
        else:
            value = hash_children(value, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and value == root


def is_consistent(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that a tree begins with the leaves of an older one, in their order (RFC 9162, 2.1.4.2).

    Every tree continues the empty one; there is nothing to prove, so the proof has to be empty.
    """
    if not (0 <= old_size <= size <= SIZE_MAX and _are_hashes(proof, old_root, root)):
        return False
    if old_size == size:
        return not proof and old_root == root
    if old_size == 0:
        return not proof
    return bool(proof) and _leads_to_both(old_size, old_root, size, root, proof)


def _leads_to_both(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    hashes = _with_first(old_size, old_root, proof)
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_value = value = next(hashes)
    for sibling in hashes:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_value = hash_children(sibling, old_value)
            value = hash_children(sibling, value)
            place, last = _up_to_left_turn(place, last)
        else:
            value = hash_children(value, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old_value == old_root and value == root


def _with_first(old_size: int, old_root: bytes, proof: Sequence[bytes]) -> Iterator[bytes]:
    """The proof with the hash in front that it leaves out where the older tree is one complete subtree."""
    if old_size & (old_size - 1) == 0:
        yield old_root
    yield from proof


def _up_to_left_turn(place: int, last: int) -> tuple[int, int]:
    """Skip the levels at which a node on the right edge has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _are_hashes(proof: Sequence[bytes], *others: bytes) -> bool:
    return len(proof) <= PROOF_HASHES_MAX and all(len(value) == HASH_BYTES for value in (*proof, *others))


def _left_size(size: int) -> int:
    """Leaves of the left of a tree's two subtrees: the largest power of two below its size."""
    return 1 << ((size - 1).bit_length() - 1)
