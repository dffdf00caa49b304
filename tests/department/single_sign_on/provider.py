"""An OpenID Connect provider on this computer, over TLS: it keeps to the standard, unless a test has it lie."""

import base64
import hashlib
import json
import secrets
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import trustme
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

CLIENT_ID, CLIENT_SECRET = "alpr-edge", "a secret: of 30% & more"


class Provider:
    """A provider with one client; what it says of whoever signs in is set by the test.

    Args:
        folder: where it writes its authority's certificate.
    """

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.authority = folder / "provider-authority.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.issuer = f"https://localhost:{self._server.server_address[1]}"
        self.answer_address = ""
        self.subject = "nobody"
        self.claims: dict[str, Any] = {}
        """Claims that the next tokens have in place of the right ones; None: without the claim."""
        self.described: dict[str, Any] = {}
        """What its description says in place of what is right."""
        self.forgery = ""
        self.methods: list[str] | None = None
        """The ways in which a client proves itself, as it describes them; None: it does not."""
        self.decodes = True
        """Whether it decodes what a client's header has; many do not."""
        self.codes: dict[str, dict[str, str]] = {}
        self.new_key()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def new_key(self) -> None:
        """Sign by a new key from now on, and publish it alone."""
        self.key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(4), "use": "sig"}, private=True)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=city",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end",
            "authorization_response_iss_parameter_supported": True,
            "code_challenge_methods_supported": ["S256"],
            "response_types_supported": ["code"],
            **self.described,
            **({} if self.methods is None else {"token_endpoint_auth_methods_supported": self.methods}),
        }

    def keys(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False))

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser of somebody who signed in goes next."""
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, self.answer_address)
        assert (asked["tenant"], asked["response_type"], asked["code_challenge_method"]) == ("city", "code", "S256")
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{self.answer_address}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def token(self, fields: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """A token for a code, once."""
        if not _proves_itself(fields, authorization, decodes=self.decodes):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(fields["code"], None)
        challenge = hashlib.sha256(fields["code_verifier"].encode()).digest()
        encoded = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        if asked is None or encoded != asked["code_challenge"] or fields["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "none", "token_type": "Bearer", "id_token": self._id_token(asked)}

    def _id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        right = {"iss": self.issuer, "sub": self.subject, "aud": CLIENT_ID, "nonce": asked["nonce"]}
        claims = {**right, "iat": now, "exp": now + 300, "auth_time": now - 5, "acr": "phr", **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "ES256", "kid": self.key.kid}
        if self.forgery == "none":
            parts = (json.dumps(each).encode() for each in (header | {"alg": "none"}, claims))
            return ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts) + "."
        if self.forgery == "shared secret":
            return jwt.encode(header | {"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET + "of 32 bytes"))
        if self.forgery == "another key":
            return jwt.encode(header, claims, ECKey.generate_key("P-256", private=True))
        return jwt.encode(header, claims, self.key)


def _proves_itself(fields: dict[str, str], authorization: str, *, decodes: bool) -> bool:
    """Whether it is the client: by a header or by the fields, and not by both."""
    if not authorization:
        return (fields.get("client_id"), fields.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
    kind, _, word = authorization.partition(" ")
    pair = urlencode({CLIENT_ID: CLIENT_SECRET}).replace("=", ":", 1) if decodes else f"{CLIENT_ID}:{CLIENT_SECRET}"
    return (kind, base64.b64decode(word).decode()) == ("Basic", pair) and "client_secret" not in fields


def _handler_of(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = provider.keys() if parts.path == "/keys" else provider.description()
            self._answer(200, content)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*provider.token(fields, self.headers.get("Authorization", "")))

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
            pass

    return Handler
