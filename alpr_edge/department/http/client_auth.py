"""Checks who sends a request, anew for each, so that a revocation reaches connections that are open.

The TLS layer has checked that the authority made the certificate and that it is valid today. Here it is looked up by
its fingerprint: it must be on record for this unit, and neither revoked nor ended.
"""

import ssl
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request

from alpr_edge.department.pki.units import CertificateStatus, Units
from alpr_edge.domain.protocol.items import PROTOCOL_HEADER, PROTOCOL_VERSION, UNIT_HEADER, digest

PEER = "peer"
"""Name in the request's state of the :class:`Peer` at the other end."""
_REFUSALS = {
    CertificateStatus.UNKNOWN: (401, "this certificate is not on record here; enroll the unit"),
    CertificateStatus.REVOKED: (403, "this unit's certificate was revoked"),
    CertificateStatus.EXPIRED: (401, "this unit's certificate has ended; enroll the unit again"),
}


@dataclass(frozen=True, slots=True)
class Peer:
    """The verified certificate that a connection was made with."""

    unit_id: str
    """The certificate's common name."""
    fingerprint: str
    """SHA-256 of the certificate (DER), lower-case hex."""


class Admission:
    """Accepts or refuses a request by its sender; a dependency of the application."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def __call__(self, request: Request) -> Peer:
        """Identify the sender."""
        peer = peer_of(request)
        if peer is None:
            raise HTTPException(401, "no client certificate with a common name")
        if request.headers.get(UNIT_HEADER) != peer.unit_id:
            raise HTTPException(403, "the certificate belongs to another unit")
        if request.headers.get(PROTOCOL_HEADER) != str(PROTOCOL_VERSION):
            raise HTTPException(426, f"this department speaks protocol {PROTOCOL_VERSION}")
        status = self._units.standing(peer.unit_id, peer.fingerprint)
        if status is not CertificateStatus.GOOD:
            raise HTTPException(*_REFUSALS[status])
        return peer


def peer_of(request: Request) -> Peer | None:
    """The peer as the server reports it; None when it does not."""
    peer = getattr(request.state, PEER, None)
    return peer if isinstance(peer, Peer) else None


def peer_at(tls: ssl.SSLObject | None) -> Peer | None:
    """Whose certificate a connection was made with; None without one that has exactly one common name."""
    if tls is None:
        return None
    certificate, name = tls.getpeercert(binary_form=True), common_name(tls.getpeercert())
    return None if certificate is None or name is None else Peer(name, digest(certificate))


def common_name(certificate: dict[str, Any] | None) -> str | None:
    """The one common name of a certificate as :meth:`ssl.SSLSocket.getpeercert` gives it; None without exactly one."""
    pairs = [pair for relative in (certificate or {}).get("subject", ()) for pair in relative]
    names = [str(value) for name, value in pairs if name == "commonName"]
    return names[0] if len(names) == 1 else None
