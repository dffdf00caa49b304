"""``alpr-edge evidence verify`` as a prosecutor's office runs it: no settings, no keys, no database."""

import json
import secrets
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.department.pki.authority import Authority
from alpr_edge.evidence.container import ContainerTarget
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.passphrases import draw_passphrase
from tests.evidence.folder_target import FolderTarget
from tests.evidence.package_content import CaseLog, department_authority, package_content, package_read, vouched_signer

PASSPHRASE = draw_passphrase(secrets.randbits)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return department_authority(tmp_path_factory.mktemp("department") / "d")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Path:
    """The same case as a folder and as a container, and one of a unit without a department."""
    folder, log = tmp_path_factory.mktemp("packages"), CaseLog()
    log.append(5)
    for target in (FolderTarget(folder / "case"), ContainerTarget(folder / "case.zip", PASSPHRASE)):
        content = package_content([package_read(1, b"crop", b"scene", with_hit=True)], 1, log.part((2,), 5, authority))
        write_package(content, target, vouched_signer(authority), lambda _done, _total: None)
    content = package_content([], 0, log.part((2,), None, None))
    write_package(content, FolderTarget(folder / "alone"), vouched_signer(None), lambda _done, _total: None)
    return folder


def verify(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["evidence", "verify", *map(str, words)])


def test_a_whole_package_holds_and_no_plate_is_shown(packages: Path, authority: Authority) -> None:
    done = verify(packages / "case", "--authority", authority.fingerprint.upper())
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("package unit-1:26-1042:1, case 26-1042, claimed to be from unit-1\n")
    assert "holds    the authority you named vouches that it is the key of unit-1" in done.stdout
    assert done.stdout.endswith("the package is valid\n")
    assert "7ABC" not in done.stdout


def test_a_container_opens_by_a_file_with_its_passphrase(packages: Path, authority: Authority, tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(f" {PASSPHRASE.lower()}\n")
    words = ("--authority", authority.fingerprint, "--passphrase-file", passphrase)
    assert verify(packages / "case.zip", *words).exit_code == 0
    refused = verify(packages / "case.zip", "--authority", authority.fingerprint)
    assert refused.exit_code == 1
    assert "is encrypted; give its passphrase with --passphrase-file" in refused.output
    passphrase.write_text(PASSPHRASE[:-1])
    refused = verify(packages / "case.zip", *words)
    assert refused.exit_code == 1
    assert PASSPHRASE[:-1] not in refused.output


def test_of_a_unit_that_was_ended_its_own_word_is_not_enough(packages: Path, authority: Authority) -> None:
    words = (packages / "case", "--authority", authority.fingerprint)
    done = verify(*words, "--ended", "unit-1=2026-01-15")
    assert (done.exit_code, "the package was made after unit-1 was ended (2026-01-15 00:00" in done.stdout) == (1, True)
    assert done.stdout.endswith("the package is NOT valid\n")
    done = verify(*words, "--ended", "unit-9=2020-01-01", "--ended", "unit-1=2099-01-15T18:00Z")
    said = "open     nothing but its own word says that the package was made before unit-1 was ended (2099-01-15 18:00"
    assert (done.exit_code, said in done.stdout) == (1, True), done.stdout
    assert done.stdout.endswith("but not shown to be from before its unit was decommissioned\n")
    done = verify(packages / "case", "--ended", "unit-1=2099-01-15")
    assert done.stdout.endswith("no authority that you named vouches for the signer\n")
    told = json.loads(verify(*words, "--ended", "unit-1=2099-01-15", "--json").stdout)
    assert (told["ok"], told["fault_count"]) == (False, 0)
    done = verify(*words, "--ended", "unit-9=2020-01-01")
    assert (done.exit_code, "of none of the units that you said were ended: unit-9" in done.stdout) == (0, True)
    for wrong in ("unit-1", "=2026-01-15", "unit-1=soon"):
        assert "not a unit and its end, such as" in verify(*words, "--ended", wrong).stderr


def test_of_a_unit_named_twice_the_earliest_moment_counts(packages: Path, authority: Authority) -> None:
    words = (packages / "case", "--authority", authority.fingerprint)
    for dates in (("2026-01-15", "2099-01-15"), ("2099-01-15", "2026-01-15")):
        done = verify(*words, *(word for date in dates for word in ("--ended", f"unit-1={date}")))
        assert "made after unit-1 was ended (2026-01-15 00:00" in done.stdout
    assert "in UTC where no zone is named" in " ".join(verify("--help").stdout.replace("│", " ").split())


def test_damage_names_the_file_and_ends_with_one(packages: Path, authority: Authority, tmp_path: Path) -> None:
    case = tmp_path / "case"
    shutil.copytree(packages / "case", case)
    (case / "data/reads/00001-00200/00001/scene.jpg").write_bytes(b"another scene")
    done = verify(case, "--authority", authority.fingerprint)
    assert done.exit_code == 1
    assert "data/reads/00001-00200/00001/scene.jpg: was changed" in done.stdout
    assert done.stdout.endswith("the package is NOT valid\n")
    told = json.loads(verify(case, "--authority", authority.fingerprint, "--json").stdout)
    assert (told["ok"], told["fault_count"]) == (False, 1)
    (fault,) = told["faults"]
    assert (fault["kind"], fault["path"]) == ("damaged", "data/reads/00001-00200/00001/scene.jpg")


def test_without_an_authority_nobody_says_whose_signature_it_is(packages: Path) -> None:
    for name in ("case", "alone"):
        done = verify(packages / name)
        assert done.exit_code == 1
        assert done.stdout.endswith("no authority that you named vouches for the signer\n")
    assert "nobody vouches for the signing key but itself" in verify(packages / "alone").stdout


def test_another_authority_does_not_vouch_for_it(packages: Path) -> None:
    done = verify(packages / "case", "--authority", "0" * 64)
    assert done.exit_code == 1
    assert "another authority than the one you named" in done.stdout
    assert verify(packages / "case", "--authority", "12").exit_code == 1


def test_nothing_of_a_package_reaches_the_terminal_but_as_text(tmp_path: Path) -> None:
    log = CaseLog()
    log.append(1)
    content = package_content([], 0, log.part((0,), None, None))
    content = replace(content, booking=replace(content.booking, case="26\x1b[2J\r\n1042"))
    write_package(content, FolderTarget(tmp_path / "case"), vouched_signer(None), lambda _done, _total: None)
    done = verify(tmp_path / "case")
    assert "case 26 [2J 1042, claimed to be from" in done.stdout
    assert "\x1b" not in done.stdout


def test_what_is_no_package_is_told_in_one_line(tmp_path: Path) -> None:
    done = verify(tmp_path)
    assert done.exit_code == 1
    assert "no evidence package" in done.output
    for name in ("nowhere", "nowhere.zip"):
        missing = verify(tmp_path / name)
        assert missing.exit_code == 1
        assert "no such file" in missing.output.casefold()
