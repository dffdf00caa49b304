"""Records and pictures that the package's own key signed and that do not belong together are told apart."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import Authority
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, PackageFault, PackageStatement
from alpr_edge.evidence.content import PackageRead
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.signer import DEPARTMENT, PackageSigner
from alpr_edge.evidence.verification import PackageVerdict, verify_package
from tests.evidence.conftest import CROP, SCENE
from tests.evidence.folder_target import FolderTarget
from tests.evidence.package_content import UNIT, CaseLog, package_content, package_read, vouched_signer
from tests.evidence.signed_anew import sign_anew
from tests.evidence.test_package import no_tick

READS = Path("data/reads/00001-00200")


@pytest.fixture
def signer(authority: Authority) -> PackageSigner:
    return vouched_signer(authority)


@pytest.fixture
def case(tmp_path: Path, authority: Authority, case_log: CaseLog, signer: PackageSigner) -> Path:
    """A package of two reads, the second with a hit, an answer and two pictures."""
    reads = [package_read(1, CROP, SCENE), package_read(2, CROP + b"2", SCENE + b"2", with_hit=True)]
    write_package(
        package_content(reads, 2, case_log.part((3,), 9, authority)), FolderTarget(tmp_path / "case"), signer, no_tick
    )
    return tmp_path / "case"


def said_of(verdict: PackageVerdict, subject: CheckSubject) -> PackageStatement:
    (said,) = (each for each in verdict.statements if each.subject is subject)
    return said


def without_hit_and_answer(second: Path) -> None:
    (second / "hit-1.json").unlink()
    (second / "disposition-2.json").unlink()


def without_all_that_is_named(second: Path) -> None:
    for path in (path for path in second.iterdir() if path.name != "provenance.json"):
        path.unlink()


def with_a_read_that_nothing_names(second: Path) -> None:
    (second.parent / "00003").mkdir()
    (second.parent / "00003/record.json").write_bytes((second / "record.json").read_bytes())


def with_a_picture_that_nothing_names(second: Path) -> None:
    (second / "other.jpg").write_bytes(CROP)


def with_another_file_first(second: Path) -> None:
    said = json.loads((second / "provenance.json").read_bytes())
    said["records"].reverse()
    (second / "provenance.json").write_text(json.dumps(said))


def without_pictures_that_the_record_names(second: Path) -> None:
    said = json.loads((second / "provenance.json").read_bytes())
    said["pictures"] = []
    (second / "provenance.json").write_text(json.dumps(said))
    (second / "crop.jpg").unlink()
    (second / "scene.jpg").unlink()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without_hit_and_answer, {"00002/provenance.json": 2}),
        (without_all_that_is_named, {"00002/provenance.json": 5}),
        (with_a_read_that_nothing_names, {"00003/provenance.json": 1, "00003/record.json": 1}),
        (with_a_picture_that_nothing_names, {"00002/other.jpg": 1}),
        (with_another_file_first, {"00002/provenance.json": 1}),
        (without_pictures_that_the_record_names, {"00002/record.json": 1}),
    ],
)
def test_what_a_read_names_has_to_be_there_and_what_is_there_to_be_named(
    change: Callable[[Path], None], named: dict[str, int], case: Path, signer: PackageSigner, authority: Authority
) -> None:
    change(case / READS / "00002")
    sign_anew(case, signer)
    verdict = verify_package(case, no_tick, authority.fingerprint)
    assert {fault.kind for fault in verdict.faults} == {DefectKind.RECORD_FALSE}
    paths = [fault.path.removeprefix(f"{READS}/") for fault in verdict.faults]
    assert {path: paths.count(path) for path in paths} == named
    said = said_of(verdict, CheckSubject.RECORDS)
    assert (said.holds, said.words.endswith("records and pictures contradict each other")) == (False, True)


def verdict_on(folder: Path, signer: PackageSigner, reads: list[PackageRead], authority: Authority) -> PackageVerdict:
    log = CaseLog()
    log.append(4)
    content = replace(package_content(reads, len(reads), log.part((3,), 4, authority)), canvasses=())
    if signer.name == DEPARTMENT:
        content = replace(content, booking=replace(content.booking, unit_id=DEPARTMENT), units=(UNIT,))
    write_package(content, FolderTarget(folder), signer, no_tick)
    return verify_package(folder, no_tick, authority.fingerprint)


def test_a_read_is_in_a_package_once(tmp_path: Path, signer: PackageSigner, authority: Authority) -> None:
    verdict = verdict_on(tmp_path / "case", signer, [package_read(1, CROP, SCENE)] * 2, authority)
    words = f"is the same read as the one in {READS}/00001"
    assert verdict.faults == (PackageFault(DefectKind.RECORD_FALSE, f"{READS}/00002/record.json", words),)


@pytest.mark.parametrize(("before", "after"), [(b'"read-2"', b'"read-1"'), (b'"unit-1"', b'"unit-2"')])
def test_hits_and_answers_are_of_the_read_beside_them(
    before: bytes, after: bytes, tmp_path: Path, signer: PackageSigner, authority: Authority
) -> None:
    whole = package_read(2, CROP, SCENE, with_hit=True)
    for number, changed in enumerate(whole.others):
        body = changed.body.replace(before, after)
        assert body != changed.body
        others = [replace(each, body=body, receipt=None) if each is changed else each for each in whole.others]
        read = replace(whole, others=tuple(others))
        verdict = verdict_on(tmp_path / str(number), signer, [read], authority)
        (fault,) = verdict.faults
        assert fault.kind is DefectKind.RECORD_FALSE
        assert fault.path == f"{READS}/00001/{('hit-1', 'disposition-2')[number]}.json"
        assert fault.words == "is about another read than the record beside it"


def test_pictures_that_a_read_says_are_missing_are_counted(
    tmp_path: Path, signer: PackageSigner, authority: Authority
) -> None:
    read = package_read(1, CROP, SCENE)
    missing = replace(read, pictures=read.pictures[:1], missing_pictures="the scene was left out of this package")
    verdict = verdict_on(tmp_path / "case", signer, [missing], authority)
    assert verdict.holds, verdict
    words = said_of(verdict, CheckSubject.RECORDS).words
    assert words.endswith("belong together; pictures that are missing, as each read says why: 1")


def test_receipts_in_the_package_of_a_unit_are_its_own_word(tmp_path: Path, authority: Authority) -> None:
    words = "the department had confirmed 1 of 1 records as they stand here"
    for name, said in ((UNIT, (None, f"by the unit's own word {words}")), (DEPARTMENT, (True, words))):
        read = package_read(1, CROP, SCENE)
        verdict = verdict_on(tmp_path / name.replace("/", "-"), vouched_signer(authority, name), [read], authority)
        assert verdict.holds, verdict
        receipts = said_of(verdict, CheckSubject.RECEIPTS)
        assert (receipts.holds, receipts.words) == said
