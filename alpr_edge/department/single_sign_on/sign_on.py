"""A single sign-on from its beginning at the page to the person whom the provider vouches for."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from cryptography.fernet import Fernet, InvalidToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from alpr_edge.department.identity_settings import SingleSignOnTable
from alpr_edge.department.single_sign_on.faults import SignOnError
from alpr_edge.department.single_sign_on.provider_client import ProviderClient
from alpr_edge.domain.sessions.identity_claims import ClaimFault, ExpectedClaims, ProvenIdentity, read_claims

# What a browser keeps for the page during a single sign-on: sealed, so that it can neither read nor change it.
#
# Nothing is kept here for sign-ins that somebody began, so that nobody can push those of others out by beginning many.

WORD_CHARACTERS_MAX = 4096
SPENT_MAX = 4096
"""Sign-ins that ended and are remembered; each needed a person at the provider."""


class SealedWords:
    """Seals for this process alone, until a moment on its monotonic clock; for one thread at a time."""

    def __init__(self) -> None:
        self._cipher = Fernet(Fernet.generate_key())
        self._spent: OrderedDict[str, None] = OrderedDict()

    def seal(self, kind: str, content: dict[str, Any], for_s: float) -> str:
        """Seal an object.

        Args:
            for_s: seconds for which it opens.
        """
        sealed = {"kind": kind, "until_s": time.monotonic() + for_s, "content": content}
        return self._cipher.encrypt(json.dumps(sealed).encode()).decode()

    def open(self, kind: str, word: str) -> dict[str, Any] | None:
        """The object of a word; None: it is none of this kind and process, or its time is over."""
        if not word or len(word) > WORD_CHARACTERS_MAX:
            return None
        try:
            sealed = json.loads(self._cipher.decrypt(word.encode()))
        except (InvalidToken, ValueError):
            return None
        content: dict[str, Any] = sealed["content"]
        return content if sealed["kind"] == kind and time.monotonic() < sealed["until_s"] else None

    def spend(self, name: str) -> bool:
        """Use a name up; False where it was before."""
        if name in self._spent:
            return False
        self._spent[name] = None
        while len(self._spent) > SPENT_MAX:
            self._spent.popitem(last=False)
        return True


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


ANSWER_PATH = "/single-sign-on/answer"
BEGUN_S = 600.0
"""How long somebody may take at the provider."""
PROVEN_S = 300.0
"""How long somebody may take to type their code."""
SIGNED_ON_S = 86_400.0
"""How long a sign-out can name the session at the provider; it ends the one here in any case."""
CODE_CHARACTERS_MAX = 2048
HINT_CHARACTERS_MAX = 2600
"""The longest ID token that a browser keeps for the sign-out: sealed it has to fit into one cookie."""
_BEGUN, _PROVEN, _SIGNED_ON = "begun", "proven", "signed_on"
_ERROR_WORD = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class BegunSignOn:
    """A sign-on that somebody began."""

    address: str = field(repr=False)
    """Where the browser goes."""
    word: str = field(repr=False)
    """What it keeps meanwhile."""


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """Whom the provider vouches for, and how its own session is named when they sign out."""

    identity: ProvenIdentity
    hint: str = field(repr=False)
    """The ID token; empty: it is too long to be kept."""


class SingleSignOn:
    """Single sign-on by the department's provider; threads may share it.

    Args:
        origin: the page's own, which the provider was told of: ``ORIGIN/single-sign-on/answer``.
    """

    def __init__(
        self, table: SingleSignOnTable, client: ProviderClient, origin: str, now: Callable[[], datetime] | None = None
    ) -> None:
        self._table = table
        self._client = client
        self._origin = origin
        self._now = now or (lambda: datetime.now(UTC))
        self._words = SealedWords()
        self._lock = threading.Lock()

    @property
    def host(self) -> str:
        """The provider's host, as pages name it."""
        return httpx.URL(self._table.issuer).host

    def begin(self) -> BegunSignOn:
        description = self._client.description()
        begun = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        challenge = hashlib.sha256(begun["verifier"].encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._table.client_id,
            "redirect_uri": self._origin + ANSWER_PATH,
            "scope": "openid",
            "state": begun["state"],
            "nonce": begun["nonce"],
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "max_age": str(self._table.max_age_minutes * 60),
        }
        if self._table.acr_values:
            asked["acr_values"] = " ".join(self._table.acr_values)
        address = str(httpx.URL(description.authorization_endpoint).copy_merge_params(asked))
        with self._lock:
            return BegunSignOn(address, self._words.seal(_BEGUN, begun, BEGUN_S))

    def read_answer(self, answer: Mapping[str, str], word: str) -> ProviderAnswer:
        """Whom the provider vouches for."""
        with self._lock:
            begun = self._words.open(_BEGUN, word)
        if begun is None:
            raise SignOnError("no single sign-on was begun at this browser, or it took too long")
        code = self._code_of(answer, begun)
        token = self._client.id_token(code, begun["verifier"], self._origin + ANSWER_PATH)
        expected = ExpectedClaims(
            issuer=self._table.issuer,
            client_id=self._table.client_id,
            nonce=begun["nonce"],
            age_max=timedelta(minutes=self._table.max_age_minutes),
            strong_acr=frozenset(self._table.acr_values),
            strong_amr=frozenset(self._table.amr_values),
            subject_claim=self._table.subject_claim,
        )
        identity = read_claims(open_id_token(token, self._client.keys), expected, self._now())
        if isinstance(identity, ClaimFault):
            raise SignOnError(f"the ID token does not hold: {identity.value}")
        with self._lock:
            if not self._words.spend(begun["state"]):
                raise SignOnError("this single sign-on was used before")
        return ProviderAnswer(identity, token if len(token) <= HINT_CHARACTERS_MAX else "")

    def keep(self, answer: ProviderAnswer) -> str:
        """What a browser keeps while its person looks up their code."""
        content = {"subject": answer.identity.subject, "hint": answer.hint}
        with self._lock:
            return self._words.seal(_PROVEN, content, PROVEN_S)

    def keep_hint(self, answer: ProviderAnswer) -> str:
        """What a browser keeps until its person signs out."""
        with self._lock:
            return self._words.seal(_SIGNED_ON, {"hint": answer.hint}, SIGNED_ON_S)

    def kept_answer(self, word: str) -> ProviderAnswer:
        """Whom the provider vouched for, before the code was asked for."""
        with self._lock:
            content = self._words.open(_PROVEN, word)
        if content is None:
            raise SignOnError("no single sign-on waits for a code at this browser, or it took too long")
        return ProviderAnswer(ProvenIdentity(self._table.issuer, content["subject"], is_strong=False), content["hint"])

    def end_address(self, word: str) -> str:
        """Where a browser ends its session at the provider as well; empty: the provider has no such page.

        OpenID Connect RP-Initiated Logout 1.0. The provider is not asked, so that nobody waits for it to sign out here.
        Without the ID token many providers ask the person whether they want to, and some do not lead back.
        """
        description = self._client.known_description()
        endpoint = None if description is None else description.end_session_endpoint
        if endpoint is None:
            return ""
        back = {"client_id": self._table.client_id, "post_logout_redirect_uri": f"{self._origin}/sign-in"}
        with self._lock:
            kept = self._words.open(_SIGNED_ON, word)
        if kept is not None and kept["hint"]:
            back["id_token_hint"] = kept["hint"]
        return str(httpx.URL(endpoint).copy_merge_params(back))

    def _code_of(self, answer: Mapping[str, str], begun: Mapping[str, Any]) -> str:
        if not hmac.compare_digest(answer.get("state", "").encode(), str(begun["state"]).encode()):
            raise SignOnError("the answer belongs to another single sign-on")
        issuer = answer.get("iss")
        is_named = self._client.description().authorization_response_iss_parameter_supported
        if (issuer is not None or is_named) and issuer != self._table.issuer:  # RFC 9207
            raise SignOnError("the answer comes from another provider")
        if "error" in answer:
            error = answer["error"]
            raise SignOnError(f"the provider refused: {error if _ERROR_WORD.fullmatch(error) else 'no known reason'}")
        code = answer.get("code", "")
        if not code or len(code) > CODE_CHARACTERS_MAX:
            raise SignOnError("the answer has no code")
        return code
