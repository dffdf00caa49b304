"""Verifies a log: its records, one after the other, against its stored tree and its signed checkpoints.

A checkpoint commits to every byte of all records before it and to their order, so a record that was changed, taken out,
put in, swapped or repeated leads to another root. A tail that was cut off is found by any checkpoint that is larger
than the log: one that somebody else keeps, or that the department cosigned. Of records that went for their age the
hashes stand in their place: a checkpoint over them fits only those.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alpr_edge.domain.log_proofs.merkle import CompactRange, hash_leaf

FINDINGS_MAX = 50


@dataclass(slots=True)
class LogVerifier:
    """Takes the records of a log in their order, then tells what is wrong.

    Args:
        tree: the tree of the records that went; empty: none did.
    """

    roots: Mapping[int, bytes]
    tree: CompactRange = field(default_factory=CompactRange)
    findings: list[str] = field(default_factory=list)
    """What is wrong, a line each, at most :data:`FINDINGS_MAX`; empty: nothing so far."""
    removed: int = field(init=False)
    """Number of records that went."""
    _first_wrong: int | None = None

    def __post_init__(self) -> None:
        self.removed = self.tree.size

    @property
    def size(self) -> int:
        """Number of records so far."""
        return self.tree.size

    @property
    def root(self) -> bytes:
        """Root over the records so far."""
        return self.tree.root

    def add(self, sequence: int, body: bytes, stored_leaf: bytes | None = None) -> None:
        """Take the next record.

        Args:
            body: its bytes.
            stored_leaf: its hash as it is stored beside it, which tells which record was changed; None: there is none.
        """
        tree = self.tree
        number = tree.size
        leaf = hash_leaf(body)
        if sequence != number:
            self._find(f"record {number} is missing, or stands at another place: number {sequence} follows")
        # In canonical JSON the key stands bare only where it is a key: in a text its quotes would be escaped.
        if b',"sequence":%d,' % number not in body:
            self._find(f"record {number} says that it is another one")
        if stored_leaf is not None and stored_leaf != leaf:
            self._find(f"record {number} was changed: it does not have its hash")
        tree.append(leaf)
        expected = self.roots.get(tree.size)
        if expected is not None and expected != tree.root and self._first_wrong is None:
            self._first_wrong = tree.size
            self._find(
                f"the checkpoint at {tree.size} does not fit: a record before it was changed, added or taken out"
            )

    def finish(self) -> None:
        """Compare the end of the log with its checkpoints."""
        largest = max(self.roots, default=0)
        if self.removed and largest < self.removed:
            self._find(f"no checkpoint vouches for the {self.removed} records that went for their age")
        if largest > self.size:
            self._find(f"the log has {self.size} records and had {largest}: its end was cut off")

    def _find(self, finding: str) -> None:
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)
