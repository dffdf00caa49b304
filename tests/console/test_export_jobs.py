"""The exports of a page: a passphrase is shown once and kept no longer, and what is said where there is none."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from alpr_edge.console.evidence.export_jobs import AskedExport, ExportJob, ExportJobs, Run
from alpr_edge.domain.errors import EvidenceError, SearchError
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.services.evidence.case_export import Progress
from alpr_edge.services.evidence.export_request import ExportRequest, ExportResult
from alpr_edge.store.bookings.register import PackageBooking
from alpr_edge.web.visitor import Visitor
from tests.store.records import instant

PASSPHRASE = "ABCD-EFGH"
VISITOR = Visitor("token", "", "127.0.0.1", {}, {})
OTHER_VISITOR = Visitor("other", "", "127.0.0.1", {}, {})
ASKED = AskedExport(Purpose("audit", case="26-1"), ExportRequest("26-1", Path("medium")))
WAIT_S_MAX = 30.0


def run_of(*, is_escrowed: bool = True) -> Run:
    """An export that is done at once."""
    texts = ("unit-1:1", "26-1", "audit", "", "", "", "ana", "Ana", "s", "case.zip", "0" * 64, "1" * 64)
    booking = PackageBooking(*texts, 1, 1, 0, 0, True, False, is_escrowed, instant())  # noqa: FBT003 - facts of a row
    return lambda _progress: ExportResult(booking, Path("case.zip"), PASSPHRASE)


@pytest.fixture
def jobs() -> Iterator[ExportJobs]:
    with closing(ExportJobs()) as jobs:
        yield jobs


def end_export(jobs: ExportJobs, run: Run) -> tuple[str, ExportJob]:
    """The word and the job of an export, once it is over."""
    word = jobs.begin(VISITOR, ASKED, run)
    assert jobs._thread is not None
    jobs._thread.join(WAIT_S_MAX)
    return word, jobs._jobs[word]


@pytest.mark.parametrize(("is_escrowed", "kept"), [(True, "the department has it sealed"), (False, "nobody else has")])
def test_a_passphrase_is_shown_once_and_kept_no_longer(jobs: ExportJobs, is_escrowed: bool, kept: str) -> None:
    word, job = end_export(jobs, run_of(is_escrowed=is_escrowed))
    shown_at = jobs.lead_to_passphrase(VISITOR, word)
    assert jobs.lead_to_passphrase(VISITOR, word) == shown_at, "until it was shown"
    with pytest.raises(SearchError, match="not here any more"):
        jobs.take_passphrase(OTHER_VISITOR, shown_at)
    assert jobs.take_passphrase(VISITOR, shown_at).passphrase == PASSPHRASE
    assert job.result is not None
    assert (job.result.passphrase, job.result.path.name) == ("", "case.zip")
    with pytest.raises(SearchError, match=f"shown already; {kept}"):
        jobs.lead_to_passphrase(VISITOR, word)
    with pytest.raises(SearchError, match="not here any more"):
        jobs.take_passphrase(VISITOR, shown_at)


def test_a_passphrase_that_nobody_asked_for_is_at_no_word(jobs: ExportJobs) -> None:
    end_export(jobs, run_of())
    with pytest.raises(SearchError, match="not here any more"):
        jobs.take_passphrase(VISITOR, "")


def test_where_there_is_no_package_that_is_said_and_not_that_it_was_shown(jobs: ExportJobs) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def fail_later(_progress: Progress) -> ExportResult:
        begun.set()
        may_end.wait(WAIT_S_MAX)
        raise EvidenceError("the medium failed")

    word = jobs.begin(VISITOR, ASKED, fail_later)
    assert begun.wait(WAIT_S_MAX)
    with pytest.raises(SearchError, match="still being written; its passphrase comes after that"):
        jobs.lead_to_passphrase(VISITOR, word)
    may_end.set()
    assert jobs._thread is not None
    jobs._thread.join(WAIT_S_MAX)
    with pytest.raises(SearchError, match="no package was written, so there is no passphrase"):
        jobs.lead_to_passphrase(VISITOR, word)


def test_an_old_result_is_forgotten_when_the_next_begins() -> None:
    with closing(ExportJobs(kept_s=0.0)) as jobs:
        first, _job = end_export(jobs, run_of())
        second, _job = end_export(jobs, run_of())
        assert list(jobs._jobs) == [second]
        assert first != second
