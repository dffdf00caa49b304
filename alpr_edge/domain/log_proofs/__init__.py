"""Transparency logs: Merkle tree, proofs, signed checkpoints and cosignatures, in the formats of RFC 9162 and C2SP."""
