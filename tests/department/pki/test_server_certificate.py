"""When the server's certificate ends, what is said before, and how it is renewed."""

from pathlib import Path

import pytest

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.department.pki.server_certificate import ServerCertificate, renew_server_certificate
from alpr_edge.domain.errors import DepartmentError
from tests.department.server_certificates import in_days, set_days_left

NAMES = ["department.example", "10.0.0.7"]


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return initialise(tmp_path / "department", NAMES)


def warnings(files: TlsFiles, days: float = 0) -> list[str]:
    return ServerCertificate.load(files).warnings(in_days(days))


def test_names_and_dates_are_read(files: TlsFiles) -> None:
    certificate = ServerCertificate.load(files)
    assert list(certificate.names) == NAMES
    assert certificate.days_left(in_days(0)) in {395, 396, 397}
    assert in_days(0) < certificate.valid_until < certificate.authority_until
    assert not certificate.has_ended(in_days(0))


def test_it_warns_from_45_days_before_the_end(files: TlsFiles) -> None:
    assert warnings(files) == warnings(files, 397 - 46) == []
    (line,) = warnings(files, 397 - 44)
    assert line.startswith("the server's certificate ends on ")
    assert line.endswith(f"run: alpr-edge department renew --directory {files.directory}")
    (line,) = warnings(files, 400)
    assert line.startswith("the server's certificate ended on ")


def test_the_end_of_the_authority_is_announced_as_well(files: TlsFiles) -> None:
    assert any(line.startswith("the certificate of the authority ends on ") for line in warnings(files, 3650 - 10))


@pytest.mark.parametrize("days", [-1, -400])
def test_past_the_end_nothing_is_served(files: TlsFiles, days: int) -> None:
    set_days_left(files, days)
    with pytest.raises(DepartmentError, match=r"no unit accepts this server: .* ended on .* department renew"):
        DepartmentServer(files.directory)
    renew_server_certificate(files)
    with DepartmentServer(files.directory) as server:
        assert server.port


def test_a_renewal_keeps_the_names_adds_and_leaves_out(files: TlsFiles) -> None:
    key, authority = files.key.read_bytes(), files.authority.read_bytes()
    assert list(renew_server_certificate(files).names) == NAMES
    assert files.key.read_bytes() != key
    assert files.authority.read_bytes() == authority
    renewal = renew_server_certificate(files, add=["other.example", NAMES[0]], remove=["10.0.0.7"])
    assert list(renewal.names) == ["department.example", "other.example"]


def test_what_cannot_be_renewed_changes_nothing(files: TlsFiles, tmp_path: Path) -> None:
    before = files.certificate.read_bytes()
    with pytest.raises(DepartmentError, match="the certificate is not for this name; it has: "):
        renew_server_certificate(files, remove=["other.example"])
    with pytest.raises(DepartmentError, match="give every name"):
        renew_server_certificate(files, remove=NAMES)
    with pytest.raises(DepartmentError, match="xn-- form"):
        renew_server_certificate(files, add=["dépôt"])
    files.authority_key.unlink()
    with pytest.raises(DepartmentError, match="no usable authority"):
        renew_server_certificate(files)
    assert files.certificate.read_bytes() == before
    with pytest.raises(DepartmentError, match="department init"):
        renew_server_certificate(TlsFiles(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()
