"""The portal of LemonLDAP::NG, a provider that others wrote: Debian's, on this computer, over TLS.

Its people are those of its demonstration, whose passwords are their names.
"""

import html
import json
import os
import re
import secrets
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from scripts.loopback_ports import free_port
from tests.department.single_sign_on.provider import CLIENT_ID, CLIENT_SECRET

PROGRAM = Path("/usr/share/lemonldap-ng/portal/htdocs/index.psgi")
START_S_MAX = 60.0
_SETTINGS = """[all]
logLevel = notice
logger = Lemonldap::NG::Common::Logger::Std
checkTime = 1
[configuration]
type = File
dirName = {folder}/configuration
localStorage = Cache::FileCache
localStorageOptions = {{'namespace' => 'configuration', 'cache_root' => '{folder}/cache', 'default_expires_in' => 600}}
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
"""


@dataclass
class Portal:
    """A portal with one client, whose own secret has letters that a form encodes.

    Args:
        folder: an empty folder of its own.
    """

    folder: Path

    def __post_init__(self) -> None:
        self.port = free_port()
        self.issuer = f"https://localhost:{self.port}"
        self.authority = self.folder / "authority.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.authority))
        certificate = authority.issue_cert("localhost")
        certificate.private_key_pem.write_to_path(str(self.folder / "key.pem"))
        certificate.cert_chain_pems[0].write_to_path(str(self.folder / "certificate.pem"))
        self.configuration: dict[str, Any] = {}
        self._number = 0

    @contextmanager
    def serving(self, plackup: str, page: str) -> Iterator["Portal"]:
        """Serve for as long as the block runs.

        Args:
            plackup: the program that serves it.
            page: origin of the client, as ``https://HOST:PORT``.
        """
        for name in ("configuration", "cache", "sessions/lock", "persistent/lock"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "lemonldap-ng.ini").write_text(_SETTINGS.format(folder=self.folder))
        self.configure(**self._settings(page), **new_key("first"))
        words = ["--server", "Standalone", "--host", "127.0.0.1", "--port", str(self.port), "--ssl", "1"]
        words += ["--ssl-key-file", f"{self.folder}/key.pem", "--ssl-cert-file", f"{self.folder}/certificate.pem"]
        environment = os.environ | {"LLNG_DEFAULTCONFFILE": str(self.folder / "lemonldap-ng.ini")}
        with (
            (self.folder / "log").open("wb") as told,
            subprocess.Popen(
                [plackup, *words, "--no-default-middleware", str(PROGRAM)],
                env=environment,
                stdout=told,
                stderr=told,
            ) as running,
        ):
            try:
                self._wait(running)
                yield self
            finally:
                running.terminate()

    def configure(self, **settings: object) -> None:
        """Change settings; a portal that runs takes them within a second or two."""
        self.configuration |= settings
        self._number += 1
        content = self.configuration | {"cfgNum": self._number, "cfgDate": int(time.time())}
        written = self.folder / "configuration" / "new"
        written.write_text(json.dumps(content))
        written.rename(written.with_name(f"lmConf-{self._number}.json"))

    def browser(self) -> httpx.Client:
        """A browser at which nobody is signed in."""
        context = ssl.create_default_context(cafile=self.authority)
        return httpx.Client(base_url=self.issuer, verify=context, trust_env=False, timeout=30, follow_redirects=False)

    def key_ids(self) -> list[str]:
        """The keys that it publishes."""
        with self.browser() as browser:
            return [each["kid"] for each in browser.get("/oauth2/jwks").json()["keys"]]

    def _wait(self, running: "subprocess.Popen[bytes]") -> None:
        end_s = time.monotonic() + START_S_MAX
        with self.browser() as browser:
            while running.poll() is None and time.monotonic() < end_s:
                try:
                    status = browser.get("/.well-known/openid-configuration").status_code
                except httpx.TransportError:
                    time.sleep(0.1)
                    continue
                if status == httpx.codes.OK:
                    return
                break
        pytest.fail(f"the portal does not serve: {(self.folder / 'log').read_text()[:4000]}")

    def _settings(self, page: str) -> dict[str, Any]:
        storage = {"generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256"}
        return {
            "portal": f"{self.issuer}/",
            "captcha_register_enabled": 0,
            "captcha_mail_enabled": 0,
            "portalDisplayResetPassword": 0,
            "key": secrets.token_hex(16),
            "domain": "",
            "locationRules": {"localhost": {"default": "accept"}},
            "securedCookie": 1,
            "authentication": "Demo",
            "userDB": "Demo",
            "passwordDB": "",
            "registerDB": "",
            "whatToTrace": "uid",
            "demoExportedVars": {"uid": "uid", "cn": "cn"},
            "globalStorage": "Apache::Session::File",
            "globalStorageOptions": storage | _directories(self.folder / "sessions"),
            "persistentStorage": "Apache::Session::File",
            "persistentStorageOptions": _directories(self.folder / "persistent"),
            "issuerDBOpenIDConnectActivation": 1,
            "oidcServiceMetaDataIssuer": self.issuer,
            "totp2fActivation": 1,
            "totp2fSelfRegistration": 1,
            "totp2fAuthnLevel": 3,
            "oidcRPMetaDataOptions": {"page": _client_options(page)},
            "oidcRPMetaDataExportedVars": {"page": {}},
        }


def _client_options(page: str) -> dict[str, Any]:
    """What the provider knows of the department's page."""
    options = {
        "ClientID": CLIENT_ID,
        "ClientSecret": CLIENT_SECRET,
        "RedirectUris": f"{page}/single-sign-on/answer",
        "PostLogoutRedirectUris": f"{page}/sign-in",
        "IDTokenSignAlg": "RS256",
        "RequirePKCE": 1,
        "BypassConsent": 1,
        "LogoutBypassConfirm": 1,
    }
    return {f"oidcRPMetaDataOptions{name}": value for name, value in options.items()}


def new_key(name: str) -> dict[str, object]:
    """The settings of a new key that signs tokens."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return {"oidcServicePrivateKeySig": secret, "oidcServicePublicKeySig": public, "oidcServiceKeyIdSig": name}


def form_of(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's form."""
    inputs = re.findall(r"<input\b[^>]*>", page.text)
    fields = [dict(re.findall(r'(\w+)="([^"]*)"', each)) for each in inputs]
    return {each["name"]: html.unescape(each.get("value", "")) for each in fields if each.get("type") == "hidden"}


def register_code(browser: httpx.Client) -> pyotp.TOTP:
    """Register an app of codes for whoever is signed in at the portal."""
    made = browser.post("/2fregisters/totp/getkey", headers={"X-CSRF-Check": "1"}).json()
    app = pyotp.TOTP(made["secret"].upper())
    fields = {"token": made["token"], "code": app.now(), "TOTPName": "app"}
    done = browser.post("/2fregisters/totp/verify", data=fields, headers={"X-CSRF-Check": "1"}).json()
    assert done.get("result") == 1, done
    return app


def _directories(folder: Path) -> dict[str, str]:
    return {"Directory": str(folder), "LockDirectory": str(folder / "lock")}
