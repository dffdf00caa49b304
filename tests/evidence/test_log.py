"""What a package shows of the access log: proved records, and a log that was cut is told apart."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.department.pki.authority import Authority
from alpr_edge.domain.access_log.records import origin_of
from alpr_edge.domain.log_proofs.checkpoints import Checkpoint, log_id_of_key
from alpr_edge.domain.log_proofs.cosignatures import cosign
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, SignedNote, note_key
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, PackageFault
from alpr_edge.evidence.content import AccessLogPart
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.signer import WITNESS
from alpr_edge.evidence.verification import PackageVerdict, verify_package
from tests.evidence.conftest import CROP, SCENE
from tests.evidence.folder_target import FolderTarget
from tests.evidence.package_content import (
    COSIGNED_S,
    UNIT,
    CaseLog,
    package_content,
    package_read,
    vouched_signer,
)
from tests.evidence.signed_anew import sign_anew
from tests.evidence.test_package import no_tick

WriteLog = Callable[[AccessLogPart], PackageVerdict]


@pytest.fixture
def verdict_on(tmp_path: Path, authority: Authority) -> WriteLog:
    """Gives the verdict on a package that its unit signs whatever the log in it is."""

    numbers = count()

    def write(log: AccessLogPart) -> PackageVerdict:
        content, folder = package_content([package_read(1, CROP, SCENE)], 1, log), tmp_path / f"case-{next(numbers)}"
        write_package(content, FolderTarget(folder), vouched_signer(authority), no_tick)
        return verify_package(folder, no_tick, authority.fingerprint)

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
    other = CaseLog(witness=case_log.witness, log_id="f" * 32)
    other.append(4)
    parts = part, other.part((3,), 4, authority)
    content = replace(package_content([package_read(1, CROP, SCENE)], 1, part), access=parts)
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


def test_a_unit_does_not_cosign_its_own_log(case_log: CaseLog, authority: Authority, verdict_on: WriteLog) -> None:
    signer, cut = vouched_signer(authority), cut_log(case_log, 7)
    assert signer.voucher is not None
    for name in (UNIT, WITNESS):
        note = SignedNote.parse(cut.checkpoint(7))
        own = SignedNote(note.text, (*note.signatures, cosign(note.text, name, signer.key, COSIGNED_S)))
        part = replace(
            cut.part((3,), 7, authority),
            cosigned=own.whole,
            witness_key=note_key(name, signer.key, COSIGNATURE).text,
            witness_certificate=signer.voucher.certificate,
        )
        verdict = verdict_on(part)
        assert not verdict.holds
        (fault,) = verdict.faults
        assert (fault.kind, fault.path) == (DefectKind.PROOF_FALSE, "data/access/log-1/checkpoint.note")


def test_a_cosignature_from_after_the_end_of_its_certificate_counts_nothing(
    case_log: CaseLog, authority: Authority, verdict_on: WriteLog
) -> None:
    for at_s, words in (
        (int((datetime.now(UTC) + timedelta(days=5000)).timestamp()), "after the certificate of that key had ended"),
        (2**62, "the date of the cosignature is none"),
    ):
        cosigned = case_log.checkpoint(12, cosigned=True, at_s=at_s)
        (fault,) = verdict_on(replace(case_log.part((3,), 12, authority), cosigned=cosigned)).faults
        assert (fault.kind, fault.words.endswith(words)) == (DefectKind.PROOF_FALSE, True)


def test_a_log_that_a_cosigning_key_signs_is_the_departments_own(
    case_log: CaseLog, authority: Authority, verdict_on: WriteLog
) -> None:
    forger = Ed25519PrivateKey.generate()
    key = note_key(WITNESS, forger, COSIGNATURE)
    text = Checkpoint(origin_of(log_id_of_key(key)), 1, b"r" * 32).text
    note = SignedNote(text, (cosign(text, WITNESS, forger, COSIGNED_S),)).whole
    part = replace(case_log.part((), 12, authority), log_key=key.text, checkpoint=note)
    (fault,) = verdict_on(part).faults
    assert "only the department's own log is signed by a key for cosignatures" in fault.words


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"case": "26-7777"}, "is about another case"),
        ({"unit_id": "unit-2"}, "is that of a unit that the package is not of"),
        ({"unit_id": "department"}, "is that of a unit that the package is not of"),
        ({"skipped": 1}, "its name, its proof and its record have different numbers"),
    ],
)
def test_a_proved_record_of_something_else_counts_nothing(
    values: dict[str, Any], words: str, case_log: CaseLog, authority: Authority, verdict_on: WriteLog
) -> None:
    log = CaseLog(case_log.key, case_log.witness)
    log.append(12, **values)
    verdict = verdict_on(log.part((3,), 12, authority))
    (fault,) = verdict.faults
    assert (fault.kind, fault.path) == (DefectKind.PROOF_FALSE, "data/access/log-1/00000003.tlog-proof")
    assert words in fault.words
    (said,) = [each for each in verdict.statements if each.subject is CheckSubject.ACCESS_LOG]
    assert (said.holds, said.words.startswith("not every record is proved: 0 of 1 are")) == (False, True)


def test_a_record_without_a_case_and_one_whose_case_is_typed_otherwise_count(
    case_log: CaseLog, authority: Authority, verdict_on: WriteLog
) -> None:
    log = CaseLog(case_log.key, case_log.witness)
    for case in ("", " 26-1042"):
        log.append(1, case=case)
    verdict = verdict_on(log.part((0, 1), 2, authority))
    assert (verdict.holds, verdict.faults) == (True, ())


def test_a_record_of_another_log_counts_nothing(case_log: CaseLog, authority: Authority, verdict_on: WriteLog) -> None:
    log = CaseLog(case_log.key, case_log.witness, "f" * 32)
    log.append(4)
    log.log_id = case_log.log_id  # its records name another log than its checkpoints
    (fault,) = verdict_on(log.part((3,), 4, authority)).faults
    assert (fault.kind, fault.words) == (DefectKind.PROOF_FALSE, "the record says that it is of another log")


@pytest.mark.parametrize(
    ("copied", "left_out", "path"),
    [
        ((".json",), (), "00000099.json"),  # nothing proves it
        ((".tlog-proof",), (), "00000099.tlog-proof"),  # it proves nothing that is there
        ((".json", ".tlog-proof"), (), "00000099.tlog-proof"),  # the same record once more
        ((), (".tlog-proof",), "00000003.json"),
    ],
)
def test_each_record_has_its_proof_and_counts_once(
    copied: tuple[str, ...],
    left_out: tuple[str, ...],
    path: str,
    tmp_path: Path,
    case_log: CaseLog,
    authority: Authority,
) -> None:
    case, signer = tmp_path / "case", vouched_signer(authority)
    content = package_content([package_read(1, CROP, SCENE)], 1, case_log.part((3, 7), 12, authority))
    write_package(content, FolderTarget(case), signer, no_tick)
    folder = case / "data/access/log-1"
    for end in copied:
        shutil.copyfile(folder / f"00000003{end}", folder / f"00000099{end}")
    for end in left_out:
        (folder / f"00000003{end}").unlink()
    sign_anew(case, signer)
    verdict = verify_package(case, no_tick, authority.fingerprint)
    assert [(fault.kind, fault.path) for fault in verdict.faults] == [
        (DefectKind.PROOF_FALSE, f"data/access/log-1/{path}")
    ]
    (said,) = [each for each in verdict.statements if each.subject is CheckSubject.ACCESS_LOG]
    assert (said.holds, "not every record is proved" in said.words) == (False, True)


def test_the_same_log_twice_proves_each_record_once(case_log: CaseLog, authority: Authority, tmp_path: Path) -> None:
    part = case_log.part((3,), 12, authority)
    content = replace(package_content([package_read(1, CROP, SCENE)], 1, part), access=(part, part))
    write_package(content, FolderTarget(tmp_path / "case"), vouched_signer(authority), no_tick)
    words = "the same record is in the package twice"
    assert verify_package(tmp_path / "case", no_tick, authority.fingerprint).faults == (
        PackageFault(DefectKind.PROOF_FALSE, "data/access/log-2/00000003.tlog-proof", words),
    )


def test_a_log_of_another_key_is_found(case_log: CaseLog, authority: Authority, verdict_on: WriteLog) -> None:
    other = CaseLog(witness=case_log.witness)
    other.append(12)
    part = replace(case_log.part((3,), 12, authority), log_key=other.part((), 12, authority).log_key)
    assert kinds(verdict_on(part).faults) == {DefectKind.PROOF_FALSE}
