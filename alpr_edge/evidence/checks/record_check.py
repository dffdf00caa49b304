"""Checks that the files of each read belong together: the record as sent, pictures, and what was said of the read."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from alpr_edge.domain.protocol.items import ReadPayload
from alpr_edge.domain.protocol.payload import Payload
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.evidence import layout
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings
from alpr_edge.evidence.package_records import PackagePayload, PictureFile, ProvenancePayload

_READS = f"{layout.PAYLOAD}reads/"
PICTURE_KINDS = frozenset(each.value for each in EvidenceKind)
ReadName = tuple[str, str]
"""Unit and read: two units may use one id."""


class _SaidPayload(Payload):
    """What all that is said of a read has in common: hits, alerts, answers, corrected times."""

    read_id: str
    unit_id: str


@dataclass(frozen=True, slots=True)
class _SentRead:
    """What counts of a read's record."""

    name: ReadName
    pictures: dict[str, str]
    """Digest of each picture that it names, by its kind."""


@dataclass(slots=True)
class RecordCheck:
    """Takes the records of reads as they are read, then says whether they belong together.

    Of each read only names and digests stay in memory.
    """

    findings: Findings
    plates: dict[str, str] = field(default_factory=dict)
    """By folder: the plate of the read's record."""
    provenances: dict[str, ProvenancePayload] = field(default_factory=dict)
    """By folder: what belongs to the read."""
    _reads: dict[str, _SentRead] = field(default_factory=dict)
    _said: defaultdict[str, dict[ReadName, str]] = field(default_factory=lambda: defaultdict(dict))
    """By folder: the reads that something is said of, each with the first file that does."""
    _explained: int = 0
    """Pictures that are not there, and whose read says why."""

    def take(self, path: str, content: bytes) -> None:
        """Take a record of a read whose bytes are as they were packed."""
        folder, _, name = path.rpartition("/")
        try:
            if name == layout.READ_RECORD:
                read = ReadPayload.model_validate_json(content)
                pictures: dict[str, str] = {each.kind: each.sha256 for each in read.evidence}
                self._reads[folder] = _SentRead((read.unit_id, read.read_id), pictures)
                self.plates[folder] = read.plate
            elif name == layout.PROVENANCE:
                self.provenances[folder] = ProvenancePayload.model_validate_json(content)
            else:
                said = _SaidPayload.model_validate_json(content)
                self._said[folder].setdefault((said.unit_id, said.read_id), name)
        except ValidationError:
            self.findings.fault(DefectKind.RECORD_FALSE, path, "is no such record")

    def unit_of(self, folder: str) -> str:
        """The unit that a read's record is of; empty: it cannot be read."""
        read = self._reads.get(folder)
        return "" if read is None else read.name[0]

    def finish(
        self,
        packed: Collection[str],
        digests: Mapping[str, bytes],
        package: PackagePayload | None,
        units: Collection[str],
        kinds: Collection[str] = PICTURE_KINDS,
    ) -> None:
        """Compare all of them.

        Args:
            digests: SHA-256 of each that is.
            package: what the package says of itself; None: it does not.
            units: whose reads it may hold.
        """
        before = self.findings.fault_count
        for folder, names in _names_by_folder(packed).items():
            self._check_folder(folder, names, digests, kinds)
        self._check_each_once()
        if package is None:
            self.findings.fault(DefectKind.RECORD_FALSE, layout.PACKAGE, "does not say what the package is")
        else:
            self._compare_package(package, units)
        holds = self.findings.fault_count == before
        words = "records and pictures belong together" if holds else "records and pictures contradict each other"
        words += f"; pictures that are missing, as each read says why: {self._explained}" if self._explained else ""
        self.findings.state(CheckSubject.RECORDS, f"{len(self.provenances)} reads: {words}", holds=holds)

    def _compare_package(self, package: PackagePayload, units: Collection[str]) -> None:
        """Compare the reads with what the package says of itself."""
        count = len(self.provenances)
        if package.reads != count and not self.findings.count(DefectKind.DAMAGED, DefectKind.MISSING):
            self._contradict(layout.PACKAGE, f"says that there are {package.reads} reads; there are {count}")
        for folder in self._reads:
            if (unit_id := self.unit_of(folder)) not in units:
                words = f"is of the unit {unit_id}, and the package of {', '.join(sorted(units))}"
                self._contradict(f"{folder}/{layout.READ_RECORD}", words)

    def _check_each_once(self) -> None:
        folders = dict[ReadName, str]()
        for folder in sorted(self._reads):
            if (first := folders.setdefault(self._reads[folder].name, folder)) != folder:
                self._contradict(f"{folder}/{layout.READ_RECORD}", f"is the same read as the one in {first}")

    def _check_folder(
        self, folder: str, names: Collection[str], digests: Mapping[str, bytes], kinds: Collection[str]
    ) -> None:
        """Check the files of one read, by their names in its folder."""
        path = f"{folder}/{layout.PROVENANCE}"
        if layout.PROVENANCE not in names:
            self._contradict(path, "was not packed, so nothing says what belongs to the files beside it")
        if (provenance := self.provenances.get(folder)) is None:
            return
        self._check_names(folder, provenance, names)
        for record in provenance.records:
            found = digests.get(f"{folder}/{record.file}")
            if found is not None and found.hex() != record.sha256:
                self._contradict(path, f"names another digest of {record.file} than it has")
        read = self._reads.get(folder)
        if read is not None:
            if read.name[1] != provenance.read_id:
                self._contradict(path, "is that of another read than the record beside it")
            self._check_said(folder, read)
            self._check_pictures_named(folder, read, provenance, kinds)
        for picture in provenance.pictures:
            self._compare_picture(folder, picture, digests)

    def _check_names(self, folder: str, provenance: ProvenancePayload, names: Collection[str]) -> None:
        """Check that a read names the files beside it, each once, and itself first."""
        path = f"{folder}/{layout.PROVENANCE}"
        records = [record.file for record in provenance.records]
        named = [*records, *(picture.file for picture in provenance.pictures)]
        if records[:1] != [layout.READ_RECORD] or len(set(named)) < len(named):
            self._contradict(path, f"does not name {layout.READ_RECORD} first and each file once")
        for name in sorted(set(named) - set(names)):
            self._contradict(path, f"names {name}, which was not packed")
        for name in sorted(set(names) - {layout.PROVENANCE, *named}):
            self._contradict(f"{folder}/{name}", f"is not named by the {layout.PROVENANCE} beside it")

    def _check_said(self, folder: str, read: _SentRead) -> None:
        for name, file in self._said.get(folder, {}).items():
            if name != read.name:
                self._contradict(f"{folder}/{file}", "is about another read than the record beside it")

    def _check_pictures_named(
        self, folder: str, read: _SentRead, provenance: ProvenancePayload, kinds: Collection[str]
    ) -> None:
        """Check that each picture that a record names is there, or that its read says why not."""
        there = {picture.kind for picture in provenance.pictures}
        missing = sorted(kind for kind in read.pictures if kind in kinds and kind not in there)
        if missing and not provenance.missing_pictures:
            words = f"names pictures that are not there, and nothing says why: {', '.join(missing)}"
            self._contradict(f"{folder}/{layout.READ_RECORD}", words)
        self._explained += len(missing) if provenance.missing_pictures else 0

    def _compare_picture(self, folder: str, picture: PictureFile, digests: Mapping[str, bytes]) -> None:
        path = f"{folder}/{picture.file}"
        found = digests.get(path)
        if found is not None and found.hex() != picture.sha256:
            self._contradict(path, "has another digest than its read names")
        if folder not in self._reads:
            return
        named = self._reads[folder].pictures.get(picture.kind)
        if (picture.redacted_from or picture.sha256) != named:
            self._contradict(path, "is no picture that the read's record, as it was sent, names")

    def _contradict(self, path: str, words: str) -> None:
        self.findings.fault(DefectKind.RECORD_FALSE, path, words)


def _names_by_folder(packed: Iterable[str]) -> Mapping[str, Collection[str]]:
    """The files below the folder of reads, by the folder in which each lies."""
    found = defaultdict[str, list[str]](list)
    for path in packed:
        if path.startswith(_READS):
            folder, _, name = path.rpartition("/")
            found[folder].append(name)
    return found
