"""The site that passkeys are bound to, and its challenges; without the library that checks their answers."""

import secrets
from dataclasses import dataclass

CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The site that passkeys are registered for."""

    domain: str
    """The department's domain, such as ``alpr.example.gov``."""
    name: str
    origins: tuple[str, ...]
    """Addresses of its pages, such as ``https://car-12.alpr.example.gov:8443``."""


def new_challenge() -> bytes:
    """A new challenge; it is good for one answer, which the caller sees to."""
    return secrets.token_bytes(CHALLENGE_BYTES)
