"""The certificate of the page of a unit without a department; with one, the uplink gets it from there."""

import os
import re
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from scripts.deploy.provision import no_follow
from scripts.deploy.provision.department import TLS_FOLDER
from scripts.deploy.provision.firewall import page_address
from scripts.deploy.provision.machine import ProvisioningError, run
from scripts.deploy.provision.unit_settings import UNIT_ID_FORM, installed_settings

FILE_BYTES_MAX = 65_536
DAYS, RENEW_BEFORE_DAYS = 825, 45
DAY_S = 86_400
UNIT_ID = "unit-1"
"""Where the settings name none."""
SHOW = ("openssl", "x509", "-noout")
MAKER = "alpr-edge unit without a department"
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
CONFIGURATION = """\
[req]
prompt = no
distinguished_name = name
x509_extensions = page
[name]
O = {maker}
CN = {unit_id}
[page]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = {names}
"""
"""It vouches for this page alone: whoever takes its key can sign no other certificate that the workstation trusts."""


class PageCertificateStep:
    """A certificate that vouches for itself, which the workstation of the car is told to trust (workstation-guide.md).

    Args:
        department: its address, given for this run; with one, here or in the settings, nothing is made.
    """

    name = "page"

    def __init__(self, department: str) -> None:
        self._department = department

    def pending(self) -> list[str]:
        """The certificate, where there is none, or one made here that ends soon or is for another address."""
        settings = installed_settings()
        if not settings or self._department or settings.get("uplink", {}).get("url", ""):
            return []
        file = _file(settings)
        return [] if file.exists() and not is_outdated(_content(file), _address(settings)) else [f"make {file}"]

    def apply(self, undo: ExitStack) -> None:
        """Make it, for the owner of its folder."""
        settings = installed_settings()
        file = _file(settings)
        if not file.exists():
            undo.callback(_remove, file)
        content = make_certificate(str(settings.get("unit", {}).get("id", UNIT_ID)), _address(settings))
        with no_follow.opened_folder(file.parent) as folder:
            owned = os.stat_result((0o600, *os.fstat(folder)[1:]))
            no_follow.write_file(folder, file.name, content, like=owned)


def make_certificate(unit_id: str, address: str) -> bytes:
    """A new key and the certificate of its page, in one text.

    Args:
        unit_id: the id of the unit, which is a name for the page where it can be one.
        address: where the page is served.

    Raises:
        ProvisioningError: openssl does not make it, or the id is none. Settings come from a fleet's file, and openssl,
            which runs as root, loads what its configuration names.
    """
    if not UNIT_ID_FORM.fullmatch(unit_id):
        raise ProvisioningError(f'unit.id {unit_id!r}: letters, digits, ".", "-" and "_", at most 64')
    label = unit_id.lower()
    names = ["DNS:localhost", f"IP:{address}", *([f"DNS:{label}"] if LABEL.fullmatch(label) else [])]
    text = CONFIGURATION.format(maker=MAKER, unit_id=unit_id, names=", ".join(names))
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", "-")
    make = ("openssl", "req", "-x509", *key, "-days", str(DAYS), "-config", "/dev/stdin")
    return run(*make, stdin=text.encode()).encode()


def is_outdated(content: bytes, address: str) -> bool:
    """Whether a certificate was made here, and ends soon or is for another address; one made by others stays.

    Args:
        content: key and certificate.
        address: where the page is served now.
    """
    if MAKER not in run(*SHOW, "-issuer", stdin=content):
        return False
    lasts = _says(content, "will not expire", "-checkend", str(RENEW_BEFORE_DAYS * DAY_S))
    return not lasts or not _says(content, "does match", "-checkip", address)


def _says(content: bytes, words: str, *check: str) -> bool:
    """Whether a check of a certificate says so; some releases of openssl end a check that fails with 1."""
    try:
        return words in run(*SHOW, *check, stdin=content)
    except ProvisioningError:
        return False


def _address(settings: dict[str, Any]) -> str:
    return str(page_address(settings.get("console", {})))


def _file(settings: dict[str, Any]) -> Path:
    """Where the settings have it, relative to their own folder."""
    return TLS_FOLDER.parent / str(settings.get("console", {}).get("certificate_file", TLS_FOLDER / "console.pem"))


def _content(file: Path) -> bytes:
    with no_follow.opened_folder(file.parent) as folder:
        return no_follow.read_file(folder, file.name, FILE_BYTES_MAX)


def _remove(file: Path) -> None:
    with suppress(OSError), no_follow.opened_folder(file.parent) as folder:
        no_follow.remove_file(folder, file.name)
