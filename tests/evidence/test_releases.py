"""A package for another agency that holds more than was approved, or other reads than it names, does not hold."""

from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import Authority
from alpr_edge.domain.protocol.items import digest
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind
from alpr_edge.evidence.content import PackageContent, PackageRead
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.release_records import ApprovedRecord, LeftOutRecord, ReleasedRead, ReleaseRecord
from alpr_edge.evidence.signer import DEPARTMENT, RELEASES
from alpr_edge.evidence.verification import PackageVerdict, verify_package
from tests.evidence.conftest import CROP, SCENE
from tests.evidence.folder_target import FolderTarget
from tests.evidence.package_content import BOOKING, HOSTILE, UNIT, package_read, vouched_signer

PLATES = ["7ABC001", "7ABC002"]
APPROVED = ApprovedRecord(
    plates=PLATES,
    begin="2026-05-04T00:00:00.000Z",
    end="2026-05-05T00:00:00.000Z",
    area="",
    pictures="scenes",
    is_part=True,
    approved_by="A Commander",
    approved="2026-05-06T00:00:00.000Z",
    ends="2026-06-05T00:00:00.000Z",
    note=HOSTILE,
)
READS = [package_read(number, CROP, SCENE) for number in (1, 2)]


def record_of(reads: list[PackageRead], approved: ApprovedRecord = APPROVED) -> ReleaseRecord:
    named = [
        ReleasedRead(number=number, unit_id=UNIT, read_id=read.read_id, sha256=digest(read.record.body))
        for number, read in enumerate(reads, start=1)
    ]
    return ReleaseRecord(
        request_id="release-1",
        agency=HOSTILE,
        kind="law_enforcement",
        seat="in_state",
        requester="Sgt. Doe",
        purpose="criminal_investigation",
        words=HOSTILE,
        their_case="S26-1",
        letter_sha256="ab" * 32,
        entered="2026-05-05T00:00:00.000Z",
        law="policy 462.7",
        approved=approved,
        left_out=[LeftOutRecord(reason="corrected", words="reads that were corrected", count=3)],
        never=["Hits"],
        duties=["Confirm"],
        units=[UNIT],
        reads=named,
    )


def verdict_of(
    folder: Path, authority: Authority, record: ReleaseRecord, maker: str = RELEASES, signer: str = RELEASES
) -> PackageVerdict:
    booking = replace(BOOKING, unit_id=maker)
    content = PackageContent(booking, iter(READS), len(READS), release=lambda: record)
    write_package(content, FolderTarget(folder), vouched_signer(authority, signer), lambda _done, _total: None)
    return verify_package(folder, lambda _done, _total: None, authority.fingerprint)


def test_a_package_that_holds_what_was_approved(authority: Authority, tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path / "package", authority, record_of(READS))
    assert (verdict.holds, verdict.faults) == (True, ())
    page = (tmp_path / "package" / "index.html").read_text()
    assert HOSTILE not in page
    for text in ("reads that were corrected: 3", "by A Commander", "less than was asked for", "S26-1", "Sgt. Doe"):
        assert text in page


@pytest.mark.parametrize(
    ("maker", "signer", "whose"),
    [(UNIT, UNIT, UNIT), (RELEASES, UNIT, UNIT), (UNIT, RELEASES, UNIT), (DEPARTMENT, DEPARTMENT, DEPARTMENT)],
)
def test_what_another_key_signed_was_approved_by_nobody(
    authority: Authority, tmp_path: Path, maker: str, signer: str, whose: str
) -> None:
    verdict = verdict_of(tmp_path / "package", authority, record_of(READS), maker, signer)
    assert not verdict.holds
    (fault,) = (each for each in verdict.faults if each.path == "data/release.json")
    assert fault.kind is DefectKind.KEY_NOT_VOUCHED
    assert fault.words == f"is for the key {RELEASES} of the department alone, and this package is of {whose}"
    (said,) = (each for each in verdict.statements if each.subject is CheckSubject.RELEASE)
    assert (said.holds, said.words.endswith("and the department did NOT make it")) == (False, True)


def test_without_a_certificate_that_it_was_approved_is_its_own_word(authority: Authority, tmp_path: Path) -> None:
    verdict_of(tmp_path / "package", authority, record_of(READS))
    for name in ("signing.pem", "authority.pem"):
        (tmp_path / "package" / "keys" / name).unlink()
    verdict = verify_package(tmp_path / "package", lambda _done, _total: None, "")
    (said,) = (each for each in verdict.statements if each.subject is CheckSubject.RELEASE)
    assert (said.holds, said.words.startswith("by its own word alone it answers")) == (None, True)


@pytest.mark.parametrize(
    ("record", "path", "words"),
    [
        (
            record_of(READS, APPROVED.model_copy(update={"plates": PLATES[:1]})),
            "data/reads/00001-00200/00002/record.json",
            "is a read of a plate that was not approved",
        ),
        (
            record_of(READS, APPROVED.model_copy(update={"pictures": "plates"})),
            "data/reads/00001-00200/00001/scene.jpg",
            "is a picture that was not approved",
        ),
        (
            record_of([READS[1], READS[1]]),
            "data/reads/00001-00200/00001/record.json",
            "is not the read that data/release.json names",
        ),
        (
            record_of([*READS, READS[1]]),
            "data/release.json",
            "names the read data/reads/00001-00200/00003, which is not there",
        ),
        (
            record_of(READS).model_copy(update={"units": ["unit-2"]}),
            "data/reads/00001-00200/00001/record.json",
            "is of the unit unit-1, and the package of unit-2",
        ),
    ],
)
def test_a_package_that_holds_more_or_other_things_than_it_says(
    authority: Authority, tmp_path: Path, record: ReleaseRecord, path: str, words: str
) -> None:
    verdict = verdict_of(tmp_path / "package", authority, record)
    assert not verdict.holds
    assert (path, words) in {(fault.path, fault.words) for fault in verdict.faults}
    told = {each.subject for each in verdict.statements if each.holds is False}
    assert told & {CheckSubject.RELEASE, CheckSubject.RECORDS}
