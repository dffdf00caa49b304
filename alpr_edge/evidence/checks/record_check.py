"""Checks that the files of each read belong together: pictures, records as sent, and the department's receipts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from alpr_edge.domain.protocol.items import ReadPayload
from alpr_edge.evidence import layout
from alpr_edge.evidence.checks.findings import CheckSubject, DefectKind, Findings
from alpr_edge.evidence.package_records import PackagePayload, PictureFile, ProvenancePayload

_NAMED_PICTURE = dict[str, str]


@dataclass(slots=True)
class RecordCheck:
    """Takes the records of reads as they are read, then says whether they belong together.

    Of each read only names and digests stay in memory.
    """

    findings: Findings
    _pictures: dict[str, dict[str, str]] = field(default_factory=dict)
    """By folder: digest of each picture that the read's record names, by its kind."""
    _read_ids: dict[str, str] = field(default_factory=dict)
    _units: dict[str, str] = field(default_factory=dict)
    """By folder: the unit that the read's record is of."""
    plates: dict[str, str] = field(default_factory=dict)
    """By folder: the plate of the read's record."""
    _provenances: dict[str, ProvenancePayload] = field(default_factory=dict)

    def take(self, path: str, content: bytes) -> None:
        """Take a record of a read whose bytes are as they were packed."""
        folder, _, name = path.rpartition("/")
        try:
            if name == layout.READ_RECORD:
                read = ReadPayload.model_validate_json(content)
                self._read_ids[folder] = read.read_id
                self._units[folder] = read.unit_id
                self.plates[folder] = read.plate
                self._pictures[folder] = {each.kind: each.sha256 for each in read.evidence}
            elif name == layout.PROVENANCE:
                self._provenances[folder] = ProvenancePayload.model_validate_json(content)
        except ValidationError:
            self.findings.fault(DefectKind.RECORD_FALSE, path, "is no such record")

    def finish(
        self, digests: Mapping[str, bytes], package: PackagePayload | None, units: Collection[str] | None = None
    ) -> None:
        """Compare all of them.

        Args:
            digests: SHA-256 of each payload file that is as it was packed.
            package: what the package says of itself; None: it does not.
            units: whose reads it may hold; None: those of the unit alone that it says it comes from.
        """
        before = self.findings.fault_count
        for folder, provenance in self._provenances.items():
            self._compare(folder, provenance, digests)
        if package is None:
            self.findings.fault(DefectKind.RECORD_FALSE, layout.PACKAGE, "does not say what the package is")
        else:
            self._compare_package(package, {package.unit_id} if units is None else units)
        holds = self.findings.fault_count == before
        words = "records and pictures belong together" if holds else "records and pictures contradict each other"
        self.findings.state(CheckSubject.RECORDS, f"{len(self._provenances)} reads: {words}", holds=holds)
        self._state_receipts()

    def _compare_package(self, package: PackagePayload, units: Collection[str]) -> None:
        """Compare the reads with what the package says of itself."""
        count = len(self._provenances)
        if package.reads != count and not self.findings.count(DefectKind.DAMAGED, DefectKind.MISSING):
            self._contradict(layout.PACKAGE, f"says that there are {package.reads} reads; there are {count}")
        for folder, unit_id in self._units.items():
            if unit_id not in units:
                words = f"is of the unit {unit_id}, and the package of {', '.join(sorted(units))}"
                self._contradict(f"{folder}/{layout.READ_RECORD}", words)

    def _compare(self, folder: str, provenance: ProvenancePayload, digests: Mapping[str, bytes]) -> None:
        path = f"{folder}/{layout.PROVENANCE}"
        for record in provenance.records:
            found = digests.get(f"{folder}/{record.file}")
            if found is not None and found.hex() != record.sha256:
                self._contradict(path, f"names another digest of {record.file} than it has")
        if folder in self._read_ids and self._read_ids[folder] != provenance.read_id:
            self._contradict(path, "is that of another read than the record beside it")
        for picture in provenance.pictures:
            self._compare_picture(folder, picture, digests)

    def _compare_picture(self, folder: str, picture: PictureFile, digests: Mapping[str, bytes]) -> None:
        path = f"{folder}/{picture.file}"
        found = digests.get(path)
        if found is not None and found.hex() != picture.sha256:
            self._contradict(path, "has another digest than its read names")
        if folder not in self._pictures:
            return
        named = self._pictures[folder].get(picture.kind)
        if (picture.redacted_from or picture.sha256) != named:
            self._contradict(path, "is no picture that the read's record, as it was sent, names")

    def _contradict(self, path: str, words: str) -> None:
        self.findings.fault(DefectKind.RECORD_FALSE, path, words)

    def _state_receipts(self) -> None:
        stored = waiting = 0
        for folder, provenance in self._provenances.items():
            for record in provenance.records:
                if record.receipt is None:
                    waiting += 1
                elif record.receipt.sha256 == record.sha256:
                    stored += 1
                else:
                    self._contradict(f"{folder}/{record.file}", "the department's receipt is for other content")
        false = sum(fault.words.startswith("the department's receipt") for fault in self.findings.faults)
        words = f"the department had confirmed {stored} of {stored + waiting + false} records as they stand here"
        self.findings.state(CheckSubject.RECEIPTS, words, holds=False if false else None if waiting else True)
