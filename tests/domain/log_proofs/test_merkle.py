"""The tree and its proofs: the published vectors of certificate-transparency-go, and every size up to 257."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.log_proofs.merkle import (
    EMPTY_ROOT,
    CompactRange,
    hash_leaf,
    nodes_of_append,
    range_root,
)
from alpr_edge.domain.log_proofs.proofs import consistency_proof, inclusion_proof, is_consistent, is_included

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
"""Root of the first n of them."""
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
}
CONSISTENCY = {
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
SIZE_MAX = 257
NodeReader = Callable[[int, int], bytes]


def tree_of(leaves: list[bytes]) -> NodeReader:
    """All complete subtrees, kept as a log keeps them."""
    nodes: dict[tuple[int, int], bytes] = {}
    read = lambda level, place: nodes[level, place]  # noqa: E731 - read before all are there
    for size, leaf in enumerate(leaves):
        nodes |= {(node.level, node.place): node.value for node in nodes_of_append(read, size, hash_leaf(leaf))}
    return read


PUBLISHED = tree_of(LEAVES)
LARGE = tree_of([f"record {number}".encode() for number in range(SIZE_MAX)])
LARGE_LEAVES = [hash_leaf(f"record {number}".encode()) for number in range(SIZE_MAX)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int) -> None:
    compact = CompactRange()
    for leaf in LEAVES[:size]:
        compact.append(hash_leaf(leaf))
    assert compact.root == range_root(PUBLISHED, 0, size) == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_the_published_ones(index: int, size: int) -> None:
    proof = inclusion_proof(PUBLISHED, index, size)
    assert [value.hex() for value in proof] == list(INCLUSION[index, size])
    assert is_included(hash_leaf(LEAVES[index]), index, size, proof, ROOTS[size])


@pytest.mark.parametrize(("old", "size"), CONSISTENCY)
def test_consistency_proofs_are_the_published_ones(old: int, size: int) -> None:
    proof = consistency_proof(PUBLISHED, old, size)
    assert [value.hex() for value in proof] == list(CONSISTENCY[old, size])
    assert is_consistent(old, ROOTS[old], size, ROOTS[size], proof)


def test_compact_and_stored_trees_agree_at_every_size() -> None:
    compact = CompactRange()
    assert compact.root == EMPTY_ROOT
    for size, leaf in enumerate(LARGE_LEAVES, 1):
        compact.append(leaf)
        assert compact.root == range_root(LARGE, 0, size)


@pytest.mark.parametrize("size", range(1, SIZE_MAX + 1))
def test_proofs_of_every_size_verify(size: int) -> None:
    root = range_root(LARGE, 0, size)
    step = 1 if size < 40 else 7
    for index in {*range(0, size, step), size - 1}:
        proof = inclusion_proof(LARGE, index, size)
        assert is_included(LARGE_LEAVES[index], index, size, proof, root)
    for old in {*range(1, size, step), size}:
        proof = consistency_proof(LARGE, old, size)
        assert is_consistent(old, range_root(LARGE, 0, old), size, root, proof)


@st.composite
def _sizes(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(2, SIZE_MAX))
    return draw(st.integers(1, size - 1)), size


@given(_sizes(), st.data())
def test_a_changed_inclusion_proof_fails(sizes: tuple[int, int], data: st.DataObject) -> None:
    index, size = sizes
    root, leaf = range_root(LARGE, 0, size), LARGE_LEAVES[index]
    proof = inclusion_proof(LARGE, index, size)
    wrong = change(proof, data)
    assert not is_included(leaf, index, size, wrong, root)
    assert not is_included(LARGE_LEAVES[index - 1], index, size, proof, root)
    assert not is_included(leaf, index - 1, size, proof, root)
    assert not is_included(leaf, size, size, proof, root)
    assert not is_included(leaf, -1, size, proof, root)
    assert not is_included(leaf, index, size, proof, range_root(LARGE, 0, size - 1))


@given(_sizes(), st.data())
def test_a_changed_consistency_proof_fails(sizes: tuple[int, int], data: st.DataObject) -> None:
    old, size = sizes
    old_root, root = range_root(LARGE, 0, old), range_root(LARGE, 0, size)
    proof = consistency_proof(LARGE, old, size)
    assert not is_consistent(old, old_root, size, root, change(proof, data))
    assert not is_consistent(old, root, size, root, proof)
    assert not is_consistent(old, old_root, size, old_root, proof)
    assert not is_consistent(size, root, old, old_root, proof)
    assert not is_consistent(old, old_root, old, root, [])
    assert not is_consistent(0, EMPTY_ROOT, size, root, proof)


def change(proof: list[bytes], data: st.DataObject) -> list[bytes]:
    """A proof that lacks a hash, has one more, has two swapped, or one with another bit."""
    place = data.draw(st.integers(0, len(proof) - 1))
    way = data.draw(st.sampled_from(["bit", "lacks", "more", "short"]))
    if way == "lacks":
        return proof[:place] + proof[place + 1 :]
    if way == "more":
        return [*proof[:place], proof[place], *proof[place:]]
    if way == "short":
        return [*proof[:place], proof[place][:-1], *proof[place + 1 :]]
    bit = data.draw(st.integers(0, 255))
    other = (int.from_bytes(proof[place]) ^ (1 << bit)).to_bytes(32)
    return [*proof[:place], other, *proof[place + 1 :]]


def test_the_empty_tree_is_continued_by_every_tree() -> None:
    assert is_consistent(0, EMPTY_ROOT, 8, ROOTS[8], [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (8, 8), (-1, 8)])
def test_there_is_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_proof(PUBLISHED, index, size)


@pytest.mark.parametrize("old", [0, 9])
def test_there_is_no_proof_from_a_tree_that_is_empty_or_larger(old: int) -> None:
    with pytest.raises(ValueError, match="does not continue"):
        consistency_proof(PUBLISHED, old, 8)
