"""What was acknowledged on one disk, and what was found wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from scripts.faults.notes import Kept, Live, MayGo, Migrated, Note, Pictures, Wanted


@dataclass(slots=True)
class Tally:
    """The verdict of a campaign; its figures are the last line of the output."""

    cuts: int = 0
    """Power cuts."""
    faults: int = 0
    """Power cuts, kills, full disks and damage."""
    salvaged: int = 0
    """Reads promised that came over from damaged databases."""
    acknowledged: int = 0
    """Reads, images, lists and migrations that the product said were done."""
    lost: list[str] = field(default_factory=list)
    """A line each; no plates."""
    doubled: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)
    """Damaged, there in part, or left over for good."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or corrupt."""
        return not (self.lost or self.doubled or self.corrupt)

    def figures(self) -> dict[str, int]:
        """The verdict as numbers."""
        return {
            "cuts": self.cuts,
            "faults": self.faults,
            "acknowledged": self.acknowledged,
            "salvaged": self.salvaged,
            "lost": len(self.lost),
            "doubled": len(self.doubled),
            "corrupt": len(self.corrupt),
        }


@dataclass(slots=True)
class Ledger:
    """What the victims on one disk were told was done."""

    reads: set[str] = field(default_factory=set)
    excused: set[str] = field(default_factory=set)
    """Reads that the car need not have any more: delivered and purged, or on a page that was damaged."""
    closed: set[str] = field(default_factory=set)
    pictures: set[str] = field(default_factory=set)
    """Images without a row, of the last victim."""
    live: set[int] = field(default_factory=set)
    """Lists any of which may be live: the one acknowledged last, and those asked for since."""
    listed: bool = False
    """Whether any list went live."""
    later: int = 0
    """Releases that the database was migrated to."""

    def take(self, notes: Iterable[Note]) -> int:
        """Record a victim's notes; returns how many things they acknowledge."""
        self.pictures = set()
        acknowledged = 0
        for note in notes:
            match note:
                case Kept():
                    self.reads.update(note.decided)
                    self.closed.update(note.closed)
                    acknowledged += len(note.decided)
                case Pictures():
                    self.pictures.update(note.digests)
                    acknowledged += len(note.digests)
                case Wanted():
                    self.live.add(note.serial)
                case Live():
                    self.live = {note.serial}
                    self.listed = True
                    acknowledged += 1
                case MayGo():
                    self.excused.update(note.read_ids)
                    acknowledged += 1
                case Migrated():
                    self.later = note.later
                    acknowledged += 1
                case _:
                    pass
        return acknowledged
