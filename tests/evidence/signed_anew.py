"""Signs a package again whose files a test has changed: what its own key signed, whatever it is."""

import hashlib
from pathlib import Path

from alpr_edge.domain.log_proofs.notes import sign_note
from alpr_edge.evidence import layout
from alpr_edge.evidence.bag import manifest_text
from alpr_edge.evidence.minisign import sign_with_minisign
from alpr_edge.evidence.signer import PackageSigner
from tests.evidence.memory_files import load_files

_LISTS = {layout.MANIFEST, layout.TAG_MANIFEST, *layout.BESIDE_TAG_MANIFEST}


def sign_anew(folder: Path, signer: PackageSigner) -> None:
    """Make the lists and signatures of a package anew, by the files that are there."""
    digests = {
        path: hashlib.sha256(content).digest() for path, content in load_files(folder).items() if path not in _LISTS
    }
    manifest = manifest_text({path: sha256 for path, sha256 in digests.items() if path.startswith(layout.PAYLOAD)})
    tags = {path: sha256 for path, sha256 in digests.items() if not path.startswith(layout.PAYLOAD)}
    text = manifest_text(tags | {layout.MANIFEST: hashlib.sha256(manifest).digest()})
    (folder / layout.MANIFEST).write_bytes(manifest)
    (folder / layout.TAG_MANIFEST).write_bytes(text)
    (folder / layout.NOTE).write_text(sign_note(text.decode(), signer.name, signer.key).whole)
    (folder / layout.MINISIG).write_text(sign_with_minisign(text, f"evidence package of {signer.name}", signer.key))
