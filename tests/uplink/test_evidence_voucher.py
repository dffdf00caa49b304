"""The key that signs evidence packages, and the department's word for it, over a real connection."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI, Response

from alpr_edge.department.http.responses import HEADERS
from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.http.storage_app import issue_vouchers
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.pki.authority import Authority, TlsFiles, initialise
from alpr_edge.department.pki.evidence_certificates import signing_key_of
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.enrolment import EVIDENCE_VOUCHER_PATH
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.signer import KeyVoucher, PackageSigner
from alpr_edge.evidence.verification import verify_package
from alpr_edge.evidence.vouchers import open_voucher
from alpr_edge.runtime.clock import ReplayedClock, SystemClock
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.keys import create_keys, load_evidence_key
from alpr_edge.uplink import key_pair
from alpr_edge.uplink.documents.held_voucher import held_voucher, voucher_file
from alpr_edge.uplink.documents.voucher_request import REQUEST_NAME, leave_request, read_request
from alpr_edge.uplink.evidence_voucher import LOOK_S, RETRY, SOON_S, EvidenceVoucher
from tests.department.enrolment import enrol_unit
from tests.evidence.folder_target import FolderTarget
from tests.evidence.package_content import UNIT, CaseLog, package_content
from tests.uplink.conftest import settings_for
from tests.uplink.faulty import FaultyDepartment

KEY = Ed25519PrivateKey.generate()


def voucher(settings: UplinkSettings, folder: Path) -> EvidenceVoucher:
    return EvidenceVoucher(settings, folder / REQUEST_NAME, UNIT, SystemClock(), draw=lambda: 0.0)


def request_of(folder: Path, key: Ed25519PrivateKey) -> str:
    leave_request(folder / "request", UNIT, key)
    return (folder / "request").read_text(encoding="ascii")


def test_the_department_vouches_for_the_unit_s_key_and_for_its_own(authority_copy: Path, tmp_path: Path) -> None:
    leave_request(tmp_path / REQUEST_NAME, UNIT, KEY)
    with DepartmentServer(authority_copy) as server:
        tls = enrol_unit(authority_copy, UNIT, tmp_path / "tls")
        settings = settings_for(f"https://127.0.0.1:{server.port}", tls)
        stepped = voucher(settings, tmp_path)
        assert stepped.step() == LOOK_S
        before = voucher_file(settings).read_bytes()
        assert stepped.step() == LOOK_S / 2
        assert voucher_file(settings).read_bytes() == before, "it holds for a year"
        held = held_voucher(settings)
        assert held is not None
        signer, witness = (open_voucher(pem, held.authority) for pem in (held.certificate, held.witness_certificate))
        assert (signer.name, signer.public_key) == (UNIT, KEY.public_key().public_bytes_raw())
        own = Witness(authority_copy).key
        assert (witness.name, witness.public_key) == (own.name, own.public_key)
        assert signer.authority == Authority.load(TlsFiles(authority_copy)).fingerprint

        other = Ed25519PrivateKey.generate()
        leave_request(tmp_path / REQUEST_NAME, UNIT, other)
        stepped.step()
        held = held_voucher(settings)
        assert held is not None
        assert open_voucher(held.certificate, held.authority).public_key == other.public_key().public_bytes_raw()


def test_a_package_that_a_vouched_key_signs_holds_by_the_fingerprint_of_the_authority_alone(
    authority_copy: Path, tmp_path: Path
) -> None:
    leave_request(tmp_path / REQUEST_NAME, UNIT, KEY)
    with DepartmentServer(authority_copy) as server:
        tls = enrol_unit(authority_copy, UNIT, tmp_path / "tls")
        settings = settings_for(f"https://127.0.0.1:{server.port}", tls)
        voucher(settings, tmp_path).step()
    held, log = held_voucher(settings), CaseLog()
    assert held is not None
    log.append(2)
    part = log.part((1,), 2, Authority.load(TlsFiles(authority_copy)))
    signer = PackageSigner(UNIT, KEY, KeyVoucher(held.certificate, held.authority))
    write_package(package_content([], 0, part), FolderTarget(tmp_path / "case"), signer, lambda _done, _total: None)
    fingerprint = Authority.load(TlsFiles(authority_copy)).fingerprint
    assert verify_package(tmp_path / "case", lambda _done, _total: None, fingerprint).holds


def test_without_request_or_time_nothing_is_asked_and_without_a_department_it_is_tried_again(
    authority_copy: Path, tmp_path: Path
) -> None:
    settings = settings_for("https://127.0.0.1:9", enrol_unit(authority_copy, UNIT, tmp_path / "tls"))
    assert voucher(settings, tmp_path).step() == SOON_S
    (tmp_path / REQUEST_NAME).write_bytes(b"none")
    assert voucher(settings, tmp_path).step() == SOON_S
    leave_request(tmp_path / REQUEST_NAME, UNIT, KEY)
    unset = EvidenceVoucher(
        settings, tmp_path / REQUEST_NAME, UNIT, ReplayedClock(Instant("boot", 0)), draw=lambda: 0.0
    )
    assert unset.step() == LOOK_S / 2
    assert voucher(settings, tmp_path).step() >= RETRY.wait_s(1, 0.0)
    assert held_voucher(settings) is None


def test_a_voucher_of_another_authority_counts_for_nothing(authority_copy: Path, tmp_path: Path) -> None:
    settings = settings_for("https://127.0.0.1:9", enrol_unit(authority_copy, UNIT, tmp_path / "tls"))
    foreign = initialise(tmp_path / "other", ["other.example"]).directory
    voucher_file(settings).write_text(issue_vouchers(foreign, UNIT, request_of(tmp_path, KEY)).model_dump_json())
    assert held_voucher(settings) is None
    own = issue_vouchers(authority_copy, UNIT, request_of(tmp_path, KEY))
    voucher_file(settings).write_text(own.model_dump_json())
    assert held_voucher(settings) is not None
    mixed = own.model_dump() | {"witness_certificate": "none"}
    voucher_file(settings).write_text(json.dumps(mixed))
    assert held_voucher(settings) is None


@pytest.mark.parametrize("name", ["certificate", "witness_certificate"])
def test_an_answer_in_which_one_certificate_is_of_another_authority_is_not_kept(
    authority_copy: Path, tmp_path: Path, name: str
) -> None:
    tls, foreign = enrol_unit(authority_copy, UNIT, tmp_path / "tls"), initialise(tmp_path / "other", ["other.example"])
    request, app = request_of(tmp_path, KEY), FastAPI()
    own, other = (issue_vouchers(folder, UNIT, request) for folder in (authority_copy, foreign.directory))
    mixed = own.model_copy(update={name: getattr(other, name)})

    @app.post(EVIDENCE_VOUCHER_PATH)
    def send() -> Response:
        return Response(mixed.model_dump_json(), headers=HEADERS)

    leave_request(tmp_path / REQUEST_NAME, UNIT, KEY)
    with FaultyDepartment(app, tls_context(TlsFiles(authority_copy)), iter(())) as server:
        settings = settings_for(server.url, tls)
        assert voucher(settings, tmp_path).step() < LOOK_S / 2, "it is asked for again soon"
    assert not voucher_file(settings).exists()


def test_only_a_request_signed_by_its_own_ed25519_key_is_vouched_for(tmp_path: Path) -> None:
    whole = request_of(tmp_path, KEY)
    assert signing_key_of(whole) == KEY.public_key()
    of_p256 = key_pair.request_of(UNIT, ec.generate_private_key(ec.SECP256R1()))
    for wrong in ("", "none", "ä", of_p256, whole.replace(whole.splitlines()[2][:8], "AAAAAAAA")):
        with pytest.raises(CertificateRefusedError):
            signing_key_of(wrong)


def test_the_key_is_derived_from_the_access_log_s_and_the_request_stays_while_it_does(tmp_path: Path) -> None:
    create_keys(tmp_path / "keys")
    key = load_evidence_key(tmp_path / "keys")
    assert key.private_bytes_raw() == load_evidence_key(tmp_path / "keys").private_bytes_raw()
    assert key.private_bytes_raw() != (tmp_path / "keys" / "access.key").read_bytes()
    file = tmp_path / REQUEST_NAME
    leave_request(file, UNIT, key)
    before = file.read_bytes()
    leave_request(file, UNIT, key)
    assert file.read_bytes() == before
    request = read_request(file)
    assert request is not None
    assert request.is_signature_valid
    assert key.private_bytes_raw() not in before
