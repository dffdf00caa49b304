"""Root's scripts in folders of the unit's user and on media: no link laid there leads them away."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.deploy.provision import bundle, department, plan
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.update import daemons

pytestmark = pytest.mark.review(16)


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A folder of root's with files in it, none of which may be read or changed."""
    folder = tmp_path / "victim"
    folder.mkdir(mode=0o700)
    contents = {"run.json": '{"ready": true}', "unit.pem": "certificate", "fleet.toml": "", "MANIFEST": "secret"}
    for name, content in contents.items():
        (folder / name).write_text(content)
    yield folder
    assert {path.name: path.read_text() for path in folder.iterdir()} == contents


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o755)
    os.chown(folder, 65534, 65534)
    return folder


def lay_links(theirs: Path, victim: Path, name: str) -> list[Path]:
    """Ways to the victim's file by a link in place of the file, and by one in place of its folder."""
    (theirs / name).symlink_to(victim / name)
    (theirs / "folder").symlink_to(victim)
    return [theirs / name, theirs / "folder" / name]


def test_an_update_believes_no_health_behind_a_link(theirs: Path, victim: Path) -> None:
    for path in lay_links(theirs, victim, "run.json"):
        assert not daemons.says_ready(path.parent)
    assert daemons.says_ready(victim)


def test_an_enrolment_undone_removes_nothing_behind_a_link(theirs: Path, victim: Path) -> None:
    in_place, behind = lay_links(theirs, victim, "unit.pem")
    department._remove(in_place)
    assert not in_place.is_symlink()
    with pytest.raises(OSError, match="a link, which is not followed here"):
        department._remove(behind)
    department._remove(theirs / "was-never-there")


def test_settings_are_not_read_behind_a_link(theirs: Path, victim: Path) -> None:
    for path in lay_links(theirs, victim, "fleet.toml"):
        with pytest.raises(ProvisioningError, match=r"cannot be read: .*link"):
            plan._settings(plan.ProvisionRequest(source=theirs, settings=path))


def test_a_manifest_is_not_read_behind_a_link(theirs: Path, victim: Path) -> None:
    for path in lay_links(theirs, victim, "MANIFEST"):
        with pytest.raises(ProvisioningError, match="link"):
            bundle.signed_files(path.parent, theirs / "key.pem")


def test_a_file_of_a_bundle_is_not_copied_behind_a_link(theirs: Path, victim: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.mkdir()
    for path in lay_links(theirs, victim, "MANIFEST"):
        name = path.relative_to(theirs).as_posix()
        with pytest.raises(ProvisioningError, match="link"):
            bundle.copy_checked(theirs, {name: "0" * 64}, target)
        with pytest.raises(ProvisioningError, match="a link has no place in a bundle"):
            bundle.check_listing(theirs, {name: "0" * 64})
    assert list(target.iterdir()) == []
