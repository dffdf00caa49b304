"""Opens ID tokens: the signature by the provider's own keys, with algorithms of public keys alone."""

from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from alpr_edge.department.single_sign_on.faults import SignOnError

ALGORITHMS = ("RS256", "PS256", "ES256")
"""``none`` is none of them, nor is any that signs by a secret which both sides have."""
RSA_BITS_MIN = 2048
"""Of a provider's key by RSA (NIST SP 800-131A, 3); of those by curves ES256 takes P-256 alone."""
TOKEN_CHARACTERS_MAX = 32_768
_FAULTS = (JoseError, ValueError, TypeError, KeyError)
"""What the library raises on a token that an attacker made up."""


def open_id_token(token: str, keys: Callable[[str | None], dict[str, Any]]) -> Mapping[str, object]:
    """The claims of a token whose signature holds; nothing is said of the claims themselves."""
    key_id = _key_id(token)
    published = keys(key_id)
    try:
        key_set = KeySet.import_key_set({"keys": _signing_keys(published)})
        key = key_set.get_by_kid(key_id)
        claims = jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
    except _FAULTS:
        raise SignOnError("the ID token is not signed by a key of the provider") from None
    if isinstance(key, RSAKey) and key.public_key.key_size < RSA_BITS_MIN:
        raise SignOnError(f"the provider's key has fewer than {RSA_BITS_MIN} bits")
    return claims


def _key_id(token: str) -> str | None:
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise SignOnError("the ID token is too long")
    try:
        header = jws.extract_compact(token.encode()).headers()
    except _FAULTS:
        raise SignOnError("the ID token is none") from None
    if header.get("alg") not in ALGORITHMS:
        raise SignOnError(f"the ID token is signed by none of {', '.join(ALGORITHMS)}")
    key_id = header.get("kid")
    if key_id is not None and not isinstance(key_id, str):
        raise SignOnError("the ID token is none")
    return key_id


def _signing_keys(published: Mapping[str, Any]) -> list[Any]:
    """The keys for signatures; those of other uses and of kinds that nothing here is signed by are passed over."""
    listed = published.get("keys")
    some = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return [each for each in some if each.get("kty") in {"RSA", "EC"} and each.get("use", "sig") == "sig"]
