"""What the ID token of a single sign-on has to say before it is believed, once its signature holds.

OpenID Connect Core 1.0, 3.1.3.7. The key of a person is the issuer with the subject: an e-mail address may be given to
somebody else, and no token is asked for one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SKEW_MAX = timedelta(seconds=60)
"""How far the clocks of provider and department may be apart."""
ISSUED_MAX = timedelta(minutes=10)
"""The age of a token at which it is no answer to a sign-in any more."""
SUBJECT_CHARACTERS_MAX = 255
_WORDS_MAX = 32


class ClaimFault(StrEnum):
    """Why a token is not believed."""

    ISSUER = "issuer"
    AUDIENCE = "audience"
    """It was made for another client."""
    PARTY = "authorised_party"
    """It was made for several clients, or asked for by another one."""
    NONCE = "nonce"
    """It answers another sign-in."""
    MOMENTS = "moments"
    """A moment that it has to name is missing or is none."""
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    """It is from the future."""
    OLD_SIGN_IN = "old_sign_in"
    """The person gave their factors to the provider too long ago."""
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class ExpectedClaims:
    """What a token has to say."""

    issuer: str
    client_id: str
    nonce: str
    age_max: timedelta
    """The longest time since the person gave their factors to the provider."""
    strong_acr: frozenset[str] = frozenset()
    """Values of ``acr`` that stand for two factors."""
    strong_amr: frozenset[str] = frozenset()
    """Values of ``amr`` (RFC 8176) that stand for two factors."""
    subject_claim: str = "sub"


@dataclass(frozen=True, slots=True)
class ProvenIdentity:
    """Who signed in at a provider."""

    issuer: str
    subject: str
    """Never given to anybody else by that issuer."""
    is_strong: bool
    """Whether the provider says that it asked for two factors."""


def read_claims(claims: Mapping[str, object], expected: ExpectedClaims, now: datetime) -> ProvenIdentity | ClaimFault:
    """Read who signed in, or why the token is not believed."""
    fault = _party_fault(claims, expected) or _time_fault(claims, expected, now.timestamp())
    if fault is not None:
        return fault
    subject = claims.get(expected.subject_claim)
    if not is_subject(subject) or not is_subject(claims.get("sub")):
        return ClaimFault.SUBJECT
    return ProvenIdentity(expected.issuer, str(subject), _is_strong(claims, expected))


def _party_fault(claims: Mapping[str, object], expected: ExpectedClaims) -> ClaimFault | None:
    """By whom, for whom and in answer to what it was made."""
    if claims.get("iss") != expected.issuer:
        return ClaimFault.ISSUER
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in audiences:
        return ClaimFault.AUDIENCE
    # Other audiences are trusted with nothing here, so a token that they hold as well is worth nothing.
    if len(audiences) > 1 or claims.get("azp", expected.client_id) != expected.client_id:
        return ClaimFault.PARTY
    return None if expected.nonce and claims.get("nonce") == expected.nonce else ClaimFault.NONCE


def _time_fault(claims: Mapping[str, object], expected: ExpectedClaims, now_s: float) -> ClaimFault | None:
    """When it was made, until when it holds, and when the person gave their factors."""
    expires_s, issued_s, signed_in_s = (_seconds(claims.get(name)) for name in ("exp", "iat", "auth_time"))
    if expires_s is None or issued_s is None or signed_in_s is None:
        return ClaimFault.MOMENTS
    skew_s = SKEW_MAX.total_seconds()
    if now_s >= expires_s + skew_s or now_s - issued_s > ISSUED_MAX.total_seconds() + skew_s:
        return ClaimFault.EXPIRED
    not_before_s = _seconds(claims.get("nbf", issued_s))
    if not_before_s is None or max(issued_s, signed_in_s, not_before_s) > now_s + skew_s:
        return ClaimFault.NOT_YET
    is_old = now_s - signed_in_s > expected.age_max.total_seconds() + skew_s
    return ClaimFault.OLD_SIGN_IN if is_old else None


def _is_strong(claims: Mapping[str, object], expected: ExpectedClaims) -> bool:
    """Whether two factors were asked for, by values that the department named itself."""
    acr, amr = claims.get("acr"), claims.get("amr")
    ways = {each for each in amr[:_WORDS_MAX] if isinstance(each, str)} if isinstance(amr, list) else set()
    return (isinstance(acr, str) and acr in expected.strong_acr) or not ways.isdisjoint(expected.strong_amr)


def is_subject(value: object) -> bool:
    """Whether a value can be a subject: up to 255 characters of ASCII that are seen."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= SUBJECT_CHARACTERS_MAX
        and value.isascii()
        and value.isprintable()
        and value == value.strip()
    )


def _seconds(value: object) -> float | None:
    """Seconds since 1970; None: it is no such number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 2**40 else None
