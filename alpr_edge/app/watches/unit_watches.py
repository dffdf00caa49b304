"""Puts the watches of a unit together, by its settings."""

import os
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from alpr_edge.access.store import AccessRows
from alpr_edge.app.factories import vision_files
from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.app.watches.memory_use import OTHERS, DaemonMemoryWatch, MemoryWatch, machine_bytes, needed_bytes
from alpr_edge.app.watches.sound_mixer import MixerWatch
from alpr_edge.app.watches.watch_stage import Watch, WatchStage
from alpr_edge.domain.days import last_day
from alpr_edge.domain.deletion_dates import DepartmentDate
from alpr_edge.domain.errors import ModelError, StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import TRAINING_ENDING, Person
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.sessions.session import SessionLimits, SessionState
from alpr_edge.runtime.boot import boot_id
from alpr_edge.runtime.health import current_health, read_health
from alpr_edge.services.unit_health.daemons import CONSOLE, PAGE_LINK, UPLINK, is_page_enabled
from alpr_edge.settings import Settings
from alpr_edge.settings.profiles import load_security_profile
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.access.schema import FILE_NAME
from alpr_edge.store.db.commit_times import CommitTimes
from alpr_edge.store.db.database import Database
from alpr_edge.store.outbox.oldest_item import OldestWaiting
from alpr_edge.store.retention.deletion_dates import department_date
from alpr_edge.store.unit_store import UnitStore
from alpr_edge.uplink.uploader import Link

# Finds out whether a training of somebody who is signed in ends soon: without it nobody is shown a plate.
#
# Health is for everybody to read, so nobody is named there; whoever signs in is told of their own.


class TrainingWatch:
    """Looks at the people whose sessions are open or in glance mode."""

    interval_s = 30.0

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._limits = load_security_profile(settings.policy).sessions
        self._ends: tuple[datetime, ...] = ()

    def look(self) -> None:
        """Read the sessions; accounts that cannot be read are told of by the stage of rosters."""
        self._ends = self._find_ends()  # at once: another thread asks for them meanwhile

    def _find_ends(self) -> tuple[datetime, ...]:
        """When trainings of those who are signed in end soon, the first first."""
        now = self._clock.now()
        directory, utc = self._settings.unit.data_directory, now.trusted_utc
        if utc is None or not (directory / FILE_NAME).exists():
            return ()
        try:
            with ExitStack() as resources:
                opened = open_accounts(directory, self._settings.store.keys_directory, migrate=False)
                accounts = resources.enter_context(opened)
                with accounts.reading() as rows:
                    people = _signed_in(rows, now, self._limits)
        except StoreError:
            return ()
        ends = (person.training.ends_soon_at(utc) for person in people)
        return tuple(sorted(end for end in ends if end is not None))

    def faults(self) -> list[Fault]:
        """That a training ends soon, and when the first does."""
        ends = self._ends
        if not ends:
            return []
        whose = "one who is signed in" if len(ends) == 1 else f"{len(ends)} who are signed in"
        text = f"training: of {whose} ends within {TRAINING_ENDING.days} days, the first on {last_day(ends[0])}"
        return [Fault(FaultKind.TRAINING_ENDING, "training", text)]


def _signed_in(rows: AccessRows, now: Instant, limits: SessionLimits) -> list[Person]:
    states = ((session.person_id, session.state_at(now, limits)) for session in rows.live_sessions())
    ids = {person_id for person_id, state in states if state in {SessionState.OPEN, SessionState.GLANCE}}
    people = (rows.person(person_id) for person_id in sorted(ids))
    return [person for person in people if person is not None]


# Finds out whether the page for officers has ended: a page that is down cannot say so itself.
#
# By its health file alone: the daemon of the cameras has no network, so it cannot ask the page's port. A page that
# never ran since the computer's start is not missed here; ``unit check`` says whether one is due.

AGE_S_MAX = 30.0
"""Greatest age of its health file, which it writes every ten seconds."""
RESTART_S = 10.0
"""Time that it may be away: systemd starts it again within a few seconds."""


