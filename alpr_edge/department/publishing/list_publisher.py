"""Checks, publishes and shows hotlists: the service behind the command line and the page."""

import hashlib
import multiprocessing
import os
import signal
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from pydantic import ValidationError

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.heartbeats import Heartbeats
from alpr_edge.department.held_versions import HeldVersions
from alpr_edge.department.hotlists import LISTS_NAME, ListRepository, PublishedList
from alpr_edge.department.list_facts import ListFacts
from alpr_edge.department.list_requests import ListRequests
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.known_units import require_units
from alpr_edge.department.pki.units import Units
from alpr_edge.department.publishing.feed_check import FeedCheck, FeedToPublish, check_feed
from alpr_edge.department.publishing.list_state import ListStanding, UnitFacts, unit_holdings
from alpr_edge.department.publishing.publication_record import AUTHOR_CHARACTERS_MAX, PublicationRecord
from alpr_edge.department.settings import load_department_file
from alpr_edge.domain.errors import AlprEdgeError, DepartmentError
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.settings.lists import FeedSource

# Checks a feed in a process of its own, with the limits of a unit's import: a feed takes no memory of the page.
#
# The process is gone with the check, and so is all that it took.

CHECK_S_MAX = 1800.0
"""Longest time of one check, as of a unit's import; the largest list planned for takes minutes."""


