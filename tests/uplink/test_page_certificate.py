"""The certificate of the page in the car: from a real department, for the car's own name, renewed before it ends."""

import stat
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.people.page_certificates import issue_page_certificate, page_name
from alpr_edge.department.pki.authority import Authority, TlsFiles, initialise
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.enrolment import PAGE_CERTIFICATE_PATH
from alpr_edge.runtime.clock import ReplayedClock, SystemClock
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink import key_pair
from alpr_edge.uplink.page_certificate import LOOK_S, RETRY, PageCertificate, check_page_certificate
from tests.department.enrolment import enrol_unit
from tests.uplink.conftest import settings_for
from tests.uplink.faulty import FaultyDepartment

DOMAIN = "dept.example"


@pytest.fixture
def directory(authority_copy: Path) -> Path:
    """A department with a domain."""
    (authority_copy / "department.toml").write_text(f'[people]\ndomain = "{DOMAIN}"\n', encoding="utf-8")
    return authority_copy


@pytest.fixture
def server(directory: Path) -> Iterator[DepartmentServer]:
    with DepartmentServer(directory) as running:
        yield running


def settings_of(server: DepartmentServer, directory: Path, folder: Path, unit_id: str = "unit-7") -> UplinkSettings:
    return settings_for(f"https://127.0.0.1:{server.port}", enrol_unit(directory, unit_id, folder / "tls"))


def page(settings: UplinkSettings, folder: Path, unit_id: str = "unit-7") -> PageCertificate:
    return PageCertificate(settings, folder / "console.pem", unit_id, SystemClock(), draw=lambda: 0.0)


def certificates_in(file: Path) -> list[x509.Certificate]:
    content = file.read_bytes()
    return x509.load_pem_x509_certificates(content[content.index(b"-----BEGIN CERTIFICATE") :])


def test_the_first_is_for_the_car_s_name_and_lies_with_its_key_in_one_file(
    server: DepartmentServer, directory: Path, tmp_path: Path
) -> None:
    settings = settings_of(server, directory, tmp_path)
    kept = page(settings, tmp_path)
    assert kept.step() == LOOK_S
    file = tmp_path / "console.pem"
    certificate, authority = certificates_in(file)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [f"unit-7.{DOMAIN}"]
    assert authority == key_pair.load_authority(settings)
    key = load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.public_key() == certificate.public_key()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    assert (kept.step(), kept.failure) == (LOOK_S / 2, "")
    assert file.read_bytes() == before, "it holds for a year"


def test_one_that_ends_soon_is_followed_by_another(server: DepartmentServer, directory: Path, tmp_path: Path) -> None:
    settings = settings_of(server, directory, tmp_path)
    key, file = ec.generate_private_key(ec.SECP256R1()), tmp_path / "console.pem"
    old = issue_page_certificate(directory, "unit-7", key_pair.request_of("unit-7", key), days=10)
    file.write_bytes(key_pair.pem_of(key) + old)
    page(settings, tmp_path).step()
    days = (certificates_in(file)[0].not_valid_after_utc - datetime.now(UTC)).days
    assert days > 390


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nx\n"])
def test_a_file_that_is_none_is_replaced(
    server: DepartmentServer, directory: Path, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "console.pem").write_bytes(content)
    page(settings_of(server, directory, tmp_path), tmp_path).step()
    assert len(certificates_in(tmp_path / "console.pem")) == 2


def test_one_of_another_authority_is_replaced(server: DepartmentServer, directory: Path, tmp_path: Path) -> None:
    other = initialise(tmp_path / "other", ["other.example"]).directory
    key = ec.generate_private_key(ec.SECP256R1())
    foreign = issue_page_certificate(other, "unit-7", key_pair.request_of("unit-7", key))
    (tmp_path / "console.pem").write_bytes(key_pair.pem_of(key) + foreign)
    settings = settings_of(server, directory, tmp_path)
    page(settings, tmp_path).step()
    certificates_in(tmp_path / "console.pem")[0].verify_directly_issued_by(key_pair.load_authority(settings))


def test_a_department_without_a_domain_gives_none_and_that_is_no_fault(
    server: DepartmentServer, directory: Path, tmp_path: Path
) -> None:
    settings = settings_of(server, directory, tmp_path)
    (directory / "department.toml").unlink()
    initialise(directory, ["127.0.0.1"])  # an address alone
    kept = page(settings, tmp_path)
    assert (kept.step(), kept.failure) == (LOOK_S, "")
    assert not (tmp_path / "console.pem").exists()


