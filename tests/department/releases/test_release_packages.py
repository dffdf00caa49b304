"""Packages of approved requests on each engine: what was approved and nothing else, signed, on record, once."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from alpr_edge.department.backups.department_files import folder_content
from alpr_edge.department.inquiries.office import InquiryOffice
from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.department.serving import PACKAGES_NAME
from alpr_edge.domain.errors import AccessError, ReleaseError
from alpr_edge.domain.releases.requests import ReleasePictures
from alpr_edge.domain.releases.steps import ReleaseState
from alpr_edge.evidence.checks.findings import CheckSubject
from alpr_edge.evidence.checks.package_files import open_files
from alpr_edge.evidence.verification import PackageVerdict, verify_package
from tests.department.inquiries.inquirers import Inquirers, StillClock, records_of
from tests.department.releases.cases import (
    APPROVED,
    ASKING,
    CROP,
    IN_IT,
    LETTER,
    NEVER_ASKED,
    OTHER_PLATE,
    PLATE,
    Roles,
    item,
    read,
    store_items,
    store_reads,
)
from tests.department.scenes import is_plain_scene

MANY = "5MNY900"
"""A plate with more reads than one record has room for."""


@pytest.fixture(scope="module", autouse=True)
def reads(people: Inquirers) -> None:
    store_reads(people.directory)


def verdict_of(people: Inquirers, path: Path, passphrase: str) -> PackageVerdict:
    authority = Authority.load(TlsFiles(people.directory)).fingerprint
    return verify_package(path, lambda _done, _total: None, authority, passphrase)


def test_the_package_holds_what_was_approved_and_nothing_else(
    office: InquiryOffice, people: Inquirers, of: Roles, tmp_path: Path
) -> None:
    request_id, first = of.approved_request(), office.log.size()
    made = of.package(request_id, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"{request_id}-1.zip"]
    verdict = verdict_of(people, made.path, made.passphrase)
    assert (verdict.holds, verdict.faults) == (True, ())
    (said,) = (each for each in verdict.statements if each.subject is CheckSubject.RELEASE)
    assert f"the request {request_id} of Stanislaus County Sheriff" in said.words
    with open_files(made.path, made.passphrase) as files:
        content = {path: files.read(path) for path in files.sizes}
    release = json.loads(content["data/release.json"])
    assert tuple(each["read_id"] for each in release["reads"]) == IN_IT
    assert release["approved"]["plates"] == [PLATE]
    assert (release["approved"]["approved_by"], release["approved"]["is_part"]) == ("Commander", True)
    assert {each["reason"]: each["count"] for each in release["left_out"]} == {"time_not_sure": 1, "corrected": 1}
    pictures = {path: body for path, body in content.items() if path.endswith(".jpg")}
    assert pictures == {"data/reads/00001-00200/00001/crop.jpg": CROP.body}
    whole = b"".join(content.values())
    assert not any(text in whole for text in (OTHER_PLATE.encode(), NEVER_ASKED.encode(), b"secret", b"car-1:hit"))
    assert not any(PLATE in path or "Sheriff" in path for path in content)
    step = office.releases.show(of("records"), request_id).steps[-1]
    assert step.package_sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert step.package is not None
    assert (step.state, step.package.reads, step.package.pictures) == (ReleaseState.PACKAGED, 2, 1)
    before, of_plate, shown = records_of(office, first)[:3]
    assert [each.action for each in (before, of_plate, shown)] == ["package_release"] * 3
    assert (before.query, of_plate.query, shown.query) == ("", PLATE, PLATE)
    assert (before.objects, shown.shown) == ((request_id,), 2)
    assert set(shown.objects) == {f"{read_id.split(':')[0]}/{read_id}" for read_id in IN_IT}


@pytest.mark.review2(8)
def test_a_scene_in_a_package_tells_of_no_hit(office: InquiryOffice, of: Roles, tmp_path: Path) -> None:
    made = of.package(of.approved_request(replace(APPROVED, pictures=ReleasePictures.SCENES)), tmp_path / "out")
    with open_files(made.path, made.passphrase) as files:
        (scene,) = (files.read(path) for path in files.sizes if "scene" in path)
    assert is_plain_scene(scene), "of a read with a covert hit, whose scene its car keeps large"


def test_every_read_of_a_large_package_is_on_record_by_its_plate_before_the_file_is_written(
    office: InquiryOffice, people: Inquirers, of: Roles, tmp_path: Path
) -> None:
    names = [f"car-1:0198f2c4-7c1b-7a3e-9b1a-{number:012x}" for number in range(900)]
    store_items(people.directory, "car-1", [item(read(name, 1 + n / 1000, MANY)) for n, name in enumerate(names)])
    scope = replace(APPROVED, plates=(MANY, PLATE))
    filed = office.releases.enter(of("records"), replace(ASKING, scope=scope), LETTER)
    office.releases.decide(of("commander"), filed.request_id, ReleaseState.APPROVED, "in order", scope)
    first = office.log.size()

    def die(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        office.packages.make(of("records"), filed.request_id, tmp_path / "out", "", die)
    records = records_of(office, first)
    named = {plate: [each for r in records if r.query == plate for each in r.objects] for plate in (MANY, PLATE)}
    assert set(named[MANY]) - {filed.request_id} == {f"car-1/{name}" for name in names}
    assert set(named[PLATE]) - {filed.request_id} == {f"{each.split(':')[0]}/{each}" for each in IN_IT}
    assert [record.shown for record in records if record.query == MANY and record.shown] == [900]


def test_only_the_package_that_was_made_is_handed_over_and_followed_up(
    office: InquiryOffice, of: Roles, tmp_path: Path
) -> None:
    request_id = of.approved_request()
    first = of.package(request_id, tmp_path / "first")
    with pytest.raises(ReleaseError, match="say with --again why"):
        of.package(request_id, tmp_path / "second")
    assert not [*(tmp_path / "second").glob("*")]
    second = of.package(request_id, tmp_path / "second", "the stick was lost")
    assert second.path.name == f"{request_id}-2.zip"
    sha256 = {made.path: hashlib.sha256(made.path.read_bytes()).hexdigest() for made in (first, second)}
    for other in ("cd" * 32, sha256[first.path]):
        with pytest.raises(ReleaseError, match="not the package that was made last"):
            office.releases.hand_over(of("records"), request_id, "by courier", other)
    with pytest.raises(ReleaseError, match="is packaged: it cannot be confirmed"):
        office.releases.follow_up(of("records"), request_id, ReleaseState.CONFIRMED, "by letter")
    office.releases.hand_over(of("records"), request_id, "by courier", sha256[second.path])
    with pytest.raises(ReleaseError, match="say why"):
        office.releases.follow_up(of("records"), request_id, ReleaseState.CONFIRMED, " ")
    office.releases.follow_up(of("supervisor"), request_id, ReleaseState.CONFIRMED, "letter of Monday, file 12")
    done = office.releases.follow_up(of("records"), request_id, ReleaseState.REPORTED, "two arrests, file 12")
    assert done.state is ReleaseState.REPORTED
    with pytest.raises(ReleaseError, match="is reported: it cannot be packaged"):
        of.package(request_id, tmp_path / "third", "once more")


def test_who_may_not_enter_requests_makes_no_package(of: Roles, tmp_path: Path) -> None:
    request_id = of.approved_request()
    with pytest.raises(AccessError, match="none of your roles"):
        of.package(request_id, tmp_path / "out", role="auditor")
    assert not (tmp_path / "out").exists()


def test_an_approval_ends_and_no_package_is_made_any_more(
    office: InquiryOffice, of: Roles, clock: StillClock, tmp_path: Path
) -> None:
    request_id, profile = of.approved_request(), office.policy.profile
    deadlines = replace(profile.releases.deadlines, approval=timedelta(minutes=5))
    short = replace(profile, releases=replace(profile.releases, deadlines=deadlines))
    clock.move(300)
    packages = replace(office.packages, profile=short)
    with pytest.raises(ReleaseError, match="the approval has ended: it has to be approved anew"):
        packages.make(of("records"), request_id, tmp_path / "out", "", lambda _done, _total: None)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_none_or_not_empty_is_refused(of: Roles, tmp_path: Path) -> None:
    request_id, folder = of.approved_request(), tmp_path / "out"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    make = partial(of.package, request_id)
    with pytest.raises(ReleaseError, match="is not empty"):
        make(folder)
    for wrong in (folder / "notes.txt", tmp_path / "none" / "out"):
        with pytest.raises(ReleaseError, match=r"cannot be used: .+; give a folder of its own"):
            make(wrong)
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    with pytest.raises(ReleaseError, match="cannot be used"):
        make(tmp_path / "link")


def test_what_is_withdrawn_meanwhile_or_was_killed_leaves_nothing_that_looks_whole(
    office: InquiryOffice, of: Roles, tmp_path: Path
) -> None:
    request_id, folder = of.approved_request(), tmp_path / "out"
    folder.mkdir()
    (folder / ".part-release-0-1.zip").write_bytes(b"of a try that was killed")

    def withdraw(done: int, _total: int) -> None:
        assert [path.name for path in folder.iterdir()] == [f".part-{request_id}-1.zip"]
        if done == 1:
            office.releases.decide(of("commander"), request_id, ReleaseState.WITHDRAWN, "by telephone")

    with pytest.raises(ReleaseError, match="is withdrawn: it cannot be packaged"):
        office.packages.make(of("records"), request_id, folder, "", withdraw)
    assert not [*folder.iterdir()]


def test_a_damaged_record_and_a_lost_picture_are_left_out_and_said(
    office: InquiryOffice, people: Inquirers, of: Roles, tmp_path: Path
) -> None:
    picture = people.directory / "images" / CROP.sha256[:2] / f"{CROP.sha256}.jpg"
    content = picture.read_bytes()
    picture.write_bytes(b"changed")
    try:
        made = of.package(of.approved_request(), tmp_path / "out")
    finally:
        picture.write_bytes(content)
    package = made.filed.steps[-1].package
    assert package is not None
    assert (package.reads, package.pictures, package.left_out["pictures_lost"]) == (2, 0, 1)
    assert verdict_of(people, made.path, made.passphrase).holds


def test_a_package_waits_until_it_is_handed_over_replaced_or_late(
    office: InquiryOffice, people: Inquirers, of: Roles, clock: StillClock
) -> None:
    waiting, request_id = office.waiting_packages, of.approved_request()
    folder = people.directory / PACKAGES_NAME
    with pytest.raises(AccessError):
        waiting.make(of("auditor"), request_id, "", no_progress)
    assert list(folder.iterdir()) == []
    first = waiting.make(of("records"), request_id, "", no_progress)
    made = waiting.make(of("records"), request_id, "the stick was lost", no_progress)
    assert ([*folder.glob("*/*")], made.path.name, first.path.exists()) == ([made.path], f"{request_id}-2.zip", False)
    assert not any(name.startswith(PACKAGES_NAME) for name in folder_content(people.directory).files)
    assert waiting.file(of("records"), request_id) == made.path
    record = records_of(office)[-1]
    assert (record.action, record.note, record.shown_bytes) == ("package_release", "file", made.path.stat().st_size)
    for name in (request_id.replace("release", "other"), "../keys", "release-" + "0" * 36):
        with pytest.raises(ReleaseError, match="no such request"):
            waiting.require(name)
    with pytest.raises(ReleaseError, match="not the package that was made last"):
        waiting.hand_over(of("records"), request_id, "by courier", "ab" * 32)
    filed = waiting.hand_over(of("records"), request_id, "by courier", "")
    assert (filed.state, list(folder.iterdir())) == (ReleaseState.HANDED_OVER, [])
    with pytest.raises(ReleaseError, match="no package of this request waits here"):
        waiting.file(of("records"), request_id)
    late = waiting.make(of("records"), of.approved_request(), "", no_progress)
    part = folder / f"{request_id}.0" / ".part-release-x"
    part.parent.mkdir()
    part.touch()
    waiting.tidy()
    assert (late.path.exists(), part.exists()) == (True, True)
    clock.move(timedelta(days=15).total_seconds())
    waiting.tidy()
    assert list(folder.iterdir()) == []


def no_progress(done: int, total: int) -> None:
    del done, total
