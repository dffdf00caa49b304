"""A bundle is used whole, as it was signed, or not at all."""

import hashlib
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from alpr_edge import __version__
from alpr_edge.hotlist.ingest.signature import check_signature
from scripts.deploy.bundle.contents import About, copy_tracked, write_manifest
from scripts.deploy.bundle.wheels import platforms
from scripts.deploy.provision import __main__ as program
from scripts.deploy.provision.base import _managed_file
from scripts.deploy.provision.bundle import (
    ABOUT,
    MANIFEST,
    SIGNATURE,
    ReleaseKeyStep,
    checked_copy,
    release_key,
    signed_files,
)
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.plan import ProvisionRequest
from scripts.deploy.provision.release import version_of
from scripts.deploy.provision.steps import State, provision

ROOT = Path(__file__).parents[3]
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHER = "aarch64" if platform.machine() == "x86_64" else "x86_64"
MINE, OTHERS, PURE = (f"wheels/a-1-{tag}.whl" for tag in (f"cp311-linux_{platform.machine()}", f"linux_{OTHER}", "any"))


@pytest.fixture(scope="session")
def openssl(require_tool: Callable[[str], str]) -> Callable[..., None]:
    tool = require_tool("openssl")

    def call(*words: object) -> None:
        subprocess.run([tool, *map(str, words)], check=True, capture_output=True)

    return call


@pytest.fixture(scope="session")
def keys(openssl: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("mine", "anothers"):
        openssl("genpkey", "-algorithm", "ed25519", "-out", folder / f"{name}.key")
        openssl("pkey", "-in", folder / f"{name}.key", "-pubout", "-out", folder / f"{name}.pem")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / "ec.key")
    openssl("pkey", "-in", folder / "ec.key", "-pubout", "-out", folder / "ec.pem")
    return folder


@pytest.fixture
def bundle(tmp_path: Path, keys: Path, openssl: Callable[..., None]) -> Path:
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    for name in (MINE, OTHERS, PURE):
        (folder / name).write_bytes(name.encode() * 1000)
    about = {"format": 1, "version": "1.2.3", "machines": [platform.machine()], "pythons": [PYTHON]}
    (folder / ABOUT).write_text(json.dumps(about))
    write_manifest(folder)
    sign(folder, keys, openssl)
    return folder


def sign(bundle: Path, keys: Path, openssl: Callable[..., None], name: str = "mine") -> None:
    key = keys / f"{name}.key"
    openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", bundle / MANIFEST, "-out", bundle / SIGNATURE)


def refusal(bundle: Path, key: Path) -> str:
    beside = bundle.parent / "beside"
    with pytest.raises(ProvisioningError) as error, checked_copy(bundle, key, beside):
        pass
    assert not beside.exists() or not list(beside.iterdir()), "something of a refused bundle is left"
    return str(error.value)


def test_what_this_machine_needs_is_copied_and_gone_afterwards(bundle: Path, keys: Path, tmp_path: Path) -> None:
    progress: list[tuple[int, int]] = []
    with checked_copy(
        bundle, keys / "mine.pem", tmp_path / "beside", lambda done, total: progress.append((done, total))
    ) as copy:
        names = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
        assert names == {MINE, PURE, ABOUT, MANIFEST}
        assert (copy / MANIFEST).read_bytes() == (bundle / MANIFEST).read_bytes()
        assert (copy / MINE).read_bytes() == (bundle / MINE).read_bytes()
    assert not copy.exists()
    assert (
        progress[-1][0]
        == progress[-1][1]
        == sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
        - ((bundle / MANIFEST).stat().st_size + (bundle / SIGNATURE).stat().st_size)
    )


