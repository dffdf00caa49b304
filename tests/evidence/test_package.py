"""Packages as other programs see them: BagIt's own, sha256sum, minisign, OpenSSL and 7-Zip."""

import base64
import html
import re
import secrets
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import bagit
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.department.pki.authority import Authority
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence.bag import PackageTarget
from alpr_edge.evidence.checks.findings import CheckSubject
from alpr_edge.evidence.container import ContainerTarget
from alpr_edge.evidence.content import PackageRead
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.passphrases import draw_passphrase
from alpr_edge.evidence.signer import PackageSigner
from alpr_edge.evidence.verification import verify_package
from tests.evidence.conftest import CROP, SCENE, SmallPackage
from tests.evidence.folder_target import FolderTarget
from tests.evidence.package_content import CaseLog, package_content, package_read, vouched_signer

TwoTargets = pytest.mark.parametrize("kind", ["folder", "container"])


def run(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def no_tick(_done: int, _total: int) -> None:
    pass


def target_in(folder: Path, kind: str, passphrase: str = "P") -> tuple[Path, PackageTarget]:
    if kind == "folder":
        return folder / "case", FolderTarget(folder / "case")
    return folder / "case.zip", ContainerTarget(folder / "case.zip", passphrase)


def test_a_whole_package_holds(whole_package: SmallPackage) -> None:
    verdict = verify_package(whole_package.folder, no_tick, whole_package.authority)
    assert verdict.holds, verdict
    open_subjects = [CheckSubject.RECEIPTS, CheckSubject.TIME_STAMP]
    assert [(each.subject, each.holds) for each in verdict.statements if not each.holds] == [
        (subject, None) for subject in open_subjects
    ]
    assert verdict.package is not None
    assert (verdict.package.case, verdict.package.reads) == ("26-1042", 2)


def test_pictures_and_records_are_in_it_byte_for_byte(whole_package: SmallPackage) -> None:
    read = package_read(2, CROP + b"2", SCENE + b"2", with_hit=True)
    folder = whole_package.folder / "data/reads/00001-00200/00002"
    assert (folder / "crop.jpg").read_bytes() == CROP + b"2"
    assert (folder / "scene.jpg").read_bytes() == SCENE + b"2"
    assert (folder / "record.json").read_bytes() == read.record.body
    assert (folder / "hit-1.json").read_bytes() == read.others[0].body


@pytest.mark.filterwarnings("ignore:'count' is passed as positional:DeprecationWarning")  # in bagit, of Python 3.13
def test_bagit_of_the_library_of_congress_accepts_it(package: SmallPackage) -> None:
    bag = bagit.Bag(str(package.folder))
    bag.validate()
    assert (bag.info["Case"], bag.info["Medium"], bag.info["Note"]) == ("26-1042", "M-2026-0107", "two lines")
    crop = package.folder / "data/reads/00001-00200/00001/crop.jpg"
    crop.write_bytes(crop.read_bytes() + b"x")
    with pytest.raises(bagit.BagError):
        bag.validate()


def test_sha256sum_accepts_it(package: SmallPackage, require_tool: Callable[[str], str]) -> None:
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        done = run(require_tool("sha256sum"), "--check", "--strict", "--quiet", manifest, folder=package.folder)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (package.folder / "data/canvasses/1/reads.csv").write_bytes(b"other")
    done = run(require_tool("sha256sum"), "--check", "--quiet", "manifest-sha256.txt", folder=package.folder)
    assert done.stdout == "data/canvasses/1/reads.csv: FAILED\n"


def test_minisign_accepts_it(package: SmallPackage, require_tool: Callable[[str], str]) -> None:
    words = (require_tool("minisign"), "-V", "-p", "keys/signing.pub", "-m", "tagmanifest-sha256.txt")
    done = run(*words, folder=package.folder)
    assert done.returncode == 0, done.stderr
    assert "Trusted comment: evidence package unit-1:26-1042:1 of unit-1" in done.stdout
    with (package.folder / "tagmanifest-sha256.txt").open("ab") as file:
        file.write(b"\n")
    assert run(*words, folder=package.folder).returncode != 0


def test_openssl_accepts_who_vouches(whole_package: SmallPackage, require_tool: Callable[[str], str]) -> None:
    openssl = require_tool("openssl")
    words = (openssl, "verify", "-CAfile", "keys/authority.pem", "keys/signing.pem")
    assert run(*words, folder=whole_package.folder).stdout == "keys/signing.pem: OK\n"
    show = (openssl, "x509", "-in", "keys/authority.pem", "-noout", "-fingerprint", "-sha256")
    told = run(*show, folder=whole_package.folder).stdout.partition("=")[2].strip()
    assert verify_package(whole_package.folder, no_tick, told.replace(":", "").lower()).holds


def printed_commands(folder: Path) -> list[str]:
    """What the start page tells an outsider to run, but for our own program."""
    blocks = re.findall(r"<pre>(.*?)</pre>", (folder / "index.html").read_text(), re.DOTALL)
    lines = [html.unescape(line) for block in blocks for line in block.splitlines()]
    return [line for line in lines if not line.startswith("alpr-edge ")]


@pytest.mark.parametrize("is_forged", [False, True])
def test_the_commands_of_the_start_page_tell_a_certificate_of_another_key_apart(
    *, is_forged: bool, tmp_path: Path, authority: Authority, case_log: CaseLog, require_tool: Callable[[str], str]
) -> None:
    for tool in ("sha256sum", "minisign", "openssl", "base64"):
        require_tool(tool)
    signer = vouched_signer(authority)
    if is_forged:
        signer = PackageSigner(signer.name, Ed25519PrivateKey.generate(), signer.voucher)
    content = package_content([package_read(1, CROP, SCENE)], 1, case_log.part((3,), 9, authority))
    write_package(content, FolderTarget(tmp_path / "case"), signer, no_tick)
    done = [(line, run("sh", "-c", line, folder=tmp_path / "case")) for line in printed_commands(tmp_path / "case")]
    assert [line for line, each in done if each.returncode] == []
    of_certificate, of_signature = (each.stdout for line, each in done if line.endswith("| tail -c 32 | base64"))
    assert len(base64.b64decode(of_certificate)) == len(base64.b64decode(of_signature)) == 32
    assert (of_certificate != of_signature) == is_forged


def test_seven_zip_opens_the_container(
    tmp_path: Path, authority: Authority, case_log: CaseLog, require_tool: Callable[[str], str]
) -> None:
    passphrase = draw_passphrase(secrets.randbits)
    path, target = target_in(tmp_path, "container", passphrase)
    content = package_content([package_read(1, CROP, SCENE)], 1, case_log.part((3,), 9, authority))
    write_package(content, target, vouched_signer(authority), no_tick)
    seven_zip = require_tool("7z")
    assert run(seven_zip, "t", f"-p{passphrase}", path, folder=tmp_path).returncode == 0
    assert run(seven_zip, "t", "-pnone", path, folder=tmp_path).returncode != 0
    assert "Method = AES-256 Store" in run(seven_zip, "l", "-slt", path, folder=tmp_path).stdout
    run(seven_zip, "x", f"-p{passphrase}", "-oopened", path, folder=tmp_path)
    assert verify_package(tmp_path / "opened", no_tick, authority.fingerprint).holds
    assert verify_package(path, no_tick, authority.fingerprint, passphrase).holds


def test_only_its_owner_may_open_it(tmp_path: Path, case_log: CaseLog) -> None:
    path, target = target_in(tmp_path, "zip")
    write_package(package_content([], 0, case_log.part((), None, None)), target, vouched_signer(None), no_tick)
    for made in (path, *path.rglob("*")):
        assert stat.S_IMODE(made.stat().st_mode) & 0o077 == 0


def failing_reads() -> Iterator[PackageRead]:
    yield package_read(1, CROP, SCENE)
    raise EvidenceError("the store lost a read")


@TwoTargets
def test_a_package_that_fails_leaves_nothing(kind: str, tmp_path: Path, case_log: CaseLog) -> None:
    _, target = target_in(tmp_path, kind)
    content = package_content(failing_reads(), 2, case_log.part((3,), None, None))
    with pytest.raises(EvidenceError, match="lost a read"):
        write_package(content, target, vouched_signer(None), no_tick)
    assert list(tmp_path.iterdir()) == []


def test_what_a_cut_off_try_left_is_removed_by_the_next(tmp_path: Path, case_log: CaseLog) -> None:
    _, cut_off = target_in(tmp_path, "zip")
    cut_off.add("data/reads/old.json", b"x" * (20 << 20))
    with pytest.raises(EvidenceError, match=r"no evidence package|is no package"):
        verify_package(next(tmp_path.glob(".part-*")), no_tick)
    path, target = target_in(tmp_path, "zip")
    write_package(package_content([], 0, case_log.part((), None, None)), target, vouched_signer(None), no_tick)
    assert list(tmp_path.iterdir()) == [path]
    assert verify_package(path, no_tick, passphrase="P").fault_count == 0
    with pytest.raises(EvidenceError, match="exists already"):
        target_in(tmp_path, "zip")
    cut_off.discard()
    assert path.exists()


def test_without_a_department_it_says_so(tmp_path: Path, case_log: CaseLog) -> None:
    content = package_content([package_read(1, CROP, SCENE)], 1, case_log.part((3,), None, None))
    write_package(content, FolderTarget(tmp_path / "case"), vouched_signer(None), no_tick)
    verdict = verify_package(tmp_path / "case", no_tick)
    assert (verdict.fault_count, verdict.holds) == (0, False)
    words = {each.subject: each.words for each in verdict.statements}
    assert words[CheckSubject.KEY].startswith("nobody vouches for the signing key but itself")
    assert "no department has seen that log" in words[CheckSubject.ACCESS_LOG]
    assert verify_package(tmp_path / "case", no_tick, "0" * 64).faults[0].kind == "key_not_vouched"
