"""Checks a feed in a process of its own, with the limits of a unit's import: a feed takes no memory of the page.

The process is gone with the check, and so is all that it took.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from multiprocessing.connection import Connection

from alpr_edge.department.hotlists import PublishedList
from alpr_edge.department.publishing.feed_check import FeedCheck, FeedToPublish, check_feed
from alpr_edge.domain.errors import AlprEdgeError, DepartmentError
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.settings.lists import FeedSource

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
