"""The authority of a first set-up."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store

from alpr_edge.department.pki.authority import Authority, TlsFiles, initialise
from alpr_edge.department.pki.server_certificate import server_names
from alpr_edge.domain.errors import DepartmentError


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return initialise(tmp_path / "department", ["department.example", "10.0.0.7", "::1"])


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_server_s_certificate_names_every_name_and_stands_up_to_a_strict_verifier(files: TlsFiles) -> None:
    certificate = read(files.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["department.example"]
    addresses = [ipaddress.ip_address("10.0.0.7"), ipaddress.ip_address("::1")]
    assert names.get_values_for_type(x509.IPAddress) == addresses
    verifier = PolicyBuilder().store(Store([read(files.authority)]))
    assert verifier.build_server_verifier(x509.DNSName("department.example")).verify(certificate, [])


def unit_certificate(files: TlsFiles, days: int = 397) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority.load(files).certify("unit-7", key.public_key(), days)


def test_a_unit_s_certificate_carries_its_id_and_is_for_clients_alone(files: TlsFiles) -> None:
    certificate = unit_certificate(files)
    assert [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["unit-7"]
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate.verify_directly_issued_by(read(files.authority))
    now = datetime.now(UTC)
    assert certificate.not_valid_before_utc < now < certificate.not_valid_after_utc < now + timedelta(days=398)


def test_no_certificate_outlives_its_authority(files: TlsFiles) -> None:
    assert unit_certificate(files, 9999).not_valid_after_utc == read(files.authority).not_valid_after_utc


def test_keys_are_the_owner_s_alone(files: TlsFiles) -> None:
    assert {path.stat().st_mode & 0o777 for path in files.directory.iterdir()} == {0o600}
    assert files.directory.stat().st_mode & 0o777 == 0o700


def test_the_names_of_the_server_are_told_again(files: TlsFiles, tmp_path: Path) -> None:
    assert server_names(files) == ["department.example", "10.0.0.7", "::1"]
    with pytest.raises(DepartmentError, match="no usable certificate of this server"):
        server_names(TlsFiles(tmp_path))


def test_secrets_differ_by_purpose_and_by_authority(files: TlsFiles, tmp_path: Path) -> None:
    other = initialise(tmp_path / "other", ["a.example"])
    secrets = {Authority.load(tls_files).secret(purpose) for tls_files in (files, other) for purpose in ("one", "two")}
    assert len(secrets) == 4


def test_running_it_again_renews_the_server_and_keeps_the_authority(files: TlsFiles) -> None:
    authority, certificate = files.authority.read_bytes(), files.certificate.read_bytes()
    initialise(files.directory, ["other.example"])
    assert files.authority.read_bytes() == authority
    assert files.certificate.read_bytes() != certificate


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "give every name"),
        (["dépôt.example"], "xn-- form"),
        (["https://a.example"], "not a host name or address"),
        (["a b"], "not a host"),
    ],
)
def test_what_is_no_name_is_refused(names: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(DepartmentError, match=message):
        initialise(tmp_path / "department", names)


def test_without_an_authority_nobody_is_certified(files: TlsFiles, tmp_path: Path) -> None:
    for broken in (TlsFiles(tmp_path / "nowhere"), files):
        files.authority_key.write_text("broken")
        with pytest.raises(DepartmentError, match="no usable authority"):
            Authority.load(broken)


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DepartmentError, match="cannot be used as a folder"):
        initialise(tmp_path / "file" / "department", ["a.example"])
