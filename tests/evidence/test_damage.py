"""Every change of a package is found, and names the file."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import Authority
from alpr_edge.evidence.checks.bag_check import BagCheck
from alpr_edge.evidence.checks.findings import DefectKind, Findings
from alpr_edge.evidence.checks.signature_check import check_signatures
from alpr_edge.evidence.layout import MANIFEST, MINISIG, NOTE, TAG_MANIFEST
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.verification import verify_package
from tests.evidence.conftest import CROP, SCENE, SmallPackage
from tests.evidence.folder_target import FolderTarget
from tests.evidence.memory_files import MemoryFiles, load_files
from tests.evidence.package_content import CaseLog, package_content, package_read, vouched_signer
from tests.evidence.test_package import no_tick

SIGNED = (TAG_MANIFEST, NOTE, MINISIG)
CRIME_SCENE = "data/reads/00001-00200/00001/scene.jpg"


def nothing(_path: str, _content: bytes) -> None:
    pass


def listed_digests(contents: dict[str, bytes]) -> dict[str, bytes]:
    """SHA-256 of every file that a manifest names."""
    lines = (contents[MANIFEST] + contents[TAG_MANIFEST]).decode().splitlines()
    return {path: bytes.fromhex(digest) for digest, path in (line.split("  ") for line in lines)}


def test_every_changed_byte_of_every_listed_file_is_found_and_named(whole_package: SmallPackage) -> None:
    contents = load_files(whole_package.folder)
    digests = listed_digests(contents)
    assert digests.keys() == contents.keys() - set(SIGNED)
    for path, content in contents.items():
        if path in SIGNED:
            continue
        files, findings = MemoryFiles(dict(contents)), Findings()
        bag, changed = BagCheck(files, findings, nothing, no_tick), bytearray(content)
        for place in range(len(content)):
            changed[place] ^= 1 << place % 8
            files.contents[path] = bytes(changed)
            assert not bag.check_file(path, digests[path])
            assert (findings.faults[-1].kind, findings.faults[-1].path) == (DefectKind.DAMAGED, path)
            findings.faults.clear()
            changed[place] = content[place]


@pytest.mark.parametrize("path", SIGNED)
def test_every_changed_byte_of_the_signed_list_and_its_signatures_is_found_and_named(
    path: str, whole_package: SmallPackage
) -> None:
    contents = load_files(whole_package.folder)
    content = contents[path]
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 7
        findings = Findings()
        signed = check_signatures(MemoryFiles(contents | {path: bytes(changed)}), findings)
        assert [(fault.kind, fault.path) for fault in findings.faults] == [(DefectKind.DAMAGED, path)]
        assert signed.text == contents[TAG_MANIFEST]


def test_a_changed_byte_of_any_file_fails_the_whole(package: SmallPackage) -> None:
    draw = random.Random(462)
    for path in sorted(load_files(package.folder)):
        file = package.folder / path
        whole = file.read_bytes()
        place = draw.randrange(len(whole))
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x20]) + whole[place + 1 :])
        verdict = verify_package(package.folder, no_tick, package.authority)
        assert not verdict.holds
        named = {fault.path for fault in verdict.faults if fault.kind is DefectKind.DAMAGED}
        assert named == {path}, (place, verdict.faults)
        file.write_bytes(whole)
    assert verify_package(package.folder, no_tick, package.authority).holds


@pytest.mark.lengthy
def test_two_thousand_changed_bytes_of_a_large_package_name_two_thousand_files(
    tmp_path: Path, authority: Authority, case_log: CaseLog
) -> None:
    folder, draw = tmp_path / "case", random.Random(462)
    reads = (package_read(number, CROP + b"%d" % number, SCENE * 2000) for number in range(1, 1001))
    content = package_content(reads, 1000, case_log.part(range(12), 9, authority))
    write_package(content, FolderTarget(folder), vouched_signer(authority), no_tick)
    assert verify_package(folder, no_tick, authority.fingerprint).holds
    paths = draw.sample(sorted(load_files(folder).keys() - {MANIFEST, *SIGNED}), 2000)
    for path in paths:
        with (folder / path).open("r+b") as file:
            place = draw.randrange((folder / path).stat().st_size)
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ draw.randrange(1, 256)]))
    verdict = verify_package(folder, no_tick, authority.fingerprint)
    named = {fault.path for fault in verdict.faults if fault.kind is DefectKind.DAMAGED}
    assert named == set(paths)


def _remove(folder: Path) -> None:
    (folder / CRIME_SCENE).unlink()


def _add(folder: Path) -> None:
    (folder / "data/reads/00001-00200/00001/other.jpg").write_bytes(b"x")


def _add_beside(folder: Path) -> None:
    (folder / "setup.exe").write_bytes(b"x")


def _link(folder: Path) -> None:
    (folder / CRIME_SCENE).unlink()
    (folder / CRIME_SCENE).symlink_to("crop.jpg")


@pytest.mark.parametrize(
    ("damage", "kind", "path"),
    [
        (_remove, DefectKind.MISSING, CRIME_SCENE),
        (_add, DefectKind.EXTRA, "data/reads/00001-00200/00001/other.jpg"),
        (_add_beside, DefectKind.EXTRA, "setup.exe"),
        (_link, DefectKind.NAME, CRIME_SCENE),
    ],
)
def test_missing_and_extra_files_are_told_apart(
    damage: Callable[[Path], None], kind: DefectKind, path: str, package: SmallPackage
) -> None:
    damage(package.folder)
    verdict = verify_package(package.folder, no_tick, package.authority)
    assert not verdict.holds
    assert (kind, path) in [(fault.kind, fault.path) for fault in verdict.faults]


@pytest.mark.parametrize("path", SIGNED)
def test_a_missing_signature_or_list_is_named(path: str, package: SmallPackage) -> None:
    (package.folder / path).unlink()
    verdict = verify_package(package.folder, no_tick, package.authority)
    assert not verdict.holds
    assert [(fault.kind, fault.path) for fault in verdict.faults] == [(DefectKind.MISSING, path)]


@pytest.mark.parametrize("units", [(), ("unit-1", "unit-2")])
def test_a_read_of_another_unit_is_found_whatever_units_the_package_of_a_unit_names(
    tmp_path: Path, authority: Authority, case_log: CaseLog, units: tuple[str, ...]
) -> None:
    own, other = package_read(1, CROP, SCENE), package_read(2, CROP, SCENE)
    body = other.record.body.replace(b'"unit_id":"unit-1"', b'"unit_id":"unit-2"')
    assert body != other.record.body
    other = replace(other, record=replace(other.record, body=body, receipt=None))
    content = replace(package_content([own, other], 2, case_log.part((3,), 9, authority)), units=units)
    write_package(content, FolderTarget(tmp_path / "case"), vouched_signer(authority), no_tick)
    verdict = verify_package(tmp_path / "case", no_tick, authority.fingerprint)
    assert not verdict.holds
    (fault,) = verdict.faults
    assert (fault.kind, fault.path) == (DefectKind.RECORD_FALSE, "data/reads/00001-00200/00002/record.json")
    assert fault.words == "is of the unit unit-2, and the package of unit-1"


def test_a_package_signed_anew_by_somebody_else_is_not_vouched_for(
    tmp_path: Path, authority: Authority, case_log: CaseLog, whole_package: SmallPackage
) -> None:
    other = vouched_signer(None)
    signer = type(other)(other.name, other.key, vouched_signer(authority).voucher)
    content = package_content([package_read(1, CROP, SCENE)], 1, case_log.part((3,), 9, authority))
    write_package(content, FolderTarget(tmp_path / "case"), signer, no_tick)
    verdict = verify_package(tmp_path / "case", no_tick, authority.fingerprint)
    assert not verdict.holds
    assert {fault.kind for fault in verdict.faults} == {DefectKind.KEY_NOT_VOUCHED}
    assert not verify_package(whole_package.folder, no_tick, "0" * 64).holds
    assert not verify_package(whole_package.folder, no_tick).holds