def check_in_process(
    feed: FeedToPublish, source: FeedSource, steps: Sequence[PublishedList], now: datetime
) -> FeedCheck:
    """Check a feed as :func:`~alpr_edge.department.publishing.feed_check.check_feed` does, in a process of its own.

    Args:
        steps: the newest complete list of the source and the changes to it, oldest first; empty: there is none.
        now: the moment, UTC.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    job = (there, os.getpid(), replace(feed, progress=None), source, tuple(steps), now)
    process = context.Process(target=_work, args=job, daemon=True)
    with here:
        with there, io_errors(f"no process for the check of {feed.source}", DepartmentError):
            process.start()
        try:
            check = _receive_check(here, feed)
            if check is None:
                process.join()
                raise _error_on_end(feed, process.exitcode)
            return check
        finally:
            process.kill()
            process.join()
            process.close()


def _receive_check(pipe: Connection, feed: FeedToPublish) -> FeedCheck | None:
    """What the process found; None: it ended without a word."""
    deadline_s = time.monotonic() + CHECK_S_MAX
    while pipe.poll(max(0.0, deadline_s - time.monotonic())):
        try:
            answer = pipe.recv()
        except (EOFError, OSError):
            return None
        if isinstance(answer, FeedCheck):
            return answer
        if isinstance(answer, str):
            raise DepartmentError(answer)
        if feed.progress is not None:
            feed.progress(*answer)
    raise _refusal(feed, f"the check took over {CHECK_S_MAX:g} s; split the feed by source")


def _refusal(feed: FeedToPublish, reason: str) -> DepartmentError:
    return DepartmentError(f"{feed.source}: refused, nothing is published: {reason}")


def _error_on_end(feed: FeedToPublish, exit_code: int | None) -> DepartmentError:
    if exit_code == -signal.SIGTERM:  # which a service manager sends to all processes of what it stops
        return DepartmentError(f"{feed.source}: nothing is published: the page was stopped; upload it again")
    if exit_code is not None and exit_code < 0:
        reason = f"the check was ended by signal {-exit_code}, for memory or time; split the feed by source"
        return _refusal(feed, reason)
    return _refusal(feed, f"the check has a fault (exit code {exit_code}); the log says which")


def _work(
    pipe: Connection,
    parent: int,
    feed: FeedToPublish,
    source: FeedSource,
    steps: Sequence[PublishedList],
    now: datetime,
) -> None:
    """The process: check the feed, and tell what it holds or why it is refused."""
    # Loaded where it is used: whoever only looks at lists does without it.
    from alpr_edge.hotlist.ingest.process_limits import end_with_parent, limited_process  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this one
    configure_logs(verbose=False)
    if not end_with_parent(parent):
        return
    told = replace(feed, progress=lambda entries, share: pipe.send((entries, share)))
    with limited_process():
        try:
            answer: FeedCheck | str = check_feed(told, source, steps, now)
        except AlprEdgeError as error:
            answer = str(error)
        pipe.send(answer)


class ListPublisher:
    """Checks feeds, publishes them as lists, and says which unit has which; threads may share it."""

    def __init__(self, directory: Path, database: DepartmentDatabase) -> None:
        self._directory = directory
        self._database = database
        self._lists = ListRepository(directory / LISTS_NAME)

    def standings(self) -> list[ListStanding]:
        """Every source that is published, that a unit asked for or that the settings have, by name.

        Raises:
            DepartmentError: the settings are wrong.
            StoreError: the database does not answer.
        """
        audiences, facts, known = self._lists.audiences(), self._facts(), set(self._feed_sources())
        names = {*audiences, *known, *(each.source for each in facts.requests)}
        return [self._standing(name, audiences.get(name), facts, is_checked=name in known) for name in sorted(names)]

    def standing(self, source: str) -> ListStanding:
        """One of them; raises as :meth:`standings`, and DepartmentError where there is none of this name."""
        for each in self.standings():
            if each.source == source:
                return each
        raise DepartmentError(f"{source}: there is no list of this name; see: alpr-edge department lists")

    def check(self, feed: FeedToPublish) -> FeedCheck | None:
        """Check a feed as the units will, and compare it with what they have; nothing is published.

        It runs in a process of its own, with the limits of a unit's import.

        Returns:
            What it holds; None where the settings do not say how feeds of its source are read.

        Raises:
            DepartmentError: the units would refuse it, or the settings are wrong.
        """
        source = self._feed_sources().get(feed.source)
        if source is None:
            return None
        steps = self._lists.steps_since_complete(feed.source)
        return check_in_process(feed, source, steps, datetime.now(UTC))

    def publish(
        self, feed: FeedToPublish, author: str, check: FeedCheck | None, audience: Collection[str] | None = None
    ) -> PublishedList:
        """Publish a feed, with a note of who did and what the check found.

        Args:
            check: what the check of this feed found; None: it was not checked.
            audience: the units that it is meant for from now on; None: those that it was meant for.

        Raises:
            DepartmentError: it cannot be published, or something was published since the check.
        """
        record = PublicationRecord(by=author[:AUTHOR_CHARACTERS_MAX], sha256=_digest_of(feed.path))
        if check is not None:
            names = ("entries", "added", "removed", "changed", "rejected", "issued", "is_signed")
            record = record.model_copy(update={name: getattr(check, name) for name in names})
        after = None if check is None else check.after
        facts = ListFacts(record.model_dump_json().encode(), feed.accepted_sizes)
        return self._lists.publish(feed.path, feed.source, feed.change, audience, after=after, facts=facts)

    def set_audience(self, source: str, units: Collection[str] | None) -> None:
        """Set which units a list is meant for; None: all.

        Raises:
            DepartmentError: a name cannot be used, no such unit was ever invited, or the folder cannot be written.
        """
        require_units(self._units(), units or ())
        self._lists.set_audience(source, units)

    def _feed_sources(self) -> dict[str, FeedSource]:
        """How the feeds of each source are read, by the settings; their files as whole paths."""
        return {
            each.name: _with_whole_paths(each, self._directory) for each in load_department_file(self._directory).feed
        }

    def _units(self) -> Units:
        return Units(self._database, TlsFiles(self._directory))

    def _facts(self) -> UnitFacts:
        enrolled = [each.unit_id for each in self._units().records() if each.state == "valid"]
        return UnitFacts(ListRequests(self._database).all(), Heartbeats(self._database).newest(), enrolled)

    def _standing(
        self, source: str, audience: frozenset[str] | None, facts: UnitFacts, *, is_checked: bool
    ) -> ListStanding:
        newest = next(reversed(self._lists.steps_of(source)), None)
        held = HeldVersions(self._database).of_list(source)
        units = unit_holdings(source, newest, audience, held, facts)
        record = None if newest is None else _record_of(self._lists.note_of(newest))
        return ListStanding(source, newest, record, audience, is_checked, units)


def _record_of(note: bytes | None) -> PublicationRecord | None:
    try:
        return None if note is None else PublicationRecord.model_validate_json(note)
    except ValidationError:
        return None


def _with_whole_paths(source: FeedSource, directory: Path) -> FeedSource:
    paths = {name: getattr(source, name) for name in ("signing_key_file", "password_file")}
    return source.model_copy(update={name: directory / path for name, path in paths.items() if path is not None})


def _digest_of(path: Path) -> str:
    with io_errors(f"{path}: cannot be read", DepartmentError), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
