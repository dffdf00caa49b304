"""Evidence packages from anywhere: containers, signed folders whatever they hold, time stamps."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.log_proofs.notes import sign_note
from alpr_edge.evidence import layout
from alpr_edge.evidence.container import ContainerTarget
from alpr_edge.evidence.minisign import sign_with_minisign
from alpr_edge.evidence.package import PackageTarget, write_package
from alpr_edge.evidence.passphrases import draw_passphrase
from alpr_edge.evidence.signer import PackageSigner
from alpr_edge.evidence.time_stamps import HttpTimeStamper, stamped_at
from alpr_edge.evidence.verification import verify_package
from tests.evidence.conftest import CROP, SCENE
from tests.evidence.folder_target import FolderTarget
from tests.evidence.memory_files import load_files
from tests.evidence.package_content import (
    UNIT,
    CaseLog,
    department_authority,
    package_content,
    package_read,
    vouched_signer,
)
from tests.evidence.test_package import no_tick
from tests.evidence.time_authority import run_time_authority
from tests.fuzz.fuzz_run import Parser
from tests.fuzz.mutators import change_bytes, change_json, change_lines, one_of
from tests.fuzz.targets.uplink import change_pem

_CHANGE_TEXT = one_of(change_lines(b" ", b"  ", b"+", b":", b"/"), change_bytes)
_PEM = change_pem(change_bytes)
_NAME_END = b"\n"
_LISTS = {layout.MANIFEST, *layout.BESIDE_TAG_MANIFEST, layout.TAG_MANIFEST}


def _write(folder: Path, target: PackageTarget) -> PackageSigner:
    """Write a package of two reads with its log and a canvass; returns who signed it."""
    authority, log = department_authority(folder / "department"), CaseLog()
    log.append(6)
    reads = [package_read(1, CROP, SCENE), package_read(2, CROP + b"2", SCENE + b"2", with_hit=True)]
    signer = vouched_signer(authority)
    write_package(package_content(reads, 2, log.part((2, 4), 5, authority)), target, signer, no_tick)
    return signer


@contextmanager
def containers(folder: Path) -> Iterator[Parser]:
    """Containers: plain zips, encrypted ones, and zips of nothing of this product."""
    passphrase, path = draw_passphrase(secrets.randbits), folder / "case.zip"
    _write(folder, ContainerTarget(path, passphrase))
    samples = (path.read_bytes(),)
    path.unlink()

    def parse(content: bytes) -> str:
        path.write_bytes(content)
        verdict = verify_package(path, no_tick, passphrase=passphrase)
        return f"{sorted({fault.kind.value for fault in verdict.faults})} {verdict.package is None}"

    yield Parser(samples, change_zip, parse, (EvidenceError,))


def change_zip(draw: Random, content: bytes) -> bytes:
    """Change bytes anywhere, or near the records of the directory, where names and lengths stand."""
    marks = [place for place in range(len(content) - 4) if content[place : place + 2] == b"PK"]
    if not marks or draw.random() < 0.4:
        return change_bytes(draw, content)
    start = draw.choice(marks)
    return content[:start] + change_bytes(draw, content[start : start + 64]) + content[start + 64 :]


@contextmanager
def signed_packages(folder: Path) -> Iterator[Parser]:
    """Packages that are signed by whoever made them, with any one file changed before they were."""
    case = folder / "case"
    signer = _write(folder, FolderTarget(case))
    contents = load_files(case)

    def parse(content: bytes) -> str:
        name, _, body = content.partition(_NAME_END)
        path = name.decode("latin-1")
        changed = dict(contents)
        if path in changed:
            changed[path] = body
        written = changed | _lists_of(changed, path, signer.key)
        for each in written:
            if written[each] != contents[each]:
                (case / each).write_bytes(written[each])
        verdict = verify_package(case, no_tick)
        for each in written:
            if written[each] != contents[each]:
                (case / each).write_bytes(contents[each])
        return f"{path} {sorted({fault.kind.value for fault in verdict.faults})} {verdict.statements}"

    samples = tuple(path.encode() + _NAME_END + content for path, content in contents.items())
    yield Parser(samples, _change_file, parse, (EvidenceError,))


def _change_file(draw: Random, content: bytes) -> bytes:
    name, _, body = content.partition(_NAME_END)
    change = {b"json": change_json, b"pem": _PEM}.get(name.rpartition(b".")[2], _CHANGE_TEXT)
    return name + _NAME_END + change(draw, body)


def _lists_of(contents: dict[str, bytes], changed: str, key: Ed25519PrivateKey) -> dict[str, bytes]:
    """The lists and signatures of a package, made anew but for the one that was changed by hand."""
    sums = {path: hashlib.sha256(content).hexdigest() for path, content in contents.items() if path not in _LISTS}
    made = {layout.MANIFEST: _list({path: sums[path] for path in sums if path.startswith(layout.PAYLOAD)})}
    made |= {changed: contents[changed]} if changed == layout.MANIFEST else {}
    tags = {path: sums[path] for path in sums if not path.startswith(layout.PAYLOAD)}
    tags[layout.MANIFEST] = hashlib.sha256(made[layout.MANIFEST]).hexdigest()
    made[layout.TAG_MANIFEST] = contents[changed] if changed == layout.TAG_MANIFEST else _list(tags)
    text = made[layout.TAG_MANIFEST]
    made[layout.NOTE] = sign_note(text.decode("utf-8", "replace"), UNIT, key).whole.encode()
    made[layout.MINISIG] = sign_with_minisign(text, f"evidence package of {UNIT}", key).encode()
    return made | ({changed: contents[changed]} if changed in layout.BESIDE_TAG_MANIFEST else {})


def _list(sums: dict[str, str]) -> bytes:
    return "".join(f"{each}  {path}\n" for path, each in sums.items()).encode()


@contextmanager
def time_stamps(folder: Path) -> Iterator[Parser]:
    """Responses of an authority for time stamps."""
    content, tsa = b"a tag manifest", folder / "tsa"
    tsa.mkdir()
    with run_time_authority(tsa, "openssl") as authority:
        response = HttpTimeStamper(authority.url).stamp(content)
        roots = authority.root.read_bytes()

    def parse(given: bytes) -> str:
        return f"{stamped_at(given, content, roots).year > 0} {stamped_at(given, content).year > 0}"

    yield Parser((response,), change_bytes, parse, (EvidenceError,))