class PageWatch:
    """Looks at the health file of the page.

    Args:
        page_link: what systemd makes where the page's service is enabled: then an end in order is one as well.
    """

    interval_s = 1.0

    def __init__(
        self,
        directory: Path,
        certificate: Path,
        page_link: Path = PAGE_LINK,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._certificate = certificate
        self._page_link = page_link
        self._seconds = seconds
        self._down_since_s: float | None = None

    def look(self) -> None:
        """Read what the page says of itself."""
        if not self._is_down():
            self._down_since_s = None
        elif self._down_since_s is None:
            self._down_since_s = self._seconds()

    def faults(self) -> list[Fault]:
        """That the page has been away for longer than a new start takes."""
        if self._down_since_s is None or self._seconds() - self._down_since_s < RESTART_S:
            return []
        return [Fault(FaultKind.PAGE_DOWN, "page", "page: it ran since the computer's start and does not run now")]

    def _is_down(self) -> bool:
        last = read_health(self._directory, CONSOLE)
        if last is None or last.stamp is None or last.stamp.boot_id != boot_id():
            return False
        is_wanted = last.ready or is_page_enabled(self._certificate, self._page_link)
        return is_wanted and (not last.ready or current_health(self._directory, CONSOLE, AGE_S_MAX) is None)


# Compares the model files on the disk with the digests of the manifest while the unit runs.
#
# The models in memory go on; but a unit whose file was damaged would not start again, and that is better known while
# it still reads. At a start the same comparison decides: a file that does not match is never run.

LOOK_S = 3600.0
"""The files of a unit have some 10 MB together."""


class ModelFileWatch:
    """Loads the files again, and lets go of them."""

    interval_s = LOOK_S

    def __init__(self, check: Callable[[], object]) -> None:
        self._check = check
        self._failure = ""

    def look(self) -> None:
        """Compare."""
        try:
            self._check()
        except ModelError as error:
            self._failure = str(error)
        else:
            self._failure = ""

    def faults(self) -> list[Fault]:
        """That a file is not what its manifest names."""
        if not self._failure:
            return []
        return [Fault(FaultKind.MODEL_DAMAGED, "models", f"models: {self._failure}; the unit would not start again")]


# Finds out whether the disk is slow or takes nothing any more: the first signs of a card that wears out.
#
# A kernel that meets errors on ext4 lets nothing be written any more. Older ones call the file system read-only then,
# newer ones ``emergency_ro``, in the table of mounts alone. Nothing is written here: a try would hang with the disk.
# :class:`~alpr_edge.app.store_upkeep.steps.DiskProbe` does, on a thread of its own, where nothing else is written.

COMMIT_S_MAX = 1.0
"""Longest commit of a disk that is well, or write of the pictures before it; a healthy one takes some milliseconds."""
HOLD_S = 60.0
"""Time for which a slow commit is told."""
_REFUSING = {"ro", "emergency_ro", "shutdown"}
"""Options in the table of mounts (proc_pid_mountinfo(5)) of a file system that takes nothing."""
MOUNTS = Path("/proc/self/mountinfo")


class DiskStateWatch:
    """Looks at the file system of the data folder, and how long commits take."""

    interval_s = 0.5

    def __init__(
        self,
        directory: Path,
        commits: CommitTimes,
        seconds: Callable[[], float] = time.monotonic,
        mounts: Path = MOUNTS,
    ) -> None:
        self._mounts = mounts
        self._directory = directory
        self._commits = commits
        self._seconds = seconds
        self._refusal = ""
        self._slowest_s = 0.0
        self._slow_at_s = float("-inf")

    def look(self) -> None:
        """Ask the kernel whether the file system can be written."""
        self._refusal = _refusal_of(self._directory, self._mounts)

    def faults(self) -> list[Fault]:
        """That nothing can be written, and that a commit of the last minute took too long, or is at work for so long.

        Commits are judged here, and not by a look: with the disk other looks may hang.
        """
        longest_s, now_s = self._commits.take_longest_s(), self._seconds()
        if longest_s > COMMIT_S_MAX:
            is_held = now_s - self._slow_at_s < HOLD_S
            self._slowest_s, self._slow_at_s = max(longest_s, self._slowest_s * is_held), now_s
        faults = []
        if self._refusal:
            text = f"disk: nothing can be written on it ({self._refusal}); the kernel's log says why"
            faults.append(Fault(FaultKind.DISK_READ_ONLY, "disk", text))
        if now_s - self._slow_at_s < HOLD_S:
            text = f"disk: slow: a write took {self._slowest_s:.1f} s; reads wait in memory meanwhile"
            faults.append(Fault(FaultKind.DISK_SLOW, "disk", text))
        return faults


def _refusal_of(directory: Path, mounts: Path) -> str:
    """The option by which a folder's file system takes nothing; empty where it does, or where nothing says so."""
    try:
        device = os.stat(directory).st_dev  # noqa: PTH116 - together with the next line
        if os.statvfs(directory).f_flag & os.ST_RDONLY:
            return "ro"
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""  # told by whoever writes there
    name = f"{os.major(device)}:{os.minor(device)}"
    found = (options for mount, options in map(_device_and_options, lines) if mount == name)
    return next((option for options in found for option in sorted(options & _REFUSING)), "")


def _device_and_options(line: str) -> tuple[str, set[str]]:
    """The device of a line of the table of mounts, and the options of its file system."""
    words = line.split()
    return words[2], set(words[-1].split(","))


# Finds out for how long the department has not answered, and whether a certificate ends.
#
# The uplink, which faces the network, writes both: the time of the department's newest answer into the database, and
# what it knows of the link and the certificates into its health file.

CONNECT_S = 900.0
"""Time after a start that the link may take: a car that stood for a weekend is not told of it before. Longer than the
uplink waits between two notes of an answer."""
_ENDED = "has expired"
"""In the uplink's line about a certificate that is over."""


class LinkWatch:
    """Looks when the department answered last.

    Args:
        longest_h: the longest time without an answer, in hours.
    """

    interval_s = 10.0

    def __init__(
        self,
        database: Database,
        clock: Clock,
        directory: Path,
        longest_h: float,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._oldest = OldestWaiting(database)
        self._clock = clock
        self._directory = directory
        self._longest = timedelta(hours=longest_h)
        self._seconds = seconds
        self._began_s = seconds()
        self._silence: timedelta | None = None
        self._is_refused = False

    def look(self) -> None:
        """Compare the time of the newest answer with the present; what cannot be read changes nothing."""
        health = current_health(self._directory, UPLINK)
        self._is_refused = health is not None and health.figures.get("link") == Link.UNAUTHORISED
        try:
            self._silence = self._silence_at(department_date(self._database), self._clock.now())
        except StoreError:
            return  # the database tells of itself

    def faults(self) -> list[Fault]:
        """That the department has not answered for too long."""
        silence, running_s = self._silence, self._seconds() - self._began_s
        if silence is None or silence <= self._longest or running_s < min(CONNECT_S, self._longest.total_seconds()):
            return []
        hours = f"{silence / timedelta(hours=1):.0f} hours"
        text = f"link: the department has not answered for {hours}"
        if self._is_refused:
            text = f"link: the department does not accept this unit, and has taken nothing for {hours}"
        return [Fault(FaultKind.LINK_DOWN, "link", text)]

    def _silence_at(self, answer: DepartmentDate | None, now: Instant) -> timedelta:
        """How long the department has been silent; without an answer ever, since the oldest item waits."""
        running = timedelta(seconds=self._seconds() - self._began_s)
        if answer is None:
            waiting_since = self._oldest.queued_utc()
            if waiting_since is None or now.trusted_utc is None:
                return running
            return max(running, now.trusted_utc - waiting_since)
        if answer.received_at.boot_id == now.boot_id:
            return timedelta(milliseconds=now.ms_since(answer.received_at))
        return running if now.trusted_utc is None else max(running, now.trusted_utc - answer.utc)


class CertificateEndWatch:
    """Looks what the uplink says of the certificates."""

    interval_s = 10.0

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lines: tuple[str, ...] = ()

    def look(self) -> None:
        """Read the uplink's health file; while it does not run, nothing is known."""
        health = current_health(self._directory, UPLINK)
        self._lines = () if health is None else tuple(map(str, health.figures.get("certificate_warnings", ())))

    def faults(self) -> list[Fault]:
        """A fault for each certificate that ends soon, has ended or is not renewed."""
        return [_certificate_fault(line) for line in self._lines]


def _certificate_fault(line: str) -> Fault:
    """A fault of a line, which begins with the certificate's name."""
    kind = FaultKind.CERTIFICATE_ENDED if _ENDED in line else FaultKind.CERTIFICATE_ENDING
    subject = re.split(" (?:has expired|expires|is not) ", line, maxsplit=1)[0]
    return Fault(kind, subject, line)


def unit_watches(settings: Settings, store: UnitStore, clock: Clock) -> WatchStage:
    """The watches that this unit needs: without a department there is no link, without ALSA no mixer."""
    unit, uplink, alerts = settings.unit, settings.uplink, settings.alerts
    watches: list[Watch] = [
        DiskStateWatch(unit.data_directory, store.database.commits),
        PageWatch(unit.runtime_directory, settings.console.certificate_file),
        TrainingWatch(settings, clock),
        MemoryWatch(needed_bytes, machine_bytes()),
        *(DaemonMemoryWatch(unit.runtime_directory, name, machine_bytes()) for name in OTHERS),
        model_file_watch(settings),
    ]
    if uplink.url:
        watches.append(CertificateEndWatch(unit.runtime_directory))
        watches.append(LinkWatch(store.database, clock, unit.runtime_directory, uplink.link_down_h_max))
    if alerts.player == "alsa":
        watches.append(MixerWatch(alerts.device))
    return WatchStage(watches)


def model_file_watch(settings: Settings) -> ModelFileWatch:
    """The watch of every model file that the unit loads at its start."""
    return ModelFileWatch(partial(vision_files, settings.vision, settings.unit.data_directory))
