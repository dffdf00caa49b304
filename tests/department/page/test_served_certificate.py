"""The certificate of the department's page, replaced while it serves."""

import shutil
import ssl
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from alpr_edge.department.page.server import ServedCertificate
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.department.settings import PageTable


@pytest.fixture
def pairs(tmp_path: Path) -> tuple[TlsFiles, TlsFiles]:
    """The certificates and keys of two authorities."""
    first, second = (initialise(tmp_path / name, ["127.0.0.1"]) for name in ("first", "second"))
    return first, second


def certificate_of(context: ssl.SSLContext) -> bytes | None:
    """The certificate that a browser gets to see; None where nobody gets through."""
    to_server, to_browser = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    browser = trusting.wrap_bio(to_browser, to_server)
    server = context.wrap_bio(to_server, to_browser, server_side=True)
    for _ in range(4):
        for side in (browser, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return None
    return browser.getpeercert(binary_form=True)


def content(path: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(path.read_text(encoding="ascii"))


def test_a_certificate_without_its_key_leaves_the_one_before_served(
    tmp_path: Path, pairs: tuple[TlsFiles, TlsFiles]
) -> None:
    first, second = pairs
    certificate, key = tmp_path / "page.pem", tmp_path / "page.key"
    shutil.copy(first.certificate, certificate)
    shutil.copy(first.key, key)
    served = ServedCertificate(tmp_path / "first", PageTable(certificate=str(certificate), key=str(key)))
    assert certificate_of(served.context) == content(first.certificate)
    shutil.copy(second.certificate, certificate)
    with capture_logs() as lines:
        served.reload()
    assert [line["event"] for line in lines] == ["department.page_certificate_not_loaded"]
    assert certificate_of(served.context) == content(first.certificate)
    shutil.copy(second.key, key)
    with capture_logs() as lines:
        served.reload()
    assert [line["event"] for line in lines] == ["department.page_certificate_loaded"]
    assert certificate_of(served.context) == content(second.certificate)
