"""What a receiver sends, and the log of one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from alpr_edge.domain.errors import PositionError
from alpr_edge.domain.instants import Instant
from alpr_edge.position.fix_history import FixHistory
from alpr_edge.position.line_splitter import LineSplitter
from alpr_edge.position.log_source import LogSource
from alpr_edge.position.sentence_merger import SentenceMerger, SentenceTally
from alpr_edge.simulation.drive import Drive
from alpr_edge.simulation.source import nmea_lines
from tests.fuzz.fuzz_run import Parser
from tests.fuzz.mutators import change_bytes, change_lines, one_of
from tests.position.test_sentences import GGA, RMC, with_checksum

LINES = 24
"""Of the log of a drive: some seconds."""
CHUNK_BYTES = 61
STEP_MS = 50.0
_CHANGE = one_of(change_lines(b",", b"*", b"."), change_bytes)


def change_sentences(draw: Random, content: bytes) -> bytes:
    """Change sentences; mostly their checksums are right again, as without them nothing more is looked at."""
    changed = _CHANGE(draw, content)
    if draw.random() < 0.2:
        return changed
    return b"".join(with_checksum(line) if line.startswith(b"$") else line for line in changed.splitlines())


@contextmanager
def sentences(folder: Path) -> Iterator[Parser]:
    """Sentences of a serial line, and of a log on disk."""
    log = folder / "receiver.nmea"
    lines = [
        line.strip().encode() for line, _ in zip(nmea_lines(Drive(462, seconds=LINES)), range(LINES), strict=False)
    ]
    first = Instant("boot-1", 0)

    def parse(content: bytes) -> str:
        splitter, merger = LineSplitter(tally := SentenceTally()), SentenceMerger(tally)
        history = FixHistory(5000.0)
        for place in range(0, len(content), CHUNK_BYTES):
            arrival = first.shift(place * STEP_MS)
            for line, received_at in splitter.feed(content[place : place + CHUNK_BYTES], arrival):
                for solution in merger.feed(line, received_at):
                    history.add(solution.fix("serial:fuzz"))
        history.at(first)
        log.write_bytes(content)
        fixes = list(LogSource(log).fixes())
        assert all(-90 <= fix.lat_deg <= 90 and -180 <= fix.lon_deg <= 180 for fix in fixes)
        return f"{sorted(tally.rejections)} {bool(fixes)} {history.jump} {tally.wrong_date}"

    samples = (b"\r\n".join(lines), with_checksum(RMC) + with_checksum(GGA))
    yield Parser(samples, change_sentences, parse, (PositionError,))
