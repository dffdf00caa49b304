"""Feeds of hotlists, line by line and as packed files."""

import gzip
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from alpr_edge.domain.errors import FeedError
from alpr_edge.hotlist.ingest.feed_file import FeedFile
from tests.fuzz.fuzz_run import Parser
from tests.fuzz.mutators import change_bytes, change_lines, one_of
from tests.hotlist.ingest.test_feed_file import PASSWORD, locked_zip, zip_of
from tests.hotlist.ingest.test_fuzz import WHOLE, put_through

UNPACKED_BYTES_MAX = 1 << 22
_NAME_END = b"\x00"
_CHANGE = one_of(change_lines(b",", b";", b" ", b'"', b"/"), change_bytes)


def change_feed(draw: Random, content: bytes) -> bytes:
    """Change a feed, and leave the name of its format before it."""
    name, _, text = content.partition(_NAME_END)
    return name + _NAME_END + _CHANGE(draw, text)


@contextmanager
def feeds(folder: Path) -> Iterator[Parser]:
    """Feeds of all formats: read, checked and packed as an import does it."""
    del folder

    def parse(content: bytes) -> str:
        name, _, text = content.partition(_NAME_END)
        if name.decode("latin-1") in WHOLE:
            put_through(name.decode(), text)
        return name.hex()

    yield Parser(
        tuple(name.encode() + _NAME_END + text for name, (_, text, _) in WHOLE.items()),
        change_feed,
        parse,
        (FeedError,),
    )


@contextmanager
def feed_files(folder: Path) -> Iterator[Parser]:
    """Feeds as files: plain, gzip, zip of every method, zip under a password."""
    path = folder / "feed"

    def parse(content: bytes) -> str:
        path.write_bytes(content)
        with FeedFile(path, PASSWORD, UNPACKED_BYTES_MAX) as file:
            return f"{sum(len(line) for line in file.lines()) > 0} {len(file.inner_name)}"

    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    samples = (gzip.compress(b"ABC123\n" * 50), locked_zip(), *(zip_of("a.csv", method=method) for method in methods))
    yield Parser(samples, change_bytes, parse, (FeedError,))
