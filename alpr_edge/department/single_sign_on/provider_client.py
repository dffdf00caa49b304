"""Asks the provider: its description (OpenID Connect Discovery 1.0), its keys, and a token for a code.

Every answer is bounded in bytes and in time. Description and keys are remembered for some minutes; a key that is not
among them has the keys fetched anew, at most once in a while, so that a provider may change its key at any time.
"""

import json
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote_plus

import httpx
from pydantic import Field, Strict, ValidationError

from alpr_edge.department.db.day_keys.secret_sources import read_secret_file, secret_file
from alpr_edge.department.identity_settings import SingleSignOnTable
from alpr_edge.department.single_sign_on.faults import ProviderDownError, SignOnError
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.payload import Payload
from alpr_edge.runtime.network.bounded_transport import BoundedTransport, Deadline

ANSWER_BYTES_MAX = 262_144
STEP_S_MAX = 5.0
"""How long each step of a request may take: to connect, to send, to answer."""
TOTAL_S_MAX = 10.0
DESCRIPTION_S_MAX = 3600.0
KEYS_S_MAX = 600.0
"""How long keys are remembered: a key that the provider takes back is believed so much longer at most."""
KEYS_ANEW_S = 30.0
"""How often unknown keys may have them fetched anew."""
_DISCOVERY = "/.well-known/openid-configuration"
Address = Annotated[str, Field(max_length=500, pattern=r"^https://[^\s#@]+$")]
Words = Annotated[tuple[str, ...], Strict(strict=False), Field(max_length=64)]


class ProviderDescription(Payload):
    """What a provider says of itself; whatever else it says is not read."""

    issuer: Annotated[str, Field(max_length=300)]
    authorization_endpoint: Address
    token_endpoint: Address
    jwks_uri: Address
    end_session_endpoint: Address | None = None
    token_endpoint_auth_methods_supported: Words = ("client_secret_basic",)
    code_challenge_methods_supported: Words = ("S256",)
    authorization_response_iss_parameter_supported: bool = False


@dataclass(slots=True)
class _Remembered:
    """Something fetched, for as long as it may be remembered."""

    content: dict[str, Any] = field(repr=False)
    until_s: float

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() < self.until_s


