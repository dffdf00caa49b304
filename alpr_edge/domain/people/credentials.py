"""What a person proves who they are with, as values; the checks are in ``alpr_edge.access``.

None of these values is shown: their ``repr`` leaves every secret out.
"""

from dataclasses import dataclass, field

PASSKEYS_MAX = 8
"""Most passkeys of one person."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A registered passkey: a public key, which is no secret."""

    credential_id: bytes
    public_key: bytes = field(repr=False)
    """COSE_Key (RFC 9052), as the authenticator gave it."""
    sign_count: int = 0
    """The authenticator's counter at its registration."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of one person; empty texts are credentials that were never set."""

    password_hash: str = field(default="", repr=False)
    """Argon2id hash in the PHC string format, with its parameters and salt."""
    totp_secret: str = field(default="", repr=False)
    """Shared secret of the authenticator app, base32 (RFC 6238)."""
    release_secret: str = field(default="", repr=False)
    """Shared secret of the department's one-time release codes, base32 (:mod:`alpr_edge.domain.sessions.lockout`)."""
    passkeys: tuple[Passkey, ...] = ()

    @property
    def has_password(self) -> bool:
        """Whether the person can sign in with password and code: nobody can without a second factor."""
        return bool(self.password_hash and self.totp_secret)
