"""What a package shows of the access log: proved records, and a log that was cut is told apart."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import Authority
from alpr_edge.domain.transparency.notes import COSIGNATURE, note_key
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, PackageFault
from alpr_edge.evidence.content import AccessLogPart
from alpr_edge.evidence.folder import FolderTarget
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.verification import PackageVerdict, verify_package
from tests.evidence.conftest import CROP, SCENE
from tests.evidence.package_content import WITNESS, CaseLog, package_content, package_read, vouched_signer
from tests.evidence.test_package import no_tick

WriteLog = Callable[[AccessLogPart], PackageVerdict]


@pytest.fixture
def verdict_on(tmp_path: Path, authority: Authority) -> WriteLog:
    """Gives the verdict on a package that its unit signs whatever the log in it is."""

    def write(log: AccessLogPart) -> PackageVerdict:
        content = package_content([package_read(1, CROP, SCENE)], 1, log)
        write_package(content, FolderTarget(tmp_path / "case"), vouched_signer(authority), no_tick)
        return verify_package(tmp_path / "case", no_tick, authority.fingerprint)

    return write


def kinds(faults: tuple[PackageFault, ...]) -> set[DefectKind]:
    return {fault.kind for fault in faults}


def cut_log(log: CaseLog, left: int) -> CaseLog:
    """The same log with its end cut off."""
    cut = CaseLog(log.key, log.witness)
    cut.append(left)
    return cut


def test_records_are_proved_and_the_department_had_seen_them(
    case_log: CaseLog, authority: Authority, verdict_on: WriteLog
) -> None:
    verdict = verdict_on(case_log.part((0, 5, 8), 12, authority))
    assert verdict.holds
    (words,) = [each.words for each in verdict.statements if each.subject is CheckSubject.ACCESS_LOG]
    assert words.startswith("3 records of who looked at this evidence are proved")
    assert words.endswith("the department had seen its first 12 at 2026-05-28 20:26 UTC")


def test_a_log_that_is_shorter_than_the_department_knows_was_cut(
    case_log: CaseLog, authority: Authority, verdict_on: WriteLog
) -> None:
    cut = cut_log(case_log, 7)
    known = case_log.checkpoint(12, cosigned=True)
    verdict = verdict_on(replace(cut.part((3,), 7, authority), cosigned=known))
    assert kinds(verdict.faults) == {DefectKind.LOG_CUT}
    assert "had seen 12 records, the unit's newest state has 7" in verdict.faults[0].words


def test_a_log_that_went_on_otherwise_after_it_was_cut_is_found(
    case_log: CaseLog, authority: Authority, verdict_on: WriteLog
) -> None:
    rewritten = cut_log(case_log, 7)
    rewritten.append(20, case="26-9999")
    part = rewritten.part((3,), 12, authority)
    verdict = verdict_on(replace(part, cosigned=case_log.checkpoint(12, cosigned=True)))
    assert kinds(verdict.faults) == {DefectKind.LOG_CUT}
    assert "does not continue the 12 records" in verdict.faults[0].words


def test_a_log_that_no_department_cosigned_though_there_is_one_is_told_apart(
    case_log: CaseLog, authority: Authority, verdict_on: WriteLog
) -> None:
    verdict = verdict_on(case_log.part((3,), None, authority))
    assert not verdict.holds
    assert kinds(verdict.faults) == {DefectKind.LOG_CUT}
    assert "cosigned no state of this log" in verdict.faults[0].words


def test_a_package_that_leaves_out_who_cosigned_its_log_is_told_apart(
    case_log: CaseLog, authority: Authority, verdict_on: WriteLog
) -> None:
    part = replace(cut_log(case_log, 7).part((3,), 7, authority), witness_key="", witness_certificate=b"")
    verdict = verdict_on(part)
    assert not verdict.holds
    assert [(fault.kind, fault.path) for fault in verdict.faults] == [
        (DefectKind.LOG_CUT, "data/access/log-1/witness.vkey")
    ]
    (said,) = [each for each in verdict.statements if each.subject is CheckSubject.ACCESS_LOG]
    assert said.holds is False
    assert "whether that has seen this log is left out" in said.words


def test_a_log_of_a_unit_that_nobody_vouches_for_is_open(case_log: CaseLog, tmp_path: Path) -> None:
    for name, cosigned in (("seen", 12), ("unseen", None)):
        part = case_log.part((3,), cosigned, None)
        if cosigned is not None:
            part = replace(part, witness_key=note_key(WITNESS, case_log.witness, COSIGNATURE).text)
        content = package_content([package_read(1, CROP, SCENE)], 1, part)
        write_package(content, FolderTarget(tmp_path / name), vouched_signer(None), no_tick)
        verdict = verify_package(tmp_path / name, no_tick)
        (said,) = [each for each in verdict.statements if each.subject is CheckSubject.ACCESS_LOG]
        assert (said.holds, verdict.faults) == (None, ())
        words = "somebody whose key nobody vouches for had seen its first 12" if cosigned else "no department has seen"
        assert words in said.words


def test_a_log_that_is_gone_as_a_whole_is_found(case_log: CaseLog, authority: Authority, tmp_path: Path) -> None:
    part = case_log.part((3,), 12, authority)
    content = replace(package_content([package_read(1, CROP, SCENE)], 1, part), access=(part, part))
    write_package(content, FolderTarget(tmp_path / "case"), vouched_signer(authority), no_tick)
    assert verify_package(tmp_path / "case", no_tick, authority.fingerprint).holds
    shutil.rmtree(tmp_path / "case" / "data/access/log-2")
    faults = verify_package(tmp_path / "case", no_tick, authority.fingerprint).faults
    words = "says that there are 2 access logs; there are 1"
    assert PackageFault(DefectKind.RECORD_FALSE, "data/package.json", words) in faults


def test_a_record_later_than_the_newest_state_is_told_apart(
    case_log: CaseLog, authority: Authority, verdict_on: WriteLog
) -> None:
    part = cut_log(case_log, 9).part((3,), 9, authority)
    verdict = verdict_on(replace(part, records=[*part.records, case_log.proof(11, 12)]))
    assert kinds(verdict.faults) == {DefectKind.LOG_CUT}
    assert verdict.faults[0].path == "data/access/log-1/00000011.tlog-proof"
    assert "a log of 12 records, the newest state has 9" in verdict.faults[0].words


def test_a_changed_record_is_not_proved(case_log: CaseLog, authority: Authority, verdict_on: WriteLog) -> None:
    part = case_log.part((3, 4), 12, authority)
    first, second = part.records
    forged = replace(first, body=first.body.replace(b"Ana Ruiz", b"Ben Hill"))
    verdict = verdict_on(replace(part, records=[forged, second]))
    assert [(fault.kind, fault.path) for fault in verdict.faults] == [
        (DefectKind.PROOF_FALSE, "data/access/log-1/00000003.tlog-proof")
    ]


def test_a_cosignature_by_a_key_that_the_authority_does_not_know_is_worth_nothing(
    case_log: CaseLog, authority: Authority, verdict_on: WriteLog
) -> None:
    forger = CaseLog(key=case_log.key)
    forger.append(12)
    part = forger.part((3,), 12, authority)
    known = case_log.part((3,), 12, authority)
    verdict = verdict_on(replace(part, witness_certificate=known.witness_certificate))
    assert kinds(verdict.faults) == {DefectKind.PROOF_FALSE}
    assert "vouches for another key than the one that cosigned" in verdict.faults[0].words


def test_a_log_of_another_key_is_found(case_log: CaseLog, authority: Authority, verdict_on: WriteLog) -> None:
    other = CaseLog(witness=case_log.witness)
    other.append(12)
    part = replace(case_log.part((3,), 12, authority), log_key=other.part((), 12, authority).log_key)
    assert kinds(verdict_on(part).faults) == {DefectKind.PROOF_FALSE}
