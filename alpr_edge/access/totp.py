"""One-time codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds)."""

import base64
import secrets
from datetime import datetime

import pyotp

STEP_S = 30
SECRET_BYTES = 20
"""As long as the digest of SHA-1 (RFC 4226, 4)."""
STEPS_AROUND = 1
"""Steps before and after the present one that are accepted: the clocks of phone and car differ (RFC 6238, 5.2)."""
_NO_SECRET = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
"""In place of the secret of an account that does not exist: the same work is done."""


def new_secret() -> str:
    """A new shared secret of 160 bits, base32."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def groups_of_four(secret: str) -> str:
    """A secret as somebody types it who has no camera."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def provisioning_uri(secret: str, name: str, issuer: str) -> str:
    """The ``otpauth://`` address that an app reads from a QR code.

    Args:
        secret: the shared secret.
    """
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=name, issuer_name=issuer)


def last_step_at(moment: datetime) -> int:
    """The last time step of which a code is accepted at a moment."""
    return int(moment.timestamp()) // STEP_S + STEPS_AROUND


def matching_step(secret: str, code: str, utc: datetime) -> int | None:
    """The time step that a code belongs to; None: to none of those accepted now.

    A caller keeps the step of an accepted code and refuses that and every earlier one: each code is good once.

    Args:
        secret: the shared secret, base32; empty: no code matches.
    """
    totp = pyotp.TOTP(secret or _NO_SECRET, interval=STEP_S)
    typed = "".join(code.split()).encode()
    last = last_step_at(utc)
    steps = range(last - 2 * STEPS_AROUND, last + 1)
    matches = [step for step in steps if secrets.compare_digest(totp.generate_otp(step).encode(), typed)]
    return matches[0] if matches and secret else None
