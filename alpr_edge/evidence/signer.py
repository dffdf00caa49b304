"""Who signs a package: the key of a unit (or of a department), and the certificate that vouches for it."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DEPARTMENT = "alpr-edge/evidence"
"""Stands where evidence of a unit has its id, in that of a department; no unit has a name with a slash in it."""
RELEASES = "alpr-edge/releases"
"""Stands there in a package for another agency, which the department alone makes."""
WITNESS = "alpr-edge/department"
"""Name of the department's key that cosigns access logs; likewise that of no unit."""


@dataclass(frozen=True, slots=True)
class KeyVoucher:
    """The department authority's word for whose a signing key is, as two certificates (PEM)."""

    certificate: bytes
    """Of the signing key: its common name is the unit's id."""
    authority: bytes
    """Of the authority that issued it; its SHA-256 is what ``--authority`` names."""


@dataclass(frozen=True, slots=True)
class PackageSigner:
    """Signs packages."""

    name: str
    """The id of the unit, which the signed note and the voucher have as their name."""
    key: Ed25519PrivateKey = field(repr=False)
    voucher: KeyVoucher | None = None
    """None: nobody vouches for the key but itself, and ``evidence verify`` says so."""
