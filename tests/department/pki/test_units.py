"""Who may speak with the department: codes, certificates, renewal and revocation, against a real database."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from alpr_edge.department.db.database import naive_utc_now
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import Authority, TlsFiles, initialise
from alpr_edge.department.pki.issuance import VALID_MAX
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.department.pki.unit_ends import UnitEnd
from alpr_edge.department.pki.units import CertificateStatus, Units
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.enrolment import Refusal
from alpr_edge.domain.protocol.enrolment_codes import parse_code
from tests.department.engines import EngineUnderTest, query

Key = ec.EllipticCurvePrivateKey
HOUR = timedelta(hours=1)


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest) -> Path:
    return engine.use(initialise(tmp_path / "department", ["127.0.0.1"]).directory)


@pytest.fixture
def units(directory: Path) -> Iterator[Units]:
    storage = Storage(directory)
    yield storage.units
    storage.close()


def new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def request_of(key: Key, name: str = "whoever") -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def code_of(units: Units, unit_id: str = "unit-1", valid: timedelta = HOUR) -> str:
    return parse_code(units.invite(unit_id, valid).code)


def enrol_unit(units: Units, unit_id: str = "unit-1", key: Key | None = None) -> x509.Certificate:
    return x509.load_pem_x509_certificate(units.enrol(unit_id, code_of(units, unit_id), request_of(key or new_key())))


def fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()


def refusal(units: Units, unit_id: str, code: str, request: str | None = None) -> Refusal:
    with pytest.raises(CertificateRefusedError) as error_info:
        units.enrol(unit_id, code, request_of(new_key()) if request is None else request)
    return error_info.value.reason


def test_a_code_gives_one_certificate_for_the_unit_and_nothing_that_was_asked_for_besides(units: Units) -> None:
    key = new_key()
    certificate = x509.load_pem_x509_certificate(
        units.enrol("unit-1", code_of(units), request_of(key, "somebody-else"), "192.0.2.7")
    )
    assert certificate.subject.rfc4514_string() == "CN=unit-1"
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.public_key() == key.public_key()
    assert units.standing("unit-1", fingerprint(certificate)) is CertificateStatus.GOOD
    assert units.standing("unit-2", fingerprint(certificate)) is CertificateStatus.UNKNOWN
    (unit,) = units.records()
    (row,) = unit.certificates
    assert (unit.unit_id, unit.state, unit.code_until) == ("unit-1", "valid", None)
    assert (row["fingerprint"], row["address"], row["origin"]) == (fingerprint(certificate), "192.0.2.7", "enrolled")
    assert row["serial"] == f"{certificate.serial_number:X}"


def test_a_lost_answer_is_given_again_to_the_same_key_for_a_while(units: Units, directory: Path) -> None:
    code, request = code_of(units), request_of(new_key())
    first = units.enrol("unit-1", code, request)
    assert units.enrol("unit-1", code, request) == first
    assert refusal(units, "unit-1", code) is Refusal.USED
    query(directory, f"UPDATE enrolment_codes SET used_at = '{naive_utc_now() - timedelta(hours=2)}'")
    assert refusal(units, "unit-1", code, request) is Refusal.USED
    assert len(units.records()[0].certificates) == 1


def test_why_a_code_gives_nothing(units: Units, directory: Path) -> None:
    other, first = code_of(units, "unit-2"), code_of(units)
    assert refusal(units, "unit-1", other) is Refusal.CODE
    second = code_of(units)
    assert refusal(units, "unit-1", first) is Refusal.WITHDRAWN
    query(directory, "UPDATE enrolment_codes SET expires_at = '2020-01-01 00:00:00.000000'")
    assert refusal(units, "unit-1", second) is Refusal.EXPIRED
    assert refusal(units, "nobody", first) is Refusal.CODE
    assert refusal(units, "two words", first) is Refusal.UNIT


@pytest.mark.review(17)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_wrong_tries_end_no_code_and_are_written_nowhere(units: Units, directory: Path) -> None:
    right, wrong = code_of(units), code_of(units, "unit-2")
    before = (directory / "department.db-wal").stat()
    for _ in range(20):
        assert refusal(units, "unit-1", wrong) is Refusal.CODE
    after = (directory / "department.db-wal").stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert units.enrol("unit-1", right, request_of(new_key()))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_code_is_nowhere_on_disk(units: Units, directory: Path) -> None:
    code = units.invite("unit-1", HOUR).code
    content = b"".join(path.read_bytes() for path in directory.iterdir() if path.is_file())
    assert b"unit-1" in content
    assert code.encode() not in content
    assert parse_code(code).encode() not in content


def test_two_that_race_for_one_code_are_one_unit_enrolled(units: Units) -> None:
    code, outcomes = code_of(units), list[object]()
    requests = [request_of(new_key()) for _ in range(8)]
    start = threading.Barrier(len(requests))

    def race(request: str) -> None:
        start.wait()
        try:
            outcomes.append(units.enrol("unit-1", code, request))
        except CertificateRefusedError as error:
            outcomes.append(error.reason)

    threads = [threading.Thread(target=race, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(Refusal.USED) == len(requests) - 1
    assert len([outcome for outcome in outcomes if isinstance(outcome, bytes)]) == 1
    assert len(units.records()[0].certificates) == 1


def with_typo(request: str) -> str:
    middle = len(request) // 2
    return request[:middle] + ("A" if request[middle] != "A" else "B") + request[middle + 1 :]


def signed_otherwise(key: Key | rsa.RSAPrivateKey, name: str = "x") -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    return builder.sign(key, SHA384()).public_bytes(Encoding.PEM).decode()


def test_what_is_no_request_of_a_p_256_key_costs_no_code(units: Units) -> None:
    code = code_of(units)
    ed = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(ed25519.Ed25519PrivateKey.generate(), None)
    )
    for request in (
        "",
        "räquest",
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        with_typo(request_of(new_key())),
        request_of(ec.generate_private_key(ec.SECP384R1())),
        signed_otherwise(new_key()),
        signed_otherwise(rsa.generate_private_key(65537, 2048)),
        ed.public_bytes(Encoding.PEM).decode(),
    ):
        assert refusal(units, "unit-1", code, request) is Refusal.REQUEST
    assert units.enrol("unit-1", code, request_of(new_key()))


def test_a_renewal_follows_its_certificate_and_is_given_again_when_its_answer_is_lost(units: Units) -> None:
    first, key = enrol_unit(units), new_key()
    request = request_of(key)
    second = units.renew("unit-1", fingerprint(first), request)
    assert units.renew("unit-1", fingerprint(first), request) == second
    newer = x509.load_pem_x509_certificate(second)
    assert newer.public_key() == key.public_key()
    assert units.standing("unit-1", fingerprint(first)) is CertificateStatus.GOOD
    assert units.standing("unit-1", fingerprint(newer)) is CertificateStatus.GOOD
    rows = units.records()[0].certificates
    assert [(row["origin"], row["predecessor"]) for row in rows] == [
        ("renewed", fingerprint(first)),
        ("enrolled", None),
    ]


def test_a_key_is_not_certified_twice_over(units: Units) -> None:
    key = new_key()
    certificate = enrol_unit(units, key=key)
    with pytest.raises(CertificateRefusedError, match="this key may not be certified"):
        units.renew("unit-1", fingerprint(certificate), request_of(key))
    assert refusal(units, "unit-2", code_of(units, "unit-2"), request_of(key)) is Refusal.KEY
    units.revoke("unit-1")
    assert refusal(units, "unit-1", code_of(units), request_of(key)) is Refusal.KEY


def test_a_unit_holds_only_so_many_certificates(units: Units) -> None:
    certificate = enrol_unit(units)
    for _ in range(VALID_MAX - 1):
        units.renew("unit-1", fingerprint(certificate), request_of(new_key()))
    with pytest.raises(CertificateRefusedError, match="as many certificates as it may"):
        units.renew("unit-1", fingerprint(certificate), request_of(new_key()))
    assert refusal(units, "unit-1", code_of(units)) is Refusal.NUMBER


def test_a_revocation_ends_everything_of_the_unit_and_keeps_the_record(units: Units) -> None:
    first, other = enrol_unit(units), enrol_unit(units, "unit-2")
    second = x509.load_pem_x509_certificate(units.renew("unit-1", fingerprint(first), request_of(new_key())))
    code = code_of(units)
    done = units.revoke("unit-1", "stolen with the car")
    assert (done.certificates, done.codes) == (2, 1)
    for certificate in (first, second):
        assert units.standing("unit-1", fingerprint(certificate)) is CertificateStatus.REVOKED
        with pytest.raises(CertificateRefusedError, match="no longer counts"):
            units.renew("unit-1", fingerprint(certificate), request_of(new_key()))
    assert refusal(units, "unit-1", code) is Refusal.WITHDRAWN
    assert units.standing("unit-2", fingerprint(other)) is CertificateStatus.GOOD
    record = units.records()[0]
    assert record.state == "revoked"
    assert {row["revoked_reason"] for row in record.certificates} == {"stolen with the car"}
    again = units.revoke("unit-1")
    assert (again.certificates, again.codes) == (0, 0)
    assert units.standing("unit-1", fingerprint(enrol_unit(units))) is CertificateStatus.GOOD


def test_as_what_a_unit_was_ended_is_told_until_it_is_enrolled_again(units: Units) -> None:
    enrol_unit(units)
    units.revoke("unit-1", "sold")
    assert [(each.state, each.end) for each in units.records()] == [("revoked", None)]
    for end, reason in ((UnitEnd.RETIRED, "sold to another town"), (UnitEnd.STOLEN, "never got there")):
        assert units.revoke("unit-1", reason, end).reasons_added == 1
        assert units.records()[0].end is end
    assert enrol_unit(units) is not None
    assert [(each.state, each.end) for each in units.records()] == [("valid", None)]
    units.revoke("unit-1", "", UnitEnd.KEY_LOST)
    (record,) = units.records()
    assert record.end is UnitEnd.KEY_LOST
    assert [row["ended_as"] for row in record.certificates] == ["key-lost", "stolen"]


def test_a_unit_that_nobody_knows_is_not_revoked(units: Units) -> None:
    with pytest.raises(DepartmentError, match="no such unit here"):
        units.revoke("unit-9")
    assert units.records() == []


def test_a_certificate_that_is_not_on_record_is_a_stranger_s(units: Units, directory: Path) -> None:
    certificate = Authority.load(TlsFiles(directory)).certify("unit-1", new_key().public_key())
    assert units.standing("unit-1", fingerprint(certificate)) is CertificateStatus.UNKNOWN
    assert units.add(certificate) == units.add(certificate) == "unit-1"
    assert units.standing("unit-1", fingerprint(certificate)) is CertificateStatus.GOOD


def test_only_a_certificate_of_the_authority_can_be_added(units: Units, tmp_path: Path) -> None:
    stranger = Authority.load(initialise(tmp_path / "stranger", ["a.example"]))
    with pytest.raises(DepartmentError, match="not issued by the authority"):
        units.add(stranger.certify("unit-1", new_key().public_key()))
    with pytest.raises(DepartmentError, match="not a unit id"):
        units.add(stranger.certificate)


def test_a_certificate_that_ran_out_counts_no_more(units: Units, directory: Path) -> None:
    certificate = enrol_unit(units)
    query(directory, "UPDATE certificates SET not_after = '2020-01-01 00:00:00.000000'")
    assert units.standing("unit-1", fingerprint(certificate)) is CertificateStatus.EXPIRED
    assert units.records()[0].state == "expired"
