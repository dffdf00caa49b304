"""Checks every file of a package against the manifests, and names each that was changed, is missing or is too many."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alpr_edge.domain.errors import EvidenceError
from alpr_edge.evidence import layout
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings
from alpr_edge.evidence.checks.package_files import SMALL_BYTES_MAX, PackageFiles, UnreadableError

MANIFEST_BYTES_MAX = 256 * 1024 * 1024
_LINE = re.compile(rb"([0-9a-f]{64})  ([^\n]{1,1024})\n")
Tick = Callable[[int, int], None]
"""Receives how many files are checked and how many there are."""
TakeRecord = Callable[[str, bytes], None]
"""Receives path and content of each small record of a read whose digest is the one that was packed."""


@dataclass(slots=True)
class BagCheck:
    """Checks the files of one package.

    Args:
        take_record: receives records of reads while their bytes are at hand.
    """

    files: PackageFiles
    findings: Findings
    take_record: TakeRecord
    tick: Tick
    digests: dict[str, bytes] = field(default_factory=dict)
    """SHA-256 of each payload file that is as it was packed."""
    packed: frozenset[str] = frozenset()
    """The payload files that were packed, also those that were changed or are missing."""
    _done: int = 0

    def check(self, tag_manifest: bytes) -> None:
        """Check every file by a tag manifest, which was signed or not."""
        tags = self._manifest(layout.TAG_MANIFEST, tag_manifest)
        self._check_names(tags)
        wrong = [path for path, expected in tags.items() if not self.check_file(path, expected)]
        if layout.MANIFEST in tags and layout.MANIFEST not in wrong:
            payload = self._payload_manifest()
            self.packed = frozenset(payload)
            for path, expected in payload.items():
                if self.check_file(path, expected):
                    self.digests[path] = expected
            for path in self.files.sizes.keys() - payload.keys():
                if path.startswith(layout.PAYLOAD):
                    self.findings.fault(DefectKind.EXTRA, path, "was not packed")
        self._state(len(tags) + len(self.digests), is_compared=layout.MANIFEST in tags and layout.MANIFEST not in wrong)

    def _check_names(self, tags: Mapping[str, bytes]) -> None:
        """Find tag files that nobody packed, and the lack of those that each package has."""
        known = {*tags, layout.TAG_MANIFEST, *layout.BESIDE_TAG_MANIFEST}
        for path in self.files.sizes:
            if not path.startswith(layout.PAYLOAD) and path not in known:
                self.findings.fault(DefectKind.EXTRA, path, "was not packed")
        for path in (layout.DECLARATION, layout.BAG_INFO, layout.MANIFEST):
            if path not in tags:
                self.findings.fault(DefectKind.MISSING, path, "the tag manifest does not name it")

    def _payload_manifest(self) -> dict[str, bytes]:
        try:
            return self._manifest(layout.MANIFEST, self.files.read(layout.MANIFEST, MANIFEST_BYTES_MAX))
        except UnreadableError as error:
            self.findings.fault(DefectKind.DAMAGED, layout.MANIFEST, str(error))
            return {}

    def _manifest(self, path: str, text: bytes) -> dict[str, bytes]:
        """The digests of a manifest."""
        digests: dict[str, bytes] = {}
        end = 0
        while match := _LINE.match(text, end):
            end = match.end()
            try:
                name = layout.check_path(match[2].decode("ascii"))
            except (EvidenceError, UnicodeDecodeError):
                self.findings.fault(DefectKind.NAME, path, "names a file that a package cannot have")
                continue
            digests[name] = bytes.fromhex(match[1].decode("ascii"))
        if end != len(text):
            self.findings.fault(DefectKind.DAMAGED, path, "a line of it is none of a manifest")
        return digests

    def check_file(self, path: str, expected: bytes) -> bool:
        """Whether a file has the digest that was packed; a fault where not."""
        self._done += 1
        self.tick(self._done, max(self._done, len(self.files.sizes)))
        if path not in self.files.sizes:
            self.findings.fault(DefectKind.MISSING, path, "is not there")
            return False
        digest, content = hashlib.sha256(), bytearray()
        is_record = path.startswith(f"{layout.PAYLOAD}reads/") and path.endswith(".json")
        try:
            for chunk in self.files.chunks(path):
                digest.update(chunk)
                if is_record and len(content) <= SMALL_BYTES_MAX:
                    content += chunk
        except UnreadableError as error:
            self.findings.fault(DefectKind.DAMAGED, path, str(error))
            return False
        if digest.digest() != expected:
            self.findings.fault(DefectKind.DAMAGED, path, "was changed: it does not have the digest that was packed")
            return False
        if is_record:
            self.take_record(path, bytes(content))
        return True

    def _state(self, whole: int, *, is_compared: bool) -> None:
        damaged = self.findings.count(DefectKind.DAMAGED)
        missing, extra = (
            self.findings.count(DefectKind.MISSING),
            self.findings.count(DefectKind.EXTRA, DefectKind.NAME),
        )
        if not is_compared:
            words = f"{layout.MANIFEST} is not as it was packed, so nothing can be said of the files that it names"
        elif damaged or missing or extra:
            words = f"{whole} files are as they were packed; changed {damaged}, missing {missing}, too many {extra}"
        else:
            words = f"all {whole} files are as they were packed"
        self.findings.state(CheckSubject.FILES, words, holds=is_compared and not (damaged or missing or extra))
