"""What was acknowledged on one disk, and what was found wrong with it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from scripts.faults.faults import InjectedFault
from scripts.faults.notes import (
    AccessShown,
    BatchStored,
    DatabaseMigrated,
    ListActivated,
    ListRequested,
    Note,
    PicturesStored,
    PurgeAllowed,
    RecordSetAside,
    VictimStopped,
)
from scripts.faults.records import is_spoilt


@dataclass(slots=True)
class CampaignTally:
    """The verdict of a campaign; its figures are the last line of the output."""

    faults: Counter[InjectedFault] = field(default_factory=Counter)
    """How often each was tried."""
    set_aside: int = 0
    """Records that the store did not take, most of which it took later."""
    without_pictures: int = 0
    """Records kept without some of their pictures."""
    threads_killed: int = 0
    """Threads of whole units that were killed and came back."""
    reads_salvaged: int = 0
    """Reads promised that came over from damaged databases."""
    acknowledgements: int = 0
    """Reads, images, lists and migrations that the product said were done."""
    losses: list[str] = field(default_factory=list)
    """A line each; no plates."""
    duplicates: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)
    """Damaged, there in part, or left over for good."""
    blind: list[str] = field(default_factory=list)
    """A whole unit that did not watch on."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or corrupt, and every unit watched on."""
        return self.findings == 0

    @property
    def findings(self) -> int:
        """How many there are."""
        return len(self.losses) + len(self.duplicates) + len(self.corrupt) + len(self.blind)

    def figures(self) -> dict[str, int]:
        """As numbers."""
        return {
            "cuts": self.faults[InjectedFault.CUT],
            "faults": self.faults.total(),
            "folders_unwritable": self.faults[InjectedFault.FOLDERS],
            "departments_refusing": self.faults[InjectedFault.REFUSAL],
            "future_dates": self.faults[InjectedFault.FUTURE],
            "receivers_flooding": self.faults[InjectedFault.FLOOD],
            "units_with_threads_killed": self.faults[InjectedFault.THREADS],
            "threads_killed": self.threads_killed,
            "set_aside": self.set_aside,
            "without_pictures": self.without_pictures,
            "acknowledged": self.acknowledgements,
            "salvaged": self.reads_salvaged,
            "lost": len(self.losses),
            "doubled": len(self.duplicates),
            "corrupt": len(self.corrupt),
            "blind": len(self.blind),
        }


@dataclass(slots=True)
class Ledger:
    """What the victims on one disk were told was done."""

    reads: set[str] = field(default_factory=set)
    excused_reads: set[str] = field(default_factory=set)
    """Reads that the car need not have any more: delivered and purged, or on a page that was damaged."""
    closed: set[str] = field(default_factory=set)
    spoilt: set[str] = field(default_factory=set)
    """Reads that no row can hold: they stay aside."""
    pictures: set[str] = field(default_factory=set)
    """Images without a row, of the last victim."""
    live: set[int] = field(default_factory=set)
    """Lists any of which may be live: the one acknowledged last, and those asked for since."""
    has_list: bool = False
    """Whether any list went live."""
    shown: set[tuple[str, int]] = field(default_factory=set)
    """Accesses that were shown: the log, and the number of the record."""
    later: int = 0
    """Releases that the database was migrated to."""

    def take(self, notes: Iterable[Note]) -> int:
        """Take a victim's notes down; returns how many things they acknowledge."""
        self.pictures = set()
        acknowledgements = 0
        for note in notes:
            match note:
                case BatchStored():
                    self.reads.update(note.new_reads)
                    self.closed.update(note.closed)
                    acknowledgements += len(note.new_reads)
                case RecordSetAside() | VictimStopped():
                    self.spoilt.update(filter(is_spoilt, note.read_ids))
                    self.reads.update(read_id for read_id in note.read_ids if not is_spoilt(read_id))
                    acknowledgements += isinstance(note, RecordSetAside)
                case PicturesStored():
                    self.pictures.update(note.digests)
                    acknowledgements += len(note.digests)
                case ListRequested():
                    self.live.add(note.serial)
                case ListActivated():
                    self.live = {note.serial}
                    self.has_list = True
                    acknowledgements += 1
                case PurgeAllowed():
                    self.excused_reads.update(note.read_ids)
                    acknowledgements += 1
                case AccessShown():
                    self.shown.add((note.log_id, note.sequence))
                    acknowledgements += 1
                case DatabaseMigrated():
                    self.later = note.later
                    acknowledgements += 1
                case _:
                    pass
        return acknowledgements
