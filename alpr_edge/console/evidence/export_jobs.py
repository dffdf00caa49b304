"""Runs one export at a time beside the page, and keeps its result for the session that asked, until it was shown."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from alpr_edge.domain.errors import AlprEdgeError, EvidenceError, SearchError
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.services.evidence.case_export import Progress
from alpr_edge.services.evidence.export_request import ExportRequest, ExportResult
from alpr_edge.web.visitor import Visitor

JOBS_MAX = 8
"""Jobs that are kept, the newest; the others are over, and their packages in the register."""
KEPT_S = 3600.0
"""How long a result is kept once it is there."""
STOP_S_MAX = 5.0
NOT_HERE = "this export is not here any more; the register has it: alpr-edge evidence list"
NOT_YET = "the package is still being written; its passphrase comes after that"

Run = Callable[[Progress], ExportResult]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AskedExport:
    """An export as somebody asked for it."""

    purpose: Purpose
    request: ExportRequest


@dataclass(slots=True, eq=False)
class ExportJob:
    """An export that somebody began."""

    session_sha256: str
    """The digest of the session's token."""
    asked: AskedExport
    done: int = 0
    total: int = 0
    result: ExportResult | None = field(default=None, repr=False)
    """Without its passphrase once that was shown."""
    fault: str = ""
    """Why there is no package; empty: it runs, or there is one."""
    ended_s: float | None = None
    """When it ended, on monotonic time; None: it runs."""
    passphrase_word: str = field(default="", repr=False)
    """Where the passphrase is shown, the same however often somebody asks for it; empty: nobody did."""
    is_shown: bool = False
    """Whether the passphrase was shown."""


class ExportJobs:
    """The exports of a page; threads may share it.

    Args:
        kept_s: how long a result is kept once it is there.
    """

    def __init__(self, kept_s: float = KEPT_S) -> None:
        self._kept_s = kept_s
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, ExportJob] = OrderedDict()
        """By random words, the oldest first."""
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def begin(self, visitor: Visitor, asked: AskedExport, run: Run) -> str:
        """Begin an export; returns the word by which the session that asked finds it.

        Whoever asks again for the one that runs, as a second touch of the button does, gets its word.
        """
        word, job = secrets.token_urlsafe(16), ExportJob(token_digest(visitor.token), asked)
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return self._running_word(job)
            self._forget_old()
            self._jobs[word] = job
            while len(self._jobs) > JOBS_MAX:
                self._jobs.popitem(last=False)
            self._thread = threading.Thread(target=self._work, args=(job, run), name="export", daemon=True)
            self._thread.start()
        return word

    def of_session(self, visitor: Visitor) -> list[tuple[str, ExportJob]]:
        """The jobs that the visitor's session began, each with its word, the newest first."""
        digest = token_digest(visitor.token)
        with self._lock:
            self._forget_old()
            return [(word, job) for word, job in reversed(self._jobs.items()) if job.session_sha256 == digest]

    def find(self, visitor: Visitor, word: str) -> ExportJob:
        """A job that the visitor's session began."""
        with self._lock:
            self._forget_old()
            job = self._jobs.get(word)
        if job is None or job.session_sha256 != token_digest(visitor.token):
            raise SearchError(NOT_HERE)
        return job

    def lead_to_passphrase(self, visitor: Visitor, word: str) -> str:
        """The word by which the passphrase of a finished export is shown once, the same each time until it was."""
        job = self.find(visitor, word)
        with self._lock:
            result = job.result
            if result is None:
                raise SearchError("no package was written, so there is no passphrase" if job.fault else NOT_YET)
            if job.is_shown:
                kept = "the department has it sealed" if result.booking.is_escrowed else "nobody else has it"
                raise SearchError(f"the passphrase was shown already; {kept}")
            job.passphrase_word = job.passphrase_word or secrets.token_urlsafe(16)
            return job.passphrase_word

    def take_passphrase(self, visitor: Visitor, passphrase_word: str) -> ExportResult:
        """A finished export with its passphrase, once; that is kept nowhere in this process then."""
        jobs = (job for _word, job in self.of_session(visitor) if job.passphrase_word == passphrase_word)
        job = next(jobs, None) if passphrase_word else None
        with self._lock:
            if job is None or job.result is None or job.is_shown:
                raise SearchError(NOT_HERE)
            result = job.result
            job.is_shown, job.result = True, replace(result, passphrase="")
            return result

    def close(self) -> None:
        """Have a running export end before its next read; what it wrote is removed."""
        self._stop.set()
        thread = self._thread
        if thread is not None:
            thread.join(STOP_S_MAX)

    def _work(self, job: ExportJob, run: Run) -> None:
        def tell(done: int, total: int) -> None:
            if self._stop.is_set():
                raise EvidenceError("the page was stopped")
            job.done, job.total = done, total

        try:
            job.result = run(tell)
        except AlprEdgeError as error:
            job.fault = str(error)
            log.warning("console.export_failed", reason=str(error))
        finally:
            job.fault = job.fault or ("" if job.result is not None else "it failed; the journal of the unit says why")
            job.ended_s = time.monotonic()

    def _running_word(self, asked_for: ExportJob) -> str:
        """The word of the job that runs, where the same session asks for the same once more."""
        word, job = next(reversed(self._jobs.items()), ("", None))
        if job is None or (job.session_sha256, job.asked) != (asked_for.session_sha256, asked_for.asked):
            raise EvidenceError("another export runs; wait until it is done")
        return word

    def _forget_old(self) -> None:
        limit_s = time.monotonic() - self._kept_s
        for word in [word for word, job in self._jobs.items() if job.ended_s is not None and job.ended_s < limit_s]:
            del self._jobs[word]
