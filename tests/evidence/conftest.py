"""A department's authority and a small package that it vouches for, shared by the tests of packages."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import Authority
from alpr_edge.evidence.package import write_package
from tests.evidence.folder_target import FolderTarget
from tests.evidence.package_content import CaseLog, department_authority, package_content, package_read, vouched_signer

CROP = b"\xff\xd8 a crop \xff\xd9"
SCENE = b"\xff\xd8 a scene \xff\xd9"


@dataclass(frozen=True, slots=True)
class SmallPackage:
    """A package of two reads, one of them a hit."""

    folder: Path
    authority: str
    tag_manifest: str


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return department_authority(tmp_path_factory.mktemp("department") / "d")


@pytest.fixture(scope="session")
def case_log() -> CaseLog:
    log = CaseLog()
    log.append(12)
    return log


@pytest.fixture(scope="session")
def whole_package(tmp_path_factory: pytest.TempPathFactory, authority: Authority, case_log: CaseLog) -> SmallPackage:
    folder = tmp_path_factory.mktemp("packages") / "case"
    reads = [package_read(1, CROP, SCENE), package_read(2, CROP + b"2", SCENE + b"2", with_hit=True)]
    content = package_content(reads, 2, case_log.part((3, 7, 11), 9, authority))
    digest = write_package(content, FolderTarget(folder), vouched_signer(authority), lambda _done, _total: None)
    return SmallPackage(folder, authority.fingerprint, digest)


@pytest.fixture
def package(whole_package: SmallPackage, tmp_path: Path) -> SmallPackage:
    """A copy of it, to be damaged."""
    folder = tmp_path / "case"
    shutil.copytree(whole_package.folder, folder)
    return SmallPackage(folder, whole_package.authority, whole_package.tag_manifest)
