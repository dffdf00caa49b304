"""Whose word for the signing key a package has, and how an export counts in the reports."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.department.pki.authority import Authority
from alpr_edge.department.pki.evidence_certificates import vouch_for_signer
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.statistics.periods import ReportPeriod
from alpr_edge.evidence.checks.findings import DefectKind
from alpr_edge.evidence.signer import PackageSigner
from alpr_edge.evidence.verification import verify_package
from alpr_edge.services.evidence.package_signer import with_valid_voucher
from alpr_edge.services.reports.unit_reports import UnitReports
from scripts.faults.disk import Disk
from tests.evidence.package_content import department_authority
from tests.services.evidence.case_rig import UNIT, CaseRig, open_rig
from tests.staff import AUDIT, Staff


@pytest.fixture(scope="module")
def rig(staff: Staff) -> Iterator[CaseRig]:
    with open_rig(staff) as rig:
        rig.hold(rig.add_read(1), rig.add_read(2))
        rig.sign_log()
        yield rig


@pytest.fixture(scope="module")
def voucher_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return department_authority(tmp_path_factory.mktemp("department"))


def signer_of(rig: CaseRig, authority: Authority, *, of: str = UNIT) -> PackageSigner:
    key = rig.exports.signer.key
    return PackageSigner(UNIT, key, vouch_for_signer(authority, of, key.public_key()))


def exported_by(rig: CaseRig, signer: PackageSigner, medium: Path) -> bool:
    """Whether the export says that its package shows the signer, which its verification must bear out."""
    rig.exports, before = replace(rig.exports, signer=signer), rig.exports
    try:
        result = rig.export(medium)
    finally:
        rig.exports = before
    verdict = verify_package(result.path, lambda *_: None, passphrase=result.passphrase)
    assert DefectKind.KEY_NOT_VOUCHED not in {fault.kind for fault in verdict.faults}
    return result.is_vouched


def test_an_export_says_whether_the_package_shows_who_signed_it(
    rig: CaseRig, voucher_authority: Authority, medium: Path
) -> None:
    assert exported_by(rig, signer_of(rig, voucher_authority), medium)
    assert not exported_by(rig, replace(rig.exports.signer, voucher=None), medium)


def test_the_word_for_another_key_or_unit_does_not_go_into_a_package(
    rig: CaseRig, voucher_authority: Authority, medium: Path
) -> None:
    made_anew = replace(signer_of(rig, voucher_authority), key=Ed25519PrivateKey.generate())
    assert not exported_by(rig, made_anew, medium)
    assert not exported_by(rig, signer_of(rig, voucher_authority, of="unit-2"), medium)


@pytest.mark.parametrize(("days", "holds"), [(0, True), (-2, False), (10_000, False)])
def test_a_word_that_has_ended_or_not_begun_does_not_hold(
    rig: CaseRig, voucher_authority: Authority, days: int, *, holds: bool
) -> None:
    moment = datetime.now(UTC) + timedelta(days=days)
    signer = with_valid_voucher(signer_of(rig, voucher_authority), moment)
    assert (signer.voucher is not None) == holds
    assert with_valid_voucher(signer_of(rig, voucher_authority), None).voucher is not None


def export_count(rig: CaseRig) -> int:
    today = datetime.now(UTC).date()
    period = ReportPeriod(today - timedelta(days=1), today + timedelta(days=1), UTC)
    with rig.staff.authoriser("auditor") as authoriser:
        report = UnitReports(rig.store.database, rig.log).transparency(authoriser, AUDIT, period, 0)
    (table,) = [table for table in report.tables if table.name == "actions"]
    return next((row.count or 0 for row in table.rows if row.labels == ("export_case",)), 0)


def test_an_export_counts_once_and_one_that_fails_not_at_all(rig: CaseRig, disk: Disk, medium: Path) -> None:
    before = export_count(rig)
    disk.fill()
    with pytest.raises(EvidenceError, match="are free; take another"):
        rig.export(disk.folder)
    assert export_count(rig) == before
    rig.export(medium)
    assert export_count(rig) == before + 1
