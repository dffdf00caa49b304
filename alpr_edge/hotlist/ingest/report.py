"""The reports on the feeds of each source, stored beside the lists: the rejected lines, and why a feed was refused.

A report names lines and columns and never holds their text, but for a few short wordings of reasons that are not known,
without plates. While the last feed that came by itself stands refused the unit says so (FIELD, trap 3): the list in use
stays, and grows old. A feed that a person imported and that was refused has a report of its own: that person was told,
and the unit is not in trouble for it. So has a refusal that a person dismissed.
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

_LAST, _BY_HAND, _DISMISSED = ".report.json", ".by-hand.json", ".dismissed.json"


@dataclass(frozen=True, slots=True)
class FeedReport:
    """The report on a feed of a source."""

    source: str
    at: str | None
    """When it was read, RFC 3339; None when the clock was not known."""
    refused: str
    """Why the feed was refused as a whole; empty when it went live."""
    read: int
    rejected: int
    """Lines; :attr:`lines` names the first of them."""
    lines: tuple[Rejected, ...]
    kept: int = 0
    """Entries of the list with it; 0 of a refused one. Reports of older releases lack this and all that follows."""
    skipped_junk: int = 0
    """Lines whose plate is none."""
    withheld: int = 0
    """Lines whose reason the source may not have."""
    unmatched_removals: int = 0
    """Lines of removals that name no entry of the list before."""
    unknown_reasons: int = 0
    """Lines whose words for the reason are not known; :attr:`unknown_wordings` has the first of these."""
    unknown_wordings: tuple[str, ...] = ()
    unread_columns: tuple[str, ...] = ()
    """Names of the columns that nothing is read from."""
    notices: tuple[str, ...] = ()
    """What whoever imports it should look at, a sentence each."""
    withheld_share: float | None = None
    """Share of the lines left out for their reason, of the newest complete list that went live; None: not known."""
    is_more_withheld: bool = False
    """Whether that share is far above the one of the list before."""

    @property
    def needs_attention(self) -> bool:
        """Whether lines of it went nowhere: rejected, left out far more than before, or removals of nothing."""
        return self.rejected > 0 or self.is_more_withheld or self.unmatched_removals > 0


def write_report(directory: Path, report: FeedReport, *, by_hand: bool = False) -> None:
    """Write the report on a source's newest feed; it replaces the older ones.

    Raises:
        StoreError: it cannot be written.
    """
    is_answer = by_hand and bool(report.refused)
    path = _path(directory, report.source, _BY_HAND if is_answer else _LAST)
    with io_errors(f"{path}: the report cannot be written", StoreError):
        replace_file(path, json.dumps(asdict(report)).encode())
        if not is_answer:
            for suffix in (_BY_HAND, _DISMISSED):
                _path(directory, report.source, suffix).unlink(missing_ok=True)


def read_report(directory: Path, source: str) -> FeedReport:
    """The report on a source's newest feed.

    Raises:
        FeedError: there is none that can be read.
    """
    paths = (_path(directory, source, suffix) for suffix in (_LAST, _BY_HAND, _DISMISSED))
    with io_errors(f"{directory}: the reports cannot be read", FeedError):
        newest = max(((path.stat().st_mtime_ns, path) for path in paths if path.exists()), default=None)
    if newest is None:
        raise FeedError(f"no feed of a list {source} was imported here")
    return _read(newest[1])


def withheld_share_of(directory: Path, source: str) -> float | None:
    """Share of the lines left out for their reason, of a source's newest complete list; None: it is not known."""
    try:
        return read_report(directory, source).withheld_share
    except FeedError:
        return None


def last_reports(directory: Path) -> Iterator[FeedReport]:
    """The reports on the last feed of each source that went live or came by itself, in order of source."""
    for path in sorted(directory.glob(f"*{_LAST}")):
        with contextlib.suppress(FeedError):
            yield _read(path)


def refusals(directory: Path) -> Iterator[FeedReport]:
    """The reports of sources whose last feed was refused when it came by itself, in order of source."""
    return _reports(directory, _LAST)