def test_an_id_that_is_no_part_of_a_name_gets_none(server: DepartmentServer, directory: Path, tmp_path: Path) -> None:
    settings = settings_of(server, directory, tmp_path, "unit_7.a")
    kept = page(settings, tmp_path, "unit_7.a")
    assert (kept.step(), kept.failure) == (LOOK_S, "")
    assert not (tmp_path / "console.pem").exists()


def test_a_department_that_is_not_reached_is_asked_again(
    server: DepartmentServer, directory: Path, tmp_path: Path
) -> None:
    settings = settings_of(server, directory, tmp_path).model_copy(update={"url": "https://127.0.0.1:1"})
    kept = page(settings, tmp_path)
    assert kept.step() == RETRY.wait_s(1, 0.0)
    assert kept.failure == "", "the link says so"


def test_an_earlier_department_knows_no_pages_and_that_is_no_fault(
    storage: Storage, authority: TlsFiles, unit_files: Path, tmp_path: Path
) -> None:
    app = create_app(storage)
    app.router.routes[:] = [route for route in app.routes if getattr(route, "path", "") != PAGE_CERTIFICATE_PATH]
    with FaultyDepartment(app, tls_context(authority), iter(())) as earlier:
        kept = page(settings_for(earlier.url, unit_files), tmp_path, "unit-1")
        assert (kept.step(), kept.failure) == (LOOK_S, "")
    assert not (tmp_path / "console.pem").exists()


@pytest.mark.parametrize(
    ("names", "settings", "is_refused"),
    [
        (["other.example"], "", False),
        (["127.0.0.1", "Alpr.dept.example"], "", True),
        (["other.example"], 'address = "https://ALPR.dept.example:8446"\n', True),
        (["other.example"], '[page]\naddress = "https://ALPR.dept.example"\n', True),
    ],
)
def test_no_page_gets_a_name_of_the_department_itself(
    names: list[str], settings: str, is_refused: bool, directory: Path
) -> None:
    initialise(directory, names)
    with (directory / "department.toml").open("a", encoding="utf-8") as file:
        file.write(settings)
    request = key_pair.request_of("alpr", ec.generate_private_key(ec.SECP256R1()))
    refusal = pytest.raises(CertificateRefusedError, match="or it names the server") if is_refused else nullcontext()
    with refusal:
        issue_page_certificate(directory, "alpr", request)
    assert issue_page_certificate(directory, "alpr-2", request)


def test_a_certificate_for_another_key_or_purpose_is_refused(directory: Path) -> None:
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    pem = issue_page_certificate(directory, "unit-7", key_pair.request_of("unit-7", key)).decode()
    issued_by = Authority.load(TlsFiles(directory))
    assert check_page_certificate(pem, key, issued_by.certificate).public_key() == key.public_key()
    client = issued_by.certify("unit-7", key.public_key()).public_bytes(Encoding.PEM).decode()
    for wrong, of_key in ((pem, other), (client, key)):
        with pytest.raises(UplinkError, match="for another key or purpose"):
            check_page_certificate(wrong, of_key, issued_by.certificate)
    with pytest.raises(UplinkError, match="no certificate of its own authority"):
        check_page_certificate("none", key, issued_by.certificate)


def test_a_file_that_cannot_be_written_is_told_of(server: DepartmentServer, directory: Path, tmp_path: Path) -> None:
    settings = settings_of(server, directory, tmp_path)
    kept = page(settings, tmp_path / "nowhere")
    assert kept.step() == RETRY.wait_s(1, 0.0)
    assert kept.failure.startswith("the page has no new certificate: ")


def test_with_an_unset_clock_nothing_is_asked_for(server: DepartmentServer, directory: Path, tmp_path: Path) -> None:
    settings = settings_of(server, directory, tmp_path)
    kept = PageCertificate(settings, tmp_path / "console.pem", "unit-7", ReplayedClock(Instant("b", 1)), lambda: 0.0)
    assert kept.step() == LOOK_S / 2
    assert not (tmp_path / "console.pem").exists()


def test_it_is_that_of_a_server_and_lets_nobody_in_as_a_unit(directory: Path) -> None:
    request = key_pair.request_of("anything", ec.generate_private_key(ec.SECP256R1()))
    certificate = x509.load_pem_x509_certificate(issue_page_certificate(directory, "car-1", request))
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]


@pytest.mark.parametrize(
    ("unit_id", "domain", "name"),
    [
        ("Car-7", DOMAIN, f"car-7.{DOMAIN}"),
        ("car-7", "", ""),
        ("-car", DOMAIN, ""),
        ("car.7", DOMAIN, ""),
        ("c" * 64, DOMAIN, ""),
        ("*", DOMAIN, ""),
    ],
)
def test_a_page_has_a_name_below_the_domain_or_none(unit_id: str, domain: str, name: str) -> None:
    assert page_name(unit_id, domain) == name
