"""What a victim says over its pipe: a note is sent only after the product said that the thing is done."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VictimStarted:
    """The victim is about to open the store."""


@dataclass(frozen=True, slots=True)
class BatchStored:
    """A batch was committed."""

    new_reads: tuple[str, ...]
    """Ids of its new reads; each says its batch, its place in it and how many there are."""
    closed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PicturesStored:
    """Images are on disk, and no row names them."""

    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListRequested:
    """The list that is about to go live."""

    serial: int


@dataclass(frozen=True, slots=True)
class ListActivated:
    """The list that went live."""

    serial: int


@dataclass(frozen=True, slots=True)
class PurgeAllowed:
    """Reads with receipts: a purge that is about to begin may delete them."""

    read_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessShown:
    """An access was put on record, and what it asked for was shown."""

    log_id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class DatabaseMigrated:
    """The database has the schema of a later release."""

    later: int


@dataclass(frozen=True, slots=True)
class RecordSetAside:
    """A record was set aside; a later start is to take it in, unless no row can hold it."""

    read_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VictimStopped:
    """The victim was told to stop and did: everything that it was given is stored or set aside."""

    read_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThreadKilled:
    """A thread of a whole unit was killed; it came back, and the unit watches on."""

    name: str


@dataclass(frozen=True, slots=True)
class ThreadsKilled:
    """Each thread of a whole unit was killed and came back."""


@dataclass(frozen=True, slots=True)
class VictimFailed:
    """The victim could not go on: due after a power cut, a fault before one."""

    reason: str


Note = (
    VictimStarted
    | BatchStored
    | PicturesStored
    | ListRequested
    | ListActivated
    | PurgeAllowed
    | AccessShown
    | DatabaseMigrated
    | RecordSetAside
    | VictimStopped
    | ThreadKilled
    | ThreadsKilled
    | VictimFailed
)
ACKNOWLEDGING = (
    *(BatchStored, PicturesStored, ListActivated, DatabaseMigrated, RecordSetAside, VictimStopped),
    AccessShown,
)
"""Those that say that something is done, and not that it may happen."""


@dataclass(frozen=True, slots=True)
class StampedNote:
    """What goes through the pipe."""

    note: Note
    at_s: float
    """By the monotonic clock, which processes share."""
