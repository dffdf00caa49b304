"""What a check says: statements of what holds and what does not, and faults that name the file."""

from dataclasses import dataclass, field
from enum import StrEnum

FAULTS_MAX = 10_000


class DefectKind(StrEnum):
    """What is wrong; each is told apart from the others."""

    DAMAGED = "damaged"
    """A file has other bytes than were packed, or cannot be read."""
    MISSING = "missing"
    EXTRA = "extra"
    """A file that was not packed."""
    NAME = "name"
    """A name, link or device that a package cannot have; it is not opened."""
    SIGNATURE_FALSE = "signature_false"
    KEY_NOT_VOUCHED = "key_not_vouched"
    """The authority that was named does not vouch for the key."""
    RECORD_FALSE = "record_false"
    """Packed files contradict each other: a picture or receipt is not that of its record."""
    PROOF_FALSE = "proof_false"
    """A record of the access log is not proved to be in it."""
    LOG_CUT = "log_cut"
    """The access log is not the one that the department knows: cut, set back, or never shown to it."""
    TIME_STAMP_FALSE = "time_stamp_false"


class CheckSubject(StrEnum):
    """What a statement is about."""

    FILES = "files"
    SIGNATURE = "signature"
    KEY = "key"
    RECORDS = "records"
    RELEASE = "release"
    """Which request of another agency it answers."""
    RECEIPTS = "receipts"
    ACCESS_LOG = "access_log"
    TIME_STAMP = "time_stamp"
    UNIT_END = "unit_end"
    """Whether it is from before its unit was ended; said where whoever verifies named units that were."""


@dataclass(frozen=True, slots=True)
class PackageFault:
    """Something that is wrong."""

    kind: DefectKind
    path: str
    """The file, inside the package; empty: no single one."""
    words: str


@dataclass(frozen=True, slots=True)
class PackageStatement:
    """What one check comes to, in a sentence."""

    subject: CheckSubject
    holds: bool | None
    """None: it cannot be said, which is no fault; the words tell why."""
    words: str


@dataclass(slots=True)
class Findings:
    """Statements and faults as checks make them."""

    statements: list[PackageStatement] = field(default_factory=list)
    faults: list[PackageFault] = field(default_factory=list)
    """At most :data:`FAULTS_MAX`."""
    fault_count: int = 0
    """How many there are, also beyond those that are named."""

    def state(self, subject: CheckSubject, words: str, *, holds: bool | None) -> None:
        """Add a statement."""
        self.statements.append(PackageStatement(subject, holds, words))

    def fault(self, kind: DefectKind, path: str, words: str) -> None:
        """Add a fault."""
        self.fault_count += 1
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(PackageFault(kind, path, words))

    def count(self, *kinds: DefectKind) -> int:
        """How many faults of some kinds are named."""
        return sum(fault.kind in kinds for fault in self.faults)
