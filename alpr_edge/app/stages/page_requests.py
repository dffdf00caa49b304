"""The stage that executes what the page asks for: misreads are corrected and matched again, the unit is muted.

It also tells the alerter what officers answer, so that a vehicle does not sound again for what they disowned.

What a request brings about and its answer are one commit, so that a request is executed once however often the unit
restarts. A tone sounds before that, as with every hit: a power cut between the two lets it sound twice, and stores one
read.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import structlog

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.app.unit_mute import UnitMute
from alpr_edge.domain.errors import RefusedError, StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.page_requests.corrections import Correction, corrected_read
from alpr_edge.domain.page_requests.mute import MUTE_MINUTES, EndOfMute, Mute, MuteOrder
from alpr_edge.domain.page_requests.quiet import EndOfQuiet, QuietOrder
from alpr_edge.domain.page_requests.request import PageRequest, RequestAnswer, RequestOutcome
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.reads import PlateRead, ReadStage, ReadUpdate
from alpr_edge.domain.vehicle_alerts import Announcement, HeardHit
from alpr_edge.runtime.commit_watch import WATCH_S, CommitWatch
from alpr_edge.store.reads import commit, queries
from alpr_edge.store.reads.dispositions import answers_after
from alpr_edge.store.reads.queries import StoredRead
from alpr_edge.store.requests.page_requests import (
    add_request,
    answer_request,
    mute_in_force,
    quiet_entries,
    quiet_requests,
    waiting_requests,
)
from alpr_edge.store.unit_store import UnitStore

REST_S = 0.3
"""Time between two looks at the counter of commits while other threads commit all the time."""
UNIT = "unit"

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class PageRequestStage:
    """Answers requests until the unit stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    store: UnitStore
    clock: Clock
    mute: UnitMute
    correct: Callable[[PlateRead, Sequence[HeardHit], PlateRead, Instant], Announcement]
    """Sounds what a person's read is listed for, and withdraws what the misread one was heard for."""
    note_answer: Callable[[str, str, str | None], None]
    """Tells the alerter an officer's answer to what was read, by read and hit; None: it was undone."""
    new_id: Callable[[], str]
    require_room: Callable[[], None]
    """Raises StoreError while the disk is full."""
    name: str = "page-requests"
    _seen: int | None = None
    """The counter of commits when no request waited; None: to be looked at again."""
    _is_begun: bool = False
    _answered: int | None = None
    """Number of the newest answer that the alerter knows; None: those of before the start."""
    _unsaved: dict[str, ReadUpdate] = field(default_factory=dict, repr=False)
    """Corrected reads whose alerts have sounded, and which the store did not take yet, by the ids of their requests."""
    _failure: str = ""

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Answer requests; what the store does not take now is tried again with the next look."""
        with closing(CommitWatch(self.store.database.path)) as commits:
            while not stop.wait(REST_S):
                beat()
                commits.wait(WATCH_S - REST_S)
                try:
                    self.step()
                except StoreError as error:
                    if str(error) != self._failure:
                        log.error("page_requests.failed", failure=str(error))
                    self._failure, self._seen = str(error), None
                else:
                    self._failure = ""

    def finish(self) -> None:
        """Do nothing: the stage holds nothing that is not asked for again."""

    def faults(self) -> list[Fault]:
        """Why requests are not answered at present. Never waits."""
        return [Fault(FaultKind.SIDE_STAGE, self.name, f"{self.name}: {self._failure}")] if self._failure else []

    def figures(self) -> dict[str, int | None]:
        """What health tells of the mute."""
        return {"muted_minutes_left": self.mute.minutes_left or None}

    def step(self) -> None:
        """Answer the requests that wait, if anything was committed since the last look.

        Each is tried: a correction for which the disk has no room holds up no mute, nor the end of one.
        """
        if not self._is_begun:
            self._resume()
        if self.mute.is_over:
            self._tell_end_of_mute()
        version = self.store.database.data_version()
        if version == self._seen:
            return
        with self.store.database.read() as connection:
            waiting = waiting_requests(connection)
            answers = answers_after(connection, self._answered)
        self._answered = answers.newest
        for answer in answers.of_reads:
            self.note_answer(*answer)
        waiting_ids = {request.request_id for request in waiting}
        self._unsaved = {name: record for name, record in self._unsaved.items() if name in waiting_ids}
        failure: StoreError | None = None
        for request in waiting:
            try:
                self._execute(request, self.clock.now())
            except StoreError as error:
                failure = error
        if failure is not None:
            raise failure
        self._seen = version

    def _resume(self) -> None:
        """Go on with a mute and quiet entries of before this start of the program, on the same boot."""
        with self.store.database.read() as connection:
            mute = mute_in_force(connection, self.clock.now())
        if mute is not None:
            self.mute.begin(mute)
        self._keep_quiet()
        self._is_begun = True

    def _keep_quiet(self) -> None:
        """Keep entries quiet as the executed requests order."""
        with self.store.database.read() as connection:
            ordered = quiet_entries(quiet_requests(connection, self.clock.now().boot_id))
        self.mute.keep_quiet({key: request.session for key, request in ordered.items()})

    def _tell_end_of_mute(self) -> None:
        """Store that the time of a mute is over, so that every page hears of it."""
        now = self.clock.now()
        done = RequestAnswer(RequestOutcome.DONE)
        with self.store.database.write() as connection:
            add_request(connection, PageRequest(self.new_id(), EndOfMute(), "", UNIT, "", now, done, now))
        self.mute.end()

    def _execute(self, request: PageRequest, now: Instant) -> None:
        if request.is_too_late(now) and request.request_id not in self._unsaved:
            self._answer(request, RequestOutcome.TOO_LATE, now)
            return
        match request.content:
            case Correction():
                self._correct(request, request.content, now)
            case MuteOrder(minutes) if minutes in MUTE_MINUTES:
                if self._answer(request, RequestOutcome.DONE, now):
                    self.mute.begin(Mute(request.person, request.made, minutes))
            case MuteOrder():
                self._answer(request, RequestOutcome.REFUSED, now)
            case EndOfMute():
                if self._answer(request, RequestOutcome.DONE, now):
                    self.mute.end()
            case QuietOrder() | EndOfQuiet():
                if self._answer(request, RequestOutcome.DONE, now):
                    self._keep_quiet()

    def _correct(self, request: PageRequest, correction: Correction, now: Instant) -> None:
        with self.store.database.read() as connection:
            stored = queries.newest_of_pass(connection, correction.read_id)
        if stored is None:
            self._answer(request, RequestOutcome.GONE, now)
        elif correction.agrees_with(stored.read) and request.request_id not in self._unsaved:
            self._answer(request, RequestOutcome.UNCHANGED, now, _open_hits(stored))
        else:
            self.require_room()
            if request.request_id not in self._unsaved:
                self._unsaved[request.request_id] = self._announce(stored, request, correction, now)
            self._save(request, self._unsaved[request.request_id], now)
            del self._unsaved[request.request_id]

    def _announce(self, stored: StoredRead, request: PageRequest, correction: Correction, now: Instant) -> ReadUpdate:
        """Return the corrected read, matched at this moment; its alert has sounded, that of the misread is withdrawn.

        It has the id of the request, so that none is stored twice.
        """
        read = corrected_read(stored.read, correction, request.request_id, request.person_id)
        records = {record.alert.hit_id: record for record in stored.alerts if record.withdrawn_at is None}
        heard = [(hit, records[hit.hit_id]) for hit in stored.hits if hit.hit_id in records]
        hits, alerts = self.correct(stored.read, heard, read, now)
        missing = stored.missing_evidence
        return ReadUpdate(ReadStage.CLOSED, read, now, None, (), missing, hits, alerts, is_hit=bool(hits))

    def _save(self, request: PageRequest, record: ReadUpdate, now: Instant) -> None:
        """Store the corrected read with the answer; StoreError when nothing of it was kept."""
        hit_ids = _open_hits(record)
        try:
            with self.store.reads.adding() as connection:
                commit.correct(connection, record)
                answer_request(connection, request.request_id, RequestAnswer(RequestOutcome.DONE, hit_ids), now)
        except RefusedError as error:
            log.error("page_requests.refused", request=request.request_id, failure=str(error))
            self._answer(request, RequestOutcome.REFUSED, now)
            return
        log.info("read.corrected", read=record.read.read_id, supersedes=record.read.supersedes, hits=len(hit_ids))

    def _answer(
        self, request: PageRequest, outcome: RequestOutcome, now: Instant, hit_ids: tuple[str, ...] = ()
    ) -> bool:
        """Store an answer alone; False: the request went with its read, or was answered meanwhile."""
        try:
            with self.store.database.write() as connection:
                answer_request(connection, request.request_id, RequestAnswer(outcome, hit_ids), now)
        except RefusedError:
            return False
        log.info("page_requests.answered", request=request.request_id, outcome=outcome.value)
        return True


def _open_hits(of: StoredRead | ReadUpdate) -> tuple[str, ...]:
    """Ids of hits that may be known of in the car."""
    return tuple(hit.hit_id for hit in of.hits if not hit.entry.covert)
