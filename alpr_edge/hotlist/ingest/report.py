"""The report on the last feed of each source, stored beside the lists: lines rejected, and why it was refused.

A report names lines and columns and never holds their text. While the last feed of a source stands refused the unit
says so (FIELD, trap 3): the list held goes on, and grows old.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from alpr_edge.domain.errors import FeedError, StoreError
from alpr_edge.hotlist.formats.base import Rejected
from alpr_edge.runtime.durable_files import replace_file
from alpr_edge.runtime.io_errors import io_errors

_SUFFIX = ".report.json"


@dataclass(frozen=True, slots=True)
class FeedReport:
    """The report on the last feed of a source."""

    source: str
    at: str | None
    """When it was read, RFC 3339; None when the clock was not known."""
    refused: str
    """Why the feed was refused as a whole; empty when it went live."""
    read: int
    rejected: int
    """Lines; :attr:`lines` names the first of them."""
    lines: tuple[Rejected, ...]


def write_report(directory: Path, report: FeedReport) -> None:
    """Write the report in place of the source's last.

    Raises:
        StoreError: it cannot be written.
    """
    path = directory / f"{report.source}{_SUFFIX}"
    with io_errors(f"{path}: the report cannot be written", StoreError):
        replace_file(path, json.dumps(asdict(report)).encode())


def read_report(directory: Path, source: str) -> FeedReport:
    """The report on a source's last feed.

    Raises:
        FeedError: there is none that can be read.
    """
    path = directory / f"{source}{_SUFFIX}"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        lines = tuple(Rejected(**line) for line in raw.pop("lines"))
        return FeedReport(**raw, lines=lines)
    except FileNotFoundError:
        raise FeedError(f"no feed of a list {source} was imported here") from None
    except (OSError, ValueError, TypeError, KeyError):
        raise FeedError(f"{path}: cannot be read; import the list again") from None


class Refusals:
    """The sources whose last feed was refused, read again only when something in their folder changed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen_ns = -1
        self._lines: list[str] = []

    def lines(self) -> list[str]:
        """A short line each."""
        try:
            changed_ns = self._directory.stat().st_mtime_ns
        except OSError:
            return []
        if changed_ns != self._seen_ns:
            self._seen_ns = changed_ns
            self._lines = [f"list {found.source}: its last feed was refused" for found in refused(self._directory)]
        return self._lines


def refused(directory: Path) -> Iterator[FeedReport]:
    """The reports of sources whose last feed was refused, in order of source."""
    for path in sorted(directory.glob(f"*{_SUFFIX}")):
        with contextlib.suppress(FeedError):
            report = read_report(directory, path.name.removesuffix(_SUFFIX))
            if report.refused:
                yield report