@pytest.mark.parametrize("name", [MINE, OTHERS, ABOUT])
def test_a_changed_byte_is_refused_and_named(bundle: Path, keys: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    assert refusal(bundle, keys / "mine.pem") == (
        f"{bundle / name}: changed since the bundle was signed; do not use this bundle"
    )


def test_a_file_less_is_refused_and_named(bundle: Path, keys: Path) -> None:
    (bundle / PURE).unlink()
    assert refusal(bundle, keys / "mine.pem") == f"{bundle / PURE}: missing from the bundle; copy it again"


def test_a_file_more_is_refused_and_named(bundle: Path, keys: Path) -> None:
    (bundle / "wheels" / "b-1-any.whl").write_text("b")
    line = refusal(bundle, keys / "mine.pem")
    assert line == f"{bundle}/wheels/b-1-any.whl: not in the bundle's manifest; do not use this bundle"


def test_a_link_is_refused_and_named(bundle: Path, keys: Path) -> None:
    shutil.copy(bundle / PURE, bundle.parent / "elsewhere")
    (bundle / PURE).unlink()
    (bundle / PURE).symlink_to(bundle.parent / "elsewhere")
    assert refusal(bundle, keys / "mine.pem").startswith(f"{bundle / PURE}: a link has no place in a bundle")


def test_a_changed_manifest_is_refused(bundle: Path, keys: Path) -> None:
    (bundle / PURE).write_text("other")
    write_manifest(bundle)
    line = refusal(bundle, keys / "mine.pem")
    assert line == f"{bundle / MANIFEST}: not signed with {keys / 'mine.pem'}; do not use this bundle"


def test_another_makers_bundle_is_refused(bundle: Path, keys: Path, openssl: Callable[..., None]) -> None:
    assert "not signed with" in refusal(bundle, keys / "anothers.pem")
    sign(bundle, keys, openssl, "anothers")
    assert "not signed with" in refusal(bundle, keys / "mine.pem")


def test_no_signature_is_refused(bundle: Path, keys: Path) -> None:
    (bundle / SIGNATURE).unlink()
    assert refusal(bundle, keys / "mine.pem").endswith(
        "the bundle is not signed; make it with scripts/bundle --sign KEY"
    )
    (bundle / SIGNATURE).write_text("x")
    assert "no Ed25519 signature" in refusal(bundle, keys / "mine.pem")


def test_what_is_no_bundle_is_refused(tmp_path: Path, keys: Path) -> None:
    assert "no bundle of scripts/bundle" in refusal(tmp_path / "nowhere", keys / "mine.pem")


def test_a_debian_package_with_a_tilde_in_its_version_is_taken(
    bundle: Path, keys: Path, openssl: Callable[..., None], tmp_path: Path
) -> None:
    package = "debs/openssl_3.5.4-1~deb13u1_amd64.deb"
    (bundle / package).parent.mkdir()
    (bundle / package).write_bytes(b"deb")
    (bundle / SIGNATURE).unlink()
    write_manifest(bundle)
    sign(bundle, keys, openssl)
    with checked_copy(bundle, keys / "mine.pem", tmp_path / "beside") as copy:
        assert (copy / package).read_bytes() == b"deb"


@pytest.mark.parametrize("line", ["x", f"{'0' * 64}  ../etc/passwd", f"{'0' * 64}  /etc/passwd", f"{'0' * 64}  a\\nb"])
def test_a_manifest_that_leads_elsewhere_is_refused(
    bundle: Path, keys: Path, openssl: Callable[..., None], line: str
) -> None:
    (bundle / MANIFEST).write_text(f"{(bundle / MANIFEST).read_text()}{line}\n")
    sign(bundle, keys, openssl)
    assert "no manifest of a bundle" in refusal(bundle, keys / "mine.pem")


def test_a_key_of_another_kind_is_refused(bundle: Path, keys: Path) -> None:
    assert "no Ed25519 public key in PEM" in refusal(bundle, keys / "ec.pem")
    assert "no Ed25519 public key in PEM" in refusal(bundle, keys / "mine.key")


@pytest.mark.parametrize("about", [{"machines": [OTHER]}, {"pythons": ["2.7"]}, {"format": 99}])
def test_a_bundle_for_others_is_refused(
    bundle: Path, keys: Path, openssl: Callable[..., None], about: dict[str, object]
) -> None:
    (bundle / ABOUT).write_text(json.dumps(json.loads((bundle / ABOUT).read_text()) | about))
    write_manifest(bundle)
    sign(bundle, keys, openssl)
    assert "the bundle " in refusal(bundle, keys / "mine.pem")


def test_the_signature_is_one_as_hotlists_have(bundle: Path, keys: Path) -> None:
    check_signature(bundle / MANIFEST, keys / "mine.pem")
    assert len(signed_files(bundle, keys / "mine.pem")) == 4


def test_sha256sum_reads_the_manifest(bundle: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", MANIFEST], cwd=bundle, check=True)


def test_a_unit_keeps_to_the_key_it_holds(keys: Path, tmp_path: Path) -> None:
    unit_key = tmp_path / "release-key.pem"
    with pytest.raises(ProvisioningError, match="name it with --release-key"):
        release_key(None, unit_key)
    assert release_key(keys / "mine.pem", unit_key) == keys / "mine.pem"
    shutil.copy(keys / "mine.pem", unit_key)
    assert release_key(None, unit_key) == release_key(keys / "mine.pem", unit_key) == unit_key
    with pytest.raises(ProvisioningError, match="not the key this unit holds"):
        release_key(keys / "anothers.pem", unit_key)
    assert ReleaseKeyStep(unit_key).name == "release-key"


def test_a_file_of_a_medium_is_a_program_by_what_it_holds(
    bundle: Path, keys: Path, openssl: Callable[..., None], tmp_path: Path
) -> None:
    """A desktop mounts FAT so that no script is executable there; elsewhere every file is."""
    script, empty, command = "scripts/update", "scripts/__init__.py", "config/system/usr/local/bin/alpr-edge"
    for name, content in ((script, "#!/bin/sh\n"), (empty, ""), (command, "#!/bin/sh\n")):
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_text(content)
        (bundle / name).chmod(0o644 if content else 0o755)
    (bundle / MINE).chmod(0o755)
    (bundle / SIGNATURE).unlink()
    write_manifest(bundle)
    sign(bundle, keys, openssl)
    with checked_copy(bundle, keys / "mine.pem", tmp_path / "beside") as copy:
        modes = {name: (copy / name).stat().st_mode & 0o777 for name in (script, empty, command, MINE)}
    assert modes == {script: 0o755, empty: 0o644, command: 0o755, MINE: 0o644}
    for name, mode in ((command, 0o755), (empty, 0o644)):
        assert _managed_file(bundle / name, tmp_path / "target").mode == mode


def test_the_key_that_signs_is_refused_before_anything_is_installed(keys: Path, tmp_path: Path) -> None:
    def request(key: Path, unit_key: Path = tmp_path / "none.pem") -> ProvisionRequest:
        words = ["--release-key", str(key)]
        with ExitStack() as resources:
            return program._request(program._parser().parse_args(words), resources, unit_key)

    both = tmp_path / "both.pem"
    both.write_bytes((keys / "mine.pem").read_bytes() + (keys / "mine.key").read_bytes())
    (tmp_path / "readme").write_text("x")
    for file in (keys / "mine.key", both, tmp_path / "readme"):
        with pytest.raises(ProvisioningError, match="no public key in PEM; bring the public half"):
            request(file)
    with pytest.raises(ProvisioningError, match="no Ed25519 public key"):
        request(keys / "ec.pem")
    with pytest.raises(ProvisioningError, match="not the key this unit holds"):
        request(keys / "anothers.pem", keys / "mine.pem")
    assert request(keys / "mine.pem").release_key == keys / "mine.pem"


def test_a_release_key_of_another_kind_is_taken_back(keys: Path, tmp_path: Path) -> None:
    """Where openssl came with the packages, its kind was not known before."""
    (outcome,) = provision([ReleaseKeyStep(keys / "ec.pem", tmp_path / "release-key.pem")], dry_run=False)
    assert (outcome.state, "no Ed25519 public key" in outcome.error) == (State.FAILED, True)
    assert list(tmp_path.iterdir()) == []
    (outcome,) = provision([ReleaseKeyStep(keys / "mine.pem", tmp_path / "release-key.pem")], dry_run=False)
    assert outcome.state is State.CHANGED


def test_of_a_checkout_only_what_is_tracked_is_bundled(tmp_path: Path) -> None:
    copy_tracked(ROOT, "systemd", tmp_path)
    names = subprocess.run(
        ["git", "ls-files", "systemd"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    copies = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert copies == {name for name in names if (ROOT / name).is_file()}
    with pytest.raises(ProvisioningError, match="is the checkout whole"):
        copy_tracked(ROOT, "no-such-thing", tmp_path)


def test_the_manifest_is_the_same_for_the_same_files(bundle: Path) -> None:
    first = (bundle / MANIFEST).read_bytes()
    (bundle / SIGNATURE).unlink()
    (bundle / MANIFEST).unlink()
    write_manifest(bundle)
    assert hashlib.sha256((bundle / MANIFEST).read_bytes()).digest() == hashlib.sha256(first).digest()


def test_pip_is_told_the_best_platform_first() -> None:
    names = list(platforms("aarch64"))
    assert names[0] == "manylinux_2_36_aarch64"
    assert names[-1] == "manylinux2014_aarch64"
    assert "manylinux1_x86_64" in platforms("x86_64")


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--platform", "mips"], 2, "mips: not of x86_64, aarch64"),
        (["--python", "2.7"], 2, "2.7: not of 3.11, 3.12, 3.13"),
        (["--sign", "/no/such.key"], 1, "bundle: /no/such.key: no Ed25519 private key in PEM"),
        (["--source", "/no/checkout"], 1, "bundle: /no/checkout: no checkout of alpr-edge"),
    ],
)
def test_what_cannot_be_bundled_is_one_line(tmp_path: Path, options: list[str], code: int, message: str) -> None:
    command = [sys.executable, "-m", "scripts.deploy.bundle", str(tmp_path / "out"), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_bundle_is_not_replaced(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.deploy.bundle", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == f"bundle: {tmp_path}: exists and is no bundle; name another folder\n"


def test_what_a_bundle_says_of_itself() -> None:
    assert version_of(ROOT) == __version__
    about = About.of(ROOT, ["x86_64"], ["3.13"])
    assert len(about.commit.removesuffix("+")) == 40
