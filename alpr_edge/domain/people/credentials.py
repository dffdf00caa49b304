"""What a person proves who they are with, as values; the checks are in ``alpr_edge.access``.

None of these values is shown: their ``repr`` leaves every secret out.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
    password_set: datetime | None = None
    """When the password was set; None: not known."""

    @property
    def has_password(self) -> bool:
        """Whether the person can sign in with password and code: nobody can without a second factor."""
        return bool(self.password_hash and self.totp_secret)

    def is_password_enough(self, moment: datetime | None, days_max: int | None) -> bool:
        """Whether the person can sign in with password and code as they are.

        Args:
            moment: as of :meth:`is_password_old`; None: not known, so that one that may get too old is not enough.
        """
        if not self.has_password or days_max is None:
            return self.has_password
        return moment is not None and not self.is_password_old(moment, days_max)

    def replaces(self, before: "Credentials") -> bool:
        """Whether a factor of before is good no more; a passkey that was added replaces none."""
        passkeys = {(each.credential_id, each.public_key) for each in self.passkeys}
        passkeys_before = {(each.credential_id, each.public_key) for each in before.passkeys}
        pair, pair_before = (self.password_hash, self.totp_secret), (before.password_hash, before.totp_secret)
        return pair != pair_before or not passkeys_before <= passkeys

    def is_password_old(self, moment: datetime, days_max: int | None) -> bool:
        """Whether the password has to be changed for its age, as CJIS asks for (IA-5); one of unknown age has to be.

        Args:
            days_max: of the security profile; None: a password never gets too old.
        """
        if days_max is None:
            return False
        return self.password_set is None or moment - self.password_set >= timedelta(days=days_max)
