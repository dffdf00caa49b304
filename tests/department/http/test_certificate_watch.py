"""A server that runs when its certificate is renewed, and when it comes to its end."""

import hashlib
import ssl
from datetime import datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from alpr_edge.department.http.certificate_watch import WARNING_INTERVAL_S, CertificateWatch
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.department.pki.server_certificate import renew_server_certificate
from tests.department.server_certificates import in_days, set_days_left
from tests.department.waits import wait_until


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return initialise(tmp_path / "department", ["127.0.0.1"])


class Times:
    """Clocks that stand until they are set."""

    def __init__(self) -> None:
        self.now, self.monotonic_s = in_days(0), 0.0

    def watch(self, files: TlsFiles) -> CertificateWatch:
        def now() -> datetime:
            return self.now

        return CertificateWatch(files, tls_context(files), now, lambda: self.monotonic_s)


def events(watch: CertificateWatch) -> list[str]:
    with capture_logs() as lines:
        watch.step()
    return [f"{line['log_level']} {line['event']}" for line in lines]


def served_certificate(port: int) -> str:
    pem = ssl.get_server_certificate(("127.0.0.1", port), timeout=30)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def test_it_warns_at_the_start_and_then_once_a_day(files: TlsFiles) -> None:
    times = Times()
    watch = times.watch(set_days_left(files, 44))
    assert events(watch) == ["warning department.certificate_ends"]
    times.monotonic_s = WARNING_INTERVAL_S - 1
    assert events(watch) == []
    times.monotonic_s, times.now = WARNING_INTERVAL_S, in_days(50)
    assert events(watch) == ["error department.certificate_ends"]


def test_a_fresh_certificate_is_no_line(files: TlsFiles) -> None:
    assert events(Times().watch(files)) == []


def test_a_renewed_certificate_is_loaded_and_a_half_written_one_waits(files: TlsFiles) -> None:
    watch = Times().watch(set_days_left(files, 10))
    assert events(watch) == ["warning department.certificate_ends"]
    certificate = files.certificate.read_bytes()
    renew_server_certificate(files)
    renewal = files.certificate.read_bytes()
    files.certificate.write_bytes(certificate)
    assert events(watch) == ["warning department.certificate_not_loaded"]
    assert events(watch) == []
    files.certificate.write_bytes(renewal)
    assert events(watch) == ["info department.certificate_loaded"]
    files.certificate.unlink()
    assert events(watch) == ["warning department.certificate_not_loaded"]


def test_both_listeners_take_up_a_renewed_certificate_while_they_run(files: TlsFiles) -> None:
    with DepartmentServer(files.directory, enrol_port=0) as server:
        assert server.enrol_port is not None
        first = {served_certificate(port) for port in (server.port, server.enrol_port)}
        renew_server_certificate(files)
        new = hashlib.sha256(ssl.PEM_cert_to_DER_cert(files.certificate.read_text(encoding="ascii"))).hexdigest()
        assert first != {new}
        for port in (server.port, server.enrol_port):
            wait_until(lambda port=port: served_certificate(port) == new)  # type: ignore[misc]