class ProviderClient:
    """A client of one provider; threads may share it.

    Args:
        directory: the department's folder, in which no secret may lie.
    """

    def __init__(self, table: SingleSignOnTable, directory: Path) -> None:
        self._table = table
        self._secret = _secret_of(table, directory)
        self._context = _context_of(table)
        self._lock = threading.Lock()
        self._description: tuple[ProviderDescription, float] | None = None
        self._keys: _Remembered | None = None
        self._anew_s = -KEYS_ANEW_S

    def description(self) -> ProviderDescription:
        """The provider's own description."""
        with self._lock:
            if self._description is None or time.monotonic() >= self._description[1]:
                content = self._json("GET", self._table.issuer.removesuffix("/") + _DISCOVERY)
                self._description = self._description_of(content), time.monotonic() + DESCRIPTION_S_MAX
            return self._description[0]

    def known_description(self) -> ProviderDescription | None:
        """The description that was fetched last, however old; the provider is not asked."""
        known = self._description
        return None if known is None else known[0]

    def keys(self, key_id: str | None) -> dict[str, Any]:
        """The provider's keys, as JSON Web Keys (RFC 7517).

        Args:
            key_id: the key that is needed; None: whichever is there.
        """
        address = self.description().jwks_uri
        with self._lock:
            if self._keys is None or not self._keys.is_fresh:
                self._keys = _Remembered(self._json("GET", address), time.monotonic() + KEYS_S_MAX)
            elif not _has_key(self._keys.content, key_id) and time.monotonic() - self._anew_s >= KEYS_ANEW_S:
                self._anew_s = time.monotonic()
                self._keys = _Remembered(self._json("GET", address), time.monotonic() + KEYS_S_MAX)
            return self._keys.content

    def id_token(self, code: str, verifier: str, answer_address: str) -> str:
        """The ID token for a code, which is good once (RFC 6749, 4.1.3; RFC 7636, 4.5)."""
        description = self.description()
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": answer_address}
        fields |= {"code_verifier": verifier}
        auth = None
        if self._proves_itself_in_fields(description.token_endpoint_auth_methods_supported):
            fields |= {"client_id": self._table.client_id, "client_secret": self._secret}
        else:
            auth = httpx.BasicAuth(quote_plus(self._table.client_id), quote_plus(self._secret))
        token = self._json("POST", description.token_endpoint, fields, auth).get("id_token")
        if not isinstance(token, str):
            raise SignOnError("the provider gave no ID token")
        return token

    def _proves_itself_in_fields(self, methods: tuple[str, ...]) -> bool:
        """Whether id and secret go into the fields, not into a header.

        RFC 6749, 2.3.1, has them encoded as in a form before they go into a header. Many providers do not decode them
        there, LemonLDAP::NG and Glewlwyd among them, so what the encoding changes goes into the fields, where all do.
        """
        if "client_secret_basic" not in methods:
            return True
        is_plain = all(quote_plus(each) == each for each in (self._table.client_id, self._secret))
        return not is_plain and "client_secret_post" in methods

    def _description_of(self, content: dict[str, Any]) -> ProviderDescription:
        try:
            description = ProviderDescription.model_validate(content)
        except ValidationError:
            raise ProviderDownError("the provider's description lacks what OpenID Connect asks for") from None
        if description.issuer != self._table.issuer:
            raise ProviderDownError("the provider calls itself another issuer than [single_sign_on] does")
        if "S256" not in description.code_challenge_methods_supported:
            raise ProviderDownError("the provider does not take PKCE with S256")
        return description

    def _json(
        self, method: str, address: str, fields: Mapping[str, str] | None = None, auth: httpx.Auth | None = None
    ) -> dict[str, Any]:
        """The JSON object of an answer; each request has a connection of its own."""
        deadline = Deadline()
        deadline.begin(TOTAL_S_MAX)
        headers = {"User-Agent": "alpr-edge", "Accept": "application/json", "Accept-Encoding": "identity"}
        transport = BoundedTransport(self._context, deadline)
        try:
            with (
                httpx.Client(transport=transport, timeout=STEP_S_MAX, trust_env=False, headers=headers) as client,
                client.stream(method, address, data=fields, auth=auth) as answer,
            ):
                status, body = answer.status_code, _body_of(answer)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderDownError(f"the provider does not answer ({type(error).__name__})") from None
        if fields is not None and 400 <= status < 500:
            raise SignOnError(f"the provider gives no token for this code (status {status})")
        if status != httpx.codes.OK:
            raise ProviderDownError(f"the provider answered with status {status}")
        return _object(body)


def _body_of(answer: httpx.Response) -> bytes:
    body = b""
    for chunk in answer.iter_raw(8192):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise ProviderDownError(f"the provider's answer is over {ANSWER_BYTES_MAX >> 10} KiB")
    return body


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise ProviderDownError("the provider's answer is no JSON") from None
    if not isinstance(content, dict):
        raise ProviderDownError("the provider's answer is no object")
    return content


def _has_key(keys: Mapping[str, Any], key_id: str | None) -> bool:
    listed = keys.get("keys")
    some = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return bool(some) if key_id is None else any(each.get("kid") == key_id for each in some)


def _secret_of(table: SingleSignOnTable, directory: Path) -> str:
    setting = "single_sign_on.client_secret"
    content = read_secret_file(secret_file(table.client_secret, directory, setting)).strip()
    if not content or not content.isascii() or not content.decode().isprintable():
        raise DepartmentError(f"{setting}: the file holds no secret: one line of ASCII")
    return content.decode()


def _context_of(table: SingleSignOnTable) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=table.ca_file or None)
    except (OSError, ssl.SSLError):
        raise DepartmentError(f"{table.ca_file}: no certificates of authorities (PEM) there") from None
