"""Containers of an opponent: names that lead out, files that stand twice, zips that would grow without end."""

import io
import secrets
import tempfile
import zipfile
from pathlib import Path

import pytest
import pyzipper
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.department.pki.authority import Authority
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.protocol.enrolment_codes import ALPHABET, MistypedError
from alpr_edge.evidence.checks.findings import DefectKind
from alpr_edge.evidence.checks.package_files import ContainerFiles, UnreadableError, open_files
from alpr_edge.evidence.container import ContainerTarget
from alpr_edge.evidence.layout import check_path
from alpr_edge.evidence.package import write_package
from alpr_edge.evidence.passphrases import draw_passphrase, parse_passphrase
from alpr_edge.evidence.verification import verify_package
from tests.evidence.conftest import CROP, SCENE
from tests.evidence.package_content import CaseLog, package_content, package_read, vouched_signer
from tests.evidence.test_package import no_tick

PASSPHRASE = draw_passphrase(secrets.randbits)


def zip_of(path: Path, *files: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


@given(st.text(alphabet="aB0._-/\\ :\x00\n\u00e4~", max_size=30))
@settings(max_examples=200)
def test_a_name_that_is_taken_stays_inside_on_every_system(name: str) -> None:
    try:
        check_path(name)
    except EvidenceError:
        return
    base = Path("/packages/case")
    assert (base / name).resolve().is_relative_to(base)
    assert base.joinpath(name) != base
    assert not set(name) & set('\\:*?"<>|\0\n ')
    assert all(part and not part.startswith(".") and not part.endswith(".") for part in name.split("/"))


@given(st.lists(st.text(alphabet="ab./\\", min_size=1, max_size=8), min_size=1, max_size=4, unique=True))
@settings(max_examples=60)
def test_only_names_that_stay_inside_are_opened(names: list[str]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"x")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.zip"
        path.write_bytes(buffer.getvalue())
        with open_files(path) as files:
            assert all(check_path(name) for name in files.sizes)
            assert {fault.kind for fault in files.findings.faults} <= {DefectKind.NAME}


def test_names_that_lead_out_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "case.zip", ("../out.txt", b"x"), ("manifest-sha256.txt", b""))
    verdict = verify_package(path, no_tick)
    assert (DefectKind.NAME, "../out.txt") in [(fault.kind, fault.path) for fault in verdict.faults]
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_stands_twice_is_named(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zip_of(tmp_path / "case.zip", ("manifest-sha256.txt", b""), ("data/a.json", b"1"), ("data/a.json", b"2"))
    verdict = verify_package(path, no_tick)
    assert (DefectKind.NAME, "data/a.json") in [(fault.kind, fault.path) for fault in verdict.faults]


def test_a_link_in_a_container_is_not_followed(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("data/a.json")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        archive.writestr("manifest-sha256.txt", b"")
        archive.writestr(link, b"/etc/passwd")
    verdict = verify_package(tmp_path / "case.zip", no_tick)
    assert (DefectKind.NAME, "data/a.json") in [(fault.kind, fault.path) for fault in verdict.faults]


def test_a_zip_that_would_grow_without_end_is_refused(tmp_path: Path) -> None:
    bomb = zip_of(tmp_path / "case.zip", ("data/a.json", b"\0" * (50 << 20)), method=zipfile.ZIP_DEFLATED)
    with pytest.raises(EvidenceError, match="far more than it is"):
        verify_package(bomb, no_tick)


def test_a_file_is_read_no_further_than_its_size_says(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "case.zip", ("data/a.json", b"\0" * 10_000), method=zipfile.ZIP_DEFLATED)
    content = path.read_bytes()
    size = (10_000).to_bytes(4, "little")
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, (100).to_bytes(4, "little")))
    with ContainerFiles(path, "") as files, pytest.raises(UnreadableError):
        files.read("data/a.json")


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"no zip at all" * 100])
def test_what_is_no_package_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    path.write_bytes(content)
    with pytest.raises(EvidenceError, match="package"):
        verify_package(path, no_tick)


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory, authority: Authority, case_log: CaseLog) -> Path:
    path = tmp_path_factory.mktemp("container") / "case.zip"
    content = package_content([package_read(1, CROP, SCENE)], 1, case_log.part((3,), 9, authority))
    write_package(content, ContainerTarget(path, PASSPHRASE), vouched_signer(authority), no_tick)
    return path


def test_only_its_passphrase_opens_it(container: Path, authority: Authority) -> None:
    assert verify_package(container, no_tick, authority.fingerprint, PASSPHRASE).holds
    with pytest.raises(EvidenceError, match="--passphrase-file"):
        verify_package(container, no_tick, authority.fingerprint)
    other = draw_passphrase(lambda _bits: 0)
    with pytest.raises(EvidenceError, match="does not open it"):
        verify_package(container, no_tick, authority.fingerprint, other)
    with pyzipper.AESZipFile(container) as archive:  # the library's own decryption, not ours
        archive.setpassword(PASSPHRASE.encode())
        assert archive.read("data/reads/00001-00200/00001/scene.jpg") == SCENE
    assert SCENE not in container.read_bytes()


def test_changed_bytes_of_a_container_never_pass_and_never_break_it(
    container: Path, authority: Authority, tmp_path: Path
) -> None:
    whole, path = container.read_bytes(), tmp_path / "case.zip"
    for place in range(3, len(whole), len(whole) // 15):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x11]) + whole[place + 1 :])
        try:
            verdict = verify_package(path, no_tick, authority.fingerprint, PASSPHRASE)
        except EvidenceError:
            continue
        # What is left are bytes that no content depends on, such as the date of a file.
        assert verdict.holds == (verdict.fault_count == 0)
        if verdict.holds:
            with open_files(path, PASSPHRASE) as files:
                assert files.read("data/reads/00001-00200/00001/scene.jpg") == SCENE


@given(st.integers(0, 2**130 - 1))
@settings(max_examples=50)
def test_a_passphrase_is_read_back_as_people_type_it(value: int) -> None:
    passphrase = draw_passphrase(lambda bits: value if bits == 130 else 0)
    assert len(passphrase) == 35
    assert parse_passphrase(passphrase) == passphrase
    assert parse_passphrase(passphrase.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == passphrase


@given(st.integers(0, 2**130 - 1), st.integers(0, 29), st.sampled_from(ALPHABET))
@settings(max_examples=100, derandomize=True)
def test_a_mistyped_passphrase_shows_at_the_keyboard(value: int, place: int, other: str) -> None:
    characters = list(draw_passphrase(lambda _bits: value).replace("-", ""))
    if characters[place] == other:
        return
    characters[place] = other
    with pytest.raises(MistypedError, match="do not fit"):
        parse_passphrase("".join(characters))


@pytest.mark.parametrize("typed", ["", "AAAAA", "U" * 30, "ß" * 30, "A" * 31])
def test_what_is_no_passphrase_is_told_without_repeating_it(typed: str) -> None:
    with pytest.raises(MistypedError) as caught:
        parse_passphrase(typed)
    assert not typed or typed not in str(caught.value)
