"""The faults that a soak brings on a unit, and how long each may take to be told and to heal.

The table in ``scripts/README.md`` has the same times; a test compares both.
"""

from dataclasses import dataclass
from enum import StrEnum

from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.services.unit_health.daemons import CONSOLE, RUN, UPLINK


class SoakFault(StrEnum):
    """A cause, by what happens to the unit."""

    CAMERA_GONE = "camera gone"
    CAMERA_BLACK = "camera black"
    CAMERA_WHITE = "camera washed out"
    CAMERA_FROZEN = "camera frozen"
    RECEIVER_GONE = "receiver gone"
    RECEIVER_STUCK = "receiver stuck"
    RECEIVER_JUMPS = "receiver jumps"
    RECEIVER_CLOCK = "receiver's clock stands"
    SOUND_GONE = "sound gone"
    SOUND_MUTED = "sound muted"
    DISK_FULL = "disk full"
    DISK_SLOW = "disk slow"
    LINK_CUT = "link cut"
    LINK_SILENT = "link silent"
    DEPARTMENT_KILLED = "department killed"
    RUN_KILLED = "run killed"
    UPLINK_KILLED = "uplink killed"
    PAGE_KILLED = "page killed"
    MODEL_DAMAGED = "model damaged"
    LIST_STALE = "list stale"
    FEED_DAMAGED = "feed damaged"


@dataclass(frozen=True, slots=True)
class SoakRule:
    """What a cause has to lead to, and when."""

    kinds: tuple[FaultKind, ...] = ()
    """Faults in the health of the daemon that reads, any of which tells of it."""
    beside: tuple[FaultKind, ...] = ()
    """Faults that may be told as well."""
    daemon: str = ""
    """The daemon that is seen not to run; a fault is healed when that one works again."""
    is_of_link: bool = False
    """Whether the uplink's health has to say that the link is down."""
    log_text: str = ""
    """What the log of the daemon has to say."""
    within_s: float = 5.0
    """Longest time from the cause until it is told."""
    lasts_s: float = 12.0
    """How long the cause stays; longer than it may take to be told."""
    heals_s: float = 10.0
    """Longest time from the end of the cause until nothing of it stands any more."""


_DAEMON_START_S = 30.0
"""For a daemon: the wait of its service, and its start beside everything else on two cores."""
_REOPEN_S = 35.0
"""A camera is tried again after at most ``reopen_longest_s``, 30 seconds."""
_FAR_S = 12.0
_RETRY_S = 20.0
"""``retry_max_s`` of the soak's unit, 10 seconds, and an answer."""
_IMPORT_S = 20.0
"""A file has not to change for some seconds, and a process of low priority is started for it."""
_SEEN_AGAIN_S = 15.0
"""As long as it takes to be told, and some looks."""
_STORAGE = (
    *(FaultKind.STAGE, FaultKind.SIDE_STAGE, FaultKind.NOT_STORED, FaultKind.STORED_IN_PART, FaultKind.DISK_FILLING),
    *(FaultKind.ACCESS_LOG, FaultKind.ACCOUNTS, FaultKind.NOT_KNOWN),
)
"""What has to do with a disk that takes nothing."""
SOAK_RULES = {
    SoakFault.CAMERA_GONE: SoakRule((FaultKind.CAMERA,), within_s=3.0, heals_s=_REOPEN_S),
    SoakFault.CAMERA_BLACK: SoakRule((FaultKind.CAMERA_COVERED,), within_s=10.0, heals_s=_SEEN_AGAIN_S),
    SoakFault.CAMERA_WHITE: SoakRule((FaultKind.CAMERA_WASHED_OUT,), within_s=10.0, heals_s=_SEEN_AGAIN_S),
    # A folder may show one picture again and again; that it does so while the car drives is told all the same.
    SoakFault.CAMERA_FROZEN: SoakRule(
        (FaultKind.CAMERA_TURNED_AWAY,), within_s=10.0, lasts_s=14.0, heals_s=_SEEN_AGAIN_S
    ),
    SoakFault.RECEIVER_GONE: SoakRule((FaultKind.RECEIVER,), within_s=5.0, heals_s=_REOPEN_S),
    # What is wrong with a place is told for ten seconds longer (position/fix_history.py).
    SoakFault.RECEIVER_STUCK: SoakRule((FaultKind.RECEIVER_STUCK,), within_s=8.0, heals_s=_SEEN_AGAIN_S),
    SoakFault.RECEIVER_JUMPS: SoakRule((FaultKind.RECEIVER_JUMPS,), within_s=5.0, heals_s=20.0),
    SoakFault.RECEIVER_CLOCK: SoakRule((FaultKind.RECEIVER_STUCK,), within_s=8.0, heals_s=_SEEN_AGAIN_S),
    SoakFault.SOUND_GONE: SoakRule((FaultKind.NO_SOUND,), within_s=5.0, heals_s=_RETRY_S),
    SoakFault.SOUND_MUTED: SoakRule((FaultKind.SOUND_MUTED,), within_s=6.0),
    SoakFault.DISK_FULL: SoakRule((FaultKind.DISK_FULL,), _STORAGE, within_s=10.0, heals_s=_RETRY_S),
    # Told while a commit waits, and for a minute after it (app/watches/unit_watches.py).
    SoakFault.DISK_SLOW: SoakRule((FaultKind.DISK_SLOW,), _STORAGE, within_s=5.0, lasts_s=6.0, heals_s=75.0),
    SoakFault.LINK_CUT: SoakRule(is_of_link=True, within_s=10.0, heals_s=_RETRY_S),
    SoakFault.LINK_SILENT: SoakRule(is_of_link=True, within_s=_FAR_S, lasts_s=16.0, heals_s=_RETRY_S),
    SoakFault.DEPARTMENT_KILLED: SoakRule(is_of_link=True, within_s=10.0, heals_s=_DAEMON_START_S),
    SoakFault.RUN_KILLED: SoakRule(daemon=RUN, within_s=2.0, lasts_s=3.0, heals_s=_DAEMON_START_S),
    SoakFault.UPLINK_KILLED: SoakRule(daemon=UPLINK, within_s=2.0, lasts_s=3.0, heals_s=_DAEMON_START_S),
    SoakFault.PAGE_KILLED: SoakRule(
        (FaultKind.PAGE_DOWN,), daemon=CONSOLE, within_s=13.0, lasts_s=15.0, heals_s=_DAEMON_START_S
    ),
    SoakFault.MODEL_DAMAGED: SoakRule(
        daemon=RUN, log_text=".onnx", within_s=15.0, lasts_s=16.0, heals_s=_DAEMON_START_S
    ),
    SoakFault.LIST_STALE: SoakRule((FaultKind.LIST_RED,), within_s=_IMPORT_S, lasts_s=25.0, heals_s=_IMPORT_S),
    SoakFault.FEED_DAMAGED: SoakRule((FaultKind.FEED_REFUSED,), within_s=_IMPORT_S, lasts_s=25.0, heals_s=_IMPORT_S),
}
"""A rule for each."""
CAMERA_FAULTS = (
    SoakFault.CAMERA_GONE,
    SoakFault.CAMERA_BLACK,
    SoakFault.CAMERA_WHITE,
    SoakFault.CAMERA_FROZEN,
)
DISK_FAULTS = (SoakFault.DISK_FULL, SoakFault.DISK_SLOW)
"""Those that need a file system of their own."""
SOUND_FAULTS = (SoakFault.SOUND_GONE, SoakFault.SOUND_MUTED)
"""Those that need a sound server."""
