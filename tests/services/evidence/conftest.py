"""A department whose key passphrases are sealed for, a unit of its people, and a medium."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.department.pki.media_keys import make_media_key
from scripts.faults.disk import Disk
from tests.services.evidence.case_rig import write_case_unit
from tests.staff import Staff


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    files = initialise(tmp_path_factory.mktemp("department") / "department", ["127.0.0.1"])
    make_media_key(files)
    return files


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory, authority: TlsFiles) -> Staff:
    return Staff(write_case_unit(tmp_path_factory.mktemp("case"), authority))


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    folder = tmp_path / "medium"
    folder.mkdir()
    return folder


@pytest.fixture
def disk(tmp_path: Path, can_mount: None) -> Iterator[Disk]:
    with Disk(tmp_path / "medium.img") as disk:
        yield disk
