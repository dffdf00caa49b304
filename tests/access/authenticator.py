"""An authenticator of software, as a security key behaves: it signs with ES256 and has a counter (WebAuthn level 3)."""

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Authenticator:
    """One security key that holds one credential; what it says can be bent for a test."""

    domain: str
    origin: str
    is_user_verified: bool = True
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    padding: bytes = b""
    """What its public key says besides, which nobody asked for."""

    def register(self, challenge: bytes, kind: str = "none", statement: dict[str, object] | None = None) -> str:
        """The browser's answer to ``navigator.credentials.create()``; kind and statement are of its attestation."""
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        cose |= {-70_000: self.padding} if self.padding else {}
        credential = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor2.dumps(cose)
        data = self._authenticator_data(ATTESTED) + credential
        attestation = cbor2.dumps({"fmt": kind, "attStmt": statement or {}, "authData": data})
        response = {"clientDataJSON": self._client_data("webauthn.create", challenge), "attestationObject": attestation}
        return self._answer(response)

    def sign_in(self, challenge: bytes) -> str:
        """The browser's answer to ``navigator.credentials.get()``."""
        self.count += 1
        client_data, data = self._client_data("webauthn.get", challenge), self._authenticator_data(0)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer({"clientDataJSON": client_data, "authenticatorData": data, "signature": signature})

    def _authenticator_data(self, flags: int) -> bytes:
        flags |= USER_PRESENT | (USER_VERIFIED if self.is_user_verified else 0)
        return hashlib.sha256(self.domain.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client_data(self, kind: str, challenge: bytes) -> bytes:
        return json.dumps({"type": kind, "challenge": base64url(challenge), "origin": self.origin}).encode()

    def _answer(self, response: dict[str, bytes]) -> str:
        name = base64url(self.credential_id)
        parts = {key: base64url(value) for key, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": parts})
