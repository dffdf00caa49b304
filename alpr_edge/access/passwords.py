"""Hashes passwords and verifies them: Argon2id with the second recommended parameters of RFC 9106.

These take 64 MiB and a good part of a second on a car's computer. A verification always costs one, also where
there is no account or no password to compare with, so that the time of an answer says nothing of either.
"""

import base64
import secrets
import unicodedata
from contextlib import suppress
from typing import Protocol

import argon2
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError


class PasswordVerifier(Protocol):
    """Compares a password with a hash."""

    def verify(self, password_hash: str, password: str) -> bool:
        """Whether a password is that of a hash; exactly one computation of Argon2, whatever the hash."""


class Argon2Passwords:
    """Argon2id with the parameters of this release; a hash carries its own, so that older ones stay good.

    Args:
        hasher: computes; None: with the second recommended parameters of RFC 9106.
    """

    def __init__(self, hasher: argon2.PasswordHasher | None = None) -> None:
        self._hasher = hasher or argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)
        self._unusable_hash = _unusable_hash(self._hasher)

    def hash(self, password: str) -> str:
        """Hash a password that :func:`~alpr_edge.access.password_rules.check_password` found good."""
        return self._hasher.hash(normalise(password))

    def verify(self, password_hash: str, password: str) -> bool:
        """Whether a password is that of a hash; no password is that of an empty or broken one."""
        try:
            return self._hasher.verify(password_hash, normalise(password))
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError):
            return self._spend_time(password)

    def _spend_time(self, password: str) -> bool:
        """Compute once, to no effect."""
        with suppress(VerificationError):
            self._hasher.verify(self._unusable_hash, normalise(password))
        return False


def normalise(password: str) -> str:
    """A password as it is counted, compared and hashed, whatever keyboard it was typed on (NFKC, SP 800-63B-4)."""
    return unicodedata.normalize("NFKC", password)


def _unusable_hash(hasher: argon2.PasswordHasher) -> str:
    """A well-formed hash that no password is known for: its salt and its digest are random."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${digest}"
