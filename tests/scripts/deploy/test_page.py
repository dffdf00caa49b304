"""The certificate of the page of a unit without a department: for its names, and never in place of an agency's own."""

import ipaddress

import pytest
from cryptography import x509

from scripts.deploy.provision.machine import ProvisioningError, run
from scripts.deploy.provision.page import DAYS, is_outdated, make_certificate

ADDRESS = "192.0.2.7"


@pytest.fixture(scope="module")
def content() -> bytes:
    return make_certificate("Car-7", ADDRESS)


def test_it_is_for_the_page_and_for_nothing_else(content: bytes) -> None:
    assert content.startswith(b"-----BEGIN PRIVATE KEY-----")
    certificate = x509.load_pem_x509_certificate(content)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "car-7"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(ADDRESS)]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == DAYS


@pytest.mark.parametrize("unit_id", ["car-7\n[default]\nopenssl_conf = mine", "car 7", "", "a" * 65])
def test_no_setting_gets_into_the_configuration_of_openssl(unit_id: str) -> None:
    with pytest.raises(ProvisioningError, match=r"unit\.id .*: letters, digits"):
        make_certificate(unit_id, ADDRESS)


def test_another_address_asks_for_a_new_one(content: bytes) -> None:
    assert not is_outdated(content, ADDRESS)
    assert is_outdated(content, "192.0.2.8")


@pytest.mark.parametrize("days", [30, 60])
def test_it_is_made_anew_before_it_ends(days: int) -> None:
    subject = "/O=alpr-edge unit without a department/CN=car-7"
    names = ("-addext", f"subjectAltName=IP:{ADDRESS}")
    make = ("openssl", "req", "-x509", "-newkey", "ed25519", "-noenc", "-keyout", "-", "-days", str(days))
    assert is_outdated(run(*make, "-subj", subject, *names).encode(), ADDRESS) is (days == 30)


def test_one_of_the_agency_stays() -> None:
    make = ("openssl", "req", "-x509", "-newkey", "ed25519", "-noenc", "-keyout", "-", "-days", "1")
    assert not is_outdated(run(*make, "-subj", "/CN=car-7").encode(), ADDRESS)
