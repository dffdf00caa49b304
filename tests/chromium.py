"""Debian's Chromium for tests of pages."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, expect, sync_playwright

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_MS_MAX = 60_000
HIDE = """isHidden => {
  Object.defineProperty(document, "hidden", {value: isHidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
"""Chromium without a window hides no page."""


@contextmanager
def chromium(program: str, certificate_file: Path, domain: str) -> Iterator[Browser]:
    """A browser without a window.

    Args:
        program: its program.
        certificate_file: the certificate whose key it takes for known.
        domain: a name that it finds on this computer.
    """
    certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    known = f"--ignore-certificate-errors-spki-list={b64encode(sha256(key).digest()).decode()}"
    found = f"--host-resolver-rules=MAP {domain} 127.0.0.1"
    with sync_playwright() as playwright:
        expect.set_options(timeout=WAIT_MS_MAX)
        browser = playwright.chromium.launch(executable_path=program, args=[*QUIET, known, found])
        yield browser
        browser.close()


def faults_of(page: Page) -> list[str]:
    """What the browser complains about from now on: the policy of the page among it."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(error.message))
    return faults
