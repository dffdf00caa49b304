"""Pictures of the page for officers, taken in a browser from the hits of a rendered drive: by day, by night, locked."""

import shutil
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

WIDTH_PX, HEIGHT_PX = 1280, 800
Theme = Literal["light", "dark"]


def take_pictures(address: str, certificate_file: Path, fields: Mapping[str, str], folder: Path) -> None:
    """Sign in at the page, and take its pictures.

    Args:
        address: of the page.
        certificate_file: its certificate, whose key the browser takes for known.
        fields: what is typed to sign in, by the label of the field.
        folder: where the pictures go; those of the same names there are replaced.
    """
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - of the tests' packages, for pictures alone

    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("pictures are taken with Debian's chromium: apt-get install chromium")
    content = certificate_file.read_bytes()
    certificate = x509.load_pem_x509_certificate(content[content.index(b"-----BEGIN CERTIFICATE") :])
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    known = f"--ignore-certificate-errors-spki-list={b64encode(sha256(key).digest()).decode()}"
    found = f"--host-resolver-rules=MAP {urlsplit(address).hostname} 127.0.0.1"
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", known, found])
        page = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX}, color_scheme="light")
        page.goto(address)
        for label, text in fields.items():
            page.get_by_label(label).fill(text)
        page.get_by_label("I acknowledge").check()
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_text("NOT CONFIRMED").wait_for()
        themes: dict[Theme, str] = {"light": "day", "dark": "night"}
        for scheme, name in themes.items():
            page.emulate_media(color_scheme=scheme)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / f"page-by-{name}.png")
        page.get_by_role("button", name="Lock").click()
        page.get_by_role("heading", name="Locked").wait_for()
        page.screenshot(path=folder / "page-locked.png")
        browser.close()