def refusals_by_hand(directory: Path) -> Iterator[FeedReport]:
    """The reports of sources of which a person's last import was refused, in order of source."""
    return _reports(directory, _BY_HAND)


def dismissed_refusals(directory: Path) -> Iterator[FeedReport]:
    """The reports of sources whose last feed was refused and the refusal dismissed, in order of source."""
    return _reports(directory, _DISMISSED)


def stands_refused(directory: Path, source: str) -> bool:
    """Whether a source's last feed that came by itself was refused."""
    return _refusal(_path(directory, source, _LAST)) is not None


def standing_refusal(directory: Path, source: str) -> FeedReport:
    """The report on a source's refused feed: the last that came by itself, else a person's import.

    Raises:
        FeedError: no feed of it stands refused.
    """
    report = _refusal(_path(directory, source, _LAST)) or _refusal(_path(directory, source, _BY_HAND))
    if report is None:
        raise FeedError(f"no feed of a list {source} stands refused; alpr-edge hotlist status shows them all")
    return report


def dismiss_refusal(directory: Path, source: str) -> None:
    """Dismiss the refusal of a source's last feed and of a person's import; its report is kept as a dismissed one.

    Raises:
        StoreError: the report cannot be moved.
    """
    last, by_hand = _path(directory, source, _LAST), _path(directory, source, _BY_HAND)
    with io_errors(f"{directory}: the refusal of {source} cannot be dismissed", StoreError):
        (last if _refusal(last) else by_hand).replace(_path(directory, source, _DISMISSED))
        by_hand.unlink(missing_ok=True)


def remove_reports(directory: Path, source: str) -> bool:
    """Remove every report on a source's feeds; whether there was one.

    Raises:
        StoreError: they cannot be removed.
    """
    paths = [_path(directory, source, suffix) for suffix in (_LAST, _BY_HAND, _DISMISSED)]
    with io_errors(f"{directory}: the reports on {source} cannot be removed", StoreError):
        present = [path for path in paths if path.exists()]
        for path in present:
            path.unlink()
    return bool(present)


class Refusals:
    """What the last feeds have against them, read again only when something in their folder changed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._read_ns = -1
        self._last: list[FeedReport] = []

    def lines(self) -> list[str]:
        """A short line for each source whose last feed was refused."""
        return [f"list {report.source}: its last feed was refused" for report in self._reports() if report.refused]

    def left_out(self) -> dict[str, str]:
        """What the last feed of each source has that went nowhere, in words; none of those that were refused."""
        return {
            report.source: _left_out_words(report)
            for report in self._reports()
            if not report.refused and report.needs_attention
        }

    def _reports(self) -> list[FeedReport]:
        try:
            changed_ns = self._directory.stat().st_mtime_ns
        except OSError:
            return []
        if changed_ns != self._read_ns:
            self._read_ns = changed_ns
            reports = last_reports(self._directory)
            self._last = [report for report in reports if report.refused or report.needs_attention]
        return self._last


def _left_out_words(report: FeedReport) -> str:
    counts = (
        (report.rejected, "lines rejected"),
        (report.withheld if report.is_more_withheld else 0, "lines left out for their reason"),
        (report.unmatched_removals, "removals removed nothing"),
    )
    return ", ".join(f"{count:,} of {report.read:,} {what}" for count, what in counts if count)


def _path(directory: Path, source: str, suffix: str) -> Path:
    return directory / f"{source}{suffix}"


def _reports(directory: Path, suffix: str) -> Iterator[FeedReport]:
    for path in sorted(directory.glob(f"*{suffix}")):
        report = _refusal(path)
        if report is not None:
            yield report


def _refusal(path: Path) -> FeedReport | None:
    with contextlib.suppress(FeedError):
        report = _read(path)
        return report if report.refused else None
    return None


def _read(path: Path) -> FeedReport:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        lines = tuple(Rejected(**line) for line in raw.pop("lines"))
        for name in ("unknown_wordings", "unread_columns", "notices"):
            raw[name] = tuple(map(str, raw.get(name, ())))
        return FeedReport(**raw, lines=lines)
    except (OSError, ValueError, TypeError, KeyError):
        raise FeedError(f"{path}: cannot be read; import the list again") from None
