"""A person with a browser of few words: cookies, forms and a phone, for the page of invitations."""

import re
import ssl
from pathlib import Path

import httpx
import pyotp

from alpr_edge.department.pki.authority import TlsFiles
from tests.department.people.office import DOMAIN

OWN = {"Sec-Fetch-Site": "same-origin"}


class Invitee:
    """Somebody at the page of a department."""

    def __init__(self, directory: Path, port: int, address: str = "127.0.0.1") -> None:
        transport = httpx.HTTPTransport(
            verify=ssl.create_default_context(cafile=TlsFiles(directory).authority),
            limits=httpx.Limits(max_keepalive_connections=0),  # the page takes few connections of one address
            local_address=address,
        )
        headers = {"Host": f"{DOMAIN}:{port}"}
        self.client = httpx.Client(
            base_url=f"https://127.0.0.1:{port}", transport=transport, headers=headers, trust_env=False, timeout=60
        )

    def get(self, path: str) -> httpx.Response:
        return self.client.get(f"/invitation{path}")

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        return self.client.post(f"/invitation{path}", data=fields, headers=OWN if headers is None else headers)

    def secret(self) -> str:
        """What the page of the QR code says to type into the app."""
        found = re.search(r"data-secret>([A-Z2-7 ]+)<", self.get("/code").text)
        assert found is not None
        return found[1].replace(" ", "")

    def code(self) -> str:
        return pyotp.TOTP(self.secret()).now()

    def set_up(self, token: str, password: str) -> None:
        """Everything up to the passkeys."""
        for answer, path in (
            (self.post("", token=token), "/password"),
            (self.post("/password", password=password, again=password), "/code"),
            (self.post("/code", code=self.code()), "/passkeys"),
        ):
            assert (answer.status_code, answer.headers["Location"]) == (303, f"/invitation{path}")
